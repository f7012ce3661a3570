# Completions of leadenrich for fish. `leadenrich completions fish | source` in ~/.config/fish/config.fish, or this file
# as ~/.config/fish/completions/leadenrich.fish

function __leadenrich_complete
    set -l before (commandline -opc)
    set -l current (commandline -ct)
    set -l all (commandline -op)
    set -l after
    set -l next (math (count $before) + 1)
    test -n "$current"; and set next (math $next + 1)
    if test (count $all) -ge $next
        set after $all[$next..-1]
    end
    set -l answer (leadenrich __complete fish (count $before) $before "$current" $after 2>/dev/null)
    set -l option (string match -r -- '^-[^=]*=' "$current")
    set -l path (string replace -r -- '^-[^=]*=' '' "$current")
    switch "$answer[1]"
        case files
            for found in (__fish_complete_path $path)
                printf '%s\n' "$option"$found
            end
        case folders
            for found in (__fish_complete_directories $path)
                printf '%s\n' "$option"$found
            end
        case '*'
            printf '%s\n' $answer[2..-1]
    end
end

complete --command leadenrich --keep-order --no-files --arguments '(__leadenrich_complete)'
