#!/usr/bin/env bash
# How much memory a run takes, by the number of rows: ten thousand and a million unique domains, each asked of a sandbox
# without latency, then again answered from the ledger. Prints the peak of the resident set, and whether it stays within
# its bounds: under 64 MiB at a million rows, and at most 8 MiB above that at ten thousand.
#
#   benches/memory.sh [ROWS [BINARY]]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

few=10000
many=${1:-1000000}
binary=$(realpath "${2:-target/release/leadenrich}")
folder=$(mktemp -d)
. benches/sandbox.sh

rows() {
    awk -v rows="$1" 'BEGIN {
        print "id,company,website,country"
        for (row = 1; row <= rows; row++) printf "%d,Company %d,https://www.company-%d.com/,DE\n", row, row, row
    }'
}

# Runs a command; prints the peak of its resident set in KiB and the seconds that it took.
peak() {
    python3 - "$@" <<'PY'
import resource, subprocess, sys, time
started = time.monotonic()
status = subprocess.call(sys.argv[1:], stdin=subprocess.DEVNULL)
if status != 0:
    sys.exit(f"the program ended with {status}")
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, round(time.monotonic() - started, 1))
PY
}

serve

declare -A peaks
for count in "$few" "$many"; do
    rows "$count" >"$folder/$count.csv"
    for run in first second; do
        result=$(peak "$binary" batch "$folder/$count.csv" --quiet --output "$folder/$count.out.csv" \
            --ledger "$folder/$count.db")
        read -r kib seconds <<<"$result"
        peaks[$run-$count]=$kib
        from=$([ $run = first ] && echo 'asked of the API' || echo 'from the ledger')
        printf '%9d rows, %-16s %6.1f MiB  %6.1f s\n' "$count" "$from" "$(awk "BEGIN { print $kib / 1024 }")" "$seconds"
    done
done

missed=0
for run in first second; do
    most=${peaks[$run-$many]}
    growth=$((most - peaks[$run-$few]))
    verdict=ok
    if [ "$most" -ge $((64 * 1024)) ] || [ "$growth" -gt $((8 * 1024)) ]; then verdict=missed missed=1; fi
    printf '%-6s run: peak %d KiB (under 65536), growth %d KiB (at most 8192): %s\n' "$run" "$most" "$growth" "$verdict"
done
exit "$missed"
