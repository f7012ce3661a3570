#!/usr/bin/env bash
# Whether cost grows straight with the rows: a thousand, ten thousand and so on to MOST, each with a company of its own, asked
# of a sandbox without latency with the ledger on disk, then answered from that ledger. What a run of one row takes, the start,
# is taken off. Fails where a row of the largest table takes over 20 % longer than one of the table of ten thousand or more
# that passes fastest, or where the peak of memory is over 64 MiB.
#
#   benches/straight.sh [MOST [BINARY]]      Python; ten million rows take half an hour and 10 GB of disk
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

most=${1:-1000000}
binary=$(realpath "${2:-target/release/leadenrich}")
folder=$(mktemp -d -p target)
. benches/sandbox.sh

serve

python3 - "$binary" "$folder" "$most" <<'PYTHON'
import os, statistics, subprocess, sys, time
from pathlib import Path

binary, folder, most = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
KINDS = ("asked", "known")

def run(rows, kind):
    """Returns the seconds of a run and its peak of memory in KiB."""
    ledger = folder / "ledger.db"
    if kind == "asked":
        for left in folder.glob("ledger.db*"):
            left.unlink()
    command = [binary, "batch", folder / f"{rows}.csv", "--quiet", "--concurrency", "64", "--output", folder / "out.csv",
               "--ledger", ledger]
    started = time.monotonic()
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    took = time.monotonic() - started
    assert status == 0, f"the program ended with {status}"
    return took, used.ru_maxrss

def measured(rows):
    """Small tables are run more often, and the median counts."""
    with open(folder / f"{rows}.csv", "w") as file:
        file.write("id,company,website,country\n")
        for row in range(1, rows + 1):
            file.write(f"{row},Company {row},https://www.company-{row}.com/,DE\n")
    runs = {kind: [] for kind in KINDS}
    for _ in range(9 if rows <= 10_000 else 3 if rows <= 100_000 else 1):
        for kind in KINDS:
            runs[kind].append(run(rows, kind))
    (folder / f"{rows}.csv").unlink()
    return {kind: (statistics.median(took for took, _ in all), max(peak for _, peak in all)) for kind, all in runs.items()}

start = measured(1)
sizes = [10**power for power in range(3, 10) if 10**power <= most]
per_row, missed = {kind: {} for kind in KINDS}, False
for rows in sizes:
    for kind, (took, peak) in measured(rows).items():
        per_row[kind][rows] = (took - start[kind][0]) / rows * 1e6
        missed |= peak > 64 * 1024
        print(f"{rows:9} rows, {kind}   {took:8.2f} s   {per_row[kind][rows]:6.2f} us a row   {peak / 1024:5.1f} MiB", flush=True)
for kind in KINDS:
    counted = {rows: cost for rows, cost in per_row[kind].items() if rows >= 10_000}
    if counted:
        ratio = counted[max(counted)] / min(counted.values())
        missed |= ratio > 1.2
        print(f"{kind}: the largest table takes {ratio:.2f} of the fastest a row (at most 1.20): {'missed' if ratio > 1.2 else 'ok'}")
sys.exit(missed)
PYTHON
