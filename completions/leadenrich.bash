# Completions of leadenrich for bash. `source <(leadenrich completions bash)` in ~/.bashrc, or this file in
# ~/.local/share/bash-completion/completions/leadenrich

_leadenrich() {
    local line kind=
    COMPREPLY=()
    while IFS= read -r line; do
        if [[ -z $kind ]]; then
            kind=$line
        else
            COMPREPLY+=("$line")
        fi
    done < <(leadenrich __complete bash "${COMP_LINE:0:COMP_POINT}" "${COMP_LINE:COMP_POINT}" "$2" 2>/dev/null)
    case $kind in
        files) compopt -o default 2>/dev/null ;;
        folders) compopt -o dirnames 2>/dev/null ;;
        open) compopt -o nospace 2>/dev/null ;;
    esac
}

complete -o nosort -F _leadenrich leadenrich 2>/dev/null || complete -F _leadenrich leadenrich
