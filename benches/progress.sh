#!/usr/bin/env bash
# What the progress costs: the processor's time of a fast run on a terminal with the bar, beside the same run without it.
# Calls are answered at once by a sandbox in another process. Medians of runs taken in turn; fails above 1 %.
#
#   benches/progress.sh [ROWS [BINARY [RUNS]]]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

rows=${1:-50000}
binary=$(realpath "${2:-target/release/leadenrich}")
runs=${3:-11}
folder=$(mktemp -d)
sandbox=
trap '[ -z "$sandbox" ] || kill "$sandbox" || true; rm -rf "$folder"' EXIT

"$binary" sandbox --latency 0 --limit 100000000 --credits 100000000 >"$folder/address" 2>"$folder/books" &
sandbox=$!
until [ -s "$folder/address" ]; do
    kill -0 "$sandbox"
    sleep 0.1
done
LEADENRICH_BASE_URL=$(head -n 1 "$folder/address")
export LEADENRICH_BASE_URL LEADENRICH_API_KEY=wbk_sandbox TERM=xterm-256color
seq "$rows" | sed 's/.*/c&.com/' >"$folder/in.txt"

python3 - "$binary" "$folder" "$runs" <<'PYTHON'
import os, pty, statistics, sys

binary, folder, runs = sys.argv[1], sys.argv[2], int(sys.argv[3])

def once(progress):
    """Runs on a terminal of its own and returns seconds of processor time, of a wall clock's, and what was drawn."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.execv(binary, [binary, "batch", "in.txt", "-y", "-o", "out.csv", "--ledger", ":memory:", "--progress", progress])
    drawn = b""
    while True:
        try:
            drawn += (read := os.read(terminal, 65536))
        except OSError:
            break
        if not read:
            break
    _, status, used = os.wait4(pid, 0)
    assert status == 0, drawn
    os.close(terminal)
    return used.ru_utime + used.ru_stime, drawn.count(b"credits: ")

once("none")
with_bar, without = [], []
for _ in range(runs):
    (used, drawings), (plain, _) = once("bar"), once("none")
    with_bar.append(used)
    without.append(plain)
    drawn = drawings
bar, none = statistics.median(with_bar), statistics.median(without)
share = statistics.median(one / other - 1 for one, other in zip(with_bar, without))
print(f"bar   {bar:6.2f} s of processor time, {drawn} drawings")
print(f"none  {none:6.2f} s")
print(f"share {share:6.2%}, at most 1 %: {'ok' if share <= 0.01 else 'missed'}")
sys.exit(share > 0.01)
PYTHON
