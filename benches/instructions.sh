#!/usr/bin/env bash
# How many instructions a row takes, as callgrind counts them: unlike a time, a count does not depend on what else the machine
# does. Each path is run with N rows and with 2 N, and the difference divided by N, which leaves out the start. Compares with
# what is recorded in `instructions.txt` and fails where a row takes more than that by over the path's tolerance.
#
#   benches/instructions.sh [--record] [N [BINARY]]      valgrind, Linux on x86-64
#
# `plan` and `known` repeat to within a per cent. `asked` goes through a socket: how many answers come in one wake-up, and so
# how many rows share a transaction, differs from run to run. Both bounds are in TOLERANCE.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

record=no
if [ "${1:-}" = --record ]; then record=yes && shift; fi
rows=${1:-1000}
binary=$(realpath "${2:-target/release/leadenrich}")
recorded=benches/instructions.txt
declare -A TOLERANCE=([plan]=3 [known]=3 [asked]=10)

command -v valgrind >/dev/null || { echo 'valgrind is not installed' >&2 && exit 1; }
folder=$(mktemp -d)
. benches/sandbox.sh
export HOME=$folder XDG_CONFIG_HOME=$folder/config XDG_STATE_HOME=$folder/state

serve

for count in "$rows" $((2 * rows)); do
    awk -v rows="$count" 'BEGIN {
        print "id,company,website,country"
        for (row = 1; row <= rows; row++) printf "%d,Company %d,https://www.company-%d.com/,DE\n", row, row, row
    }' >"$folder/$count.csv"
done

# Prints how many instructions a command takes, those of the kernel left out.
counted() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null --log-file="$folder/counted" "$binary" "$@" >/dev/null
    sed -n 's/.*Collected : *//p' "$folder/counted"
}

# Runs a path with the rows of a file.
path() {
    case $1 in
    plan) counted plan "$folder/$2.csv" --quiet --ledger :memory: ;;
    asked)
        rm -f "$folder/asked.db"*
        counted batch "$folder/$2.csv" --quiet --concurrency 64 --output "$folder/out.csv" --ledger "$folder/asked.db"
        ;;
    # After `asked`, whose ledger knows all of them.
    known) counted batch "$folder/$2.csv" --quiet --output "$folder/out.csv" --ledger "$folder/asked.db" ;;
    esac
}

missed=0
: >"$folder/counts"
for name in plan asked known; do
    few=$(path "$name" "$rows")
    many=$(path "$name" $((2 * rows)))
    count=$(((many - few) / rows))
    echo "$name $count" >>"$folder/counts"
    before=$(sed -n "s/^$name //p" "$recorded" 2>/dev/null || true)
    verdict='nothing recorded'
    if [ -n "$before" ]; then
        most=$((before * (100 + TOLERANCE[$name]) / 100))
        verdict="recorded $before, at most $most: ok"
        if [ "$count" -gt "$most" ]; then verdict="recorded $before, at most $most: missed" missed=1; fi
    fi
    printf '%-6s %9d instructions a row   %s\n' "$name" "$count" "$verdict"
done
if [ "$record" = yes ]; then
    cp "$folder/counts" "$recorded"
    exit 0
fi
exit "$missed"
