#!/usr/bin/env bash
# What the ledger costs. First how fast a million rows pass whose answers are all known, beside the same program on as many
# rows that it only copies, since nothing in them can be looked up. Then which share of a run's processor time goes to the
# ledger's thread where calls are answered at once, 5,000 of them a second and as many as there can be.
#
#   benches/ledger.sh [ROWS [BINARY]]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

rows=${1:-1000000}
binary=$(realpath "${2:-target/release/leadenrich}")
folder=$(mktemp -d)
. benches/sandbox.sh

# Rows with the domains `NAME-1.com` and so on, or with none that could be one.
rows() {
    awk -v rows="$1" -v before="$2" -v after="$3" 'BEGIN {
        print "id,company,website,country"
        for (row = 1; row <= rows; row++) printf "%d,Company %d,%s%d%s,DE\n", row, row, before, row, after
    }'
}

serve

rows "$rows" https://www.company- .com/ >"$folder/known.csv"
rows "$rows" https://www.company- / >"$folder/copied.csv"
rows 50000 https://www.paced- .com/ >"$folder/paced.csv"
rows 200000 https://www.fast- .com/ >"$folder/fast.csv"
echo "asking about $rows companies first ..."
"$binary" batch "$folder/known.csv" --quiet --output "$folder/out.csv" --ledger "$folder/ledger.db"

python3 - "$binary" "$folder" "$rows" <<'PY'
import os, statistics, subprocess, sys, time

binary, folder, rows = sys.argv[1], sys.argv[2], int(sys.argv[3])
TICK = os.sysconf("SC_CLK_TCK")

def start(name, *options):
    return subprocess.Popen([binary, "batch", f"{folder}/{name}.csv", "--quiet", "--output", f"{folder}/out.csv",
                             "--ledger", f"{folder}/ledger.db", *options], stdin=subprocess.DEVNULL)

def timed(name):
    before, started = os.times(), time.monotonic()
    status = start(name).wait()
    took, after = time.monotonic() - started, os.times()
    assert status == 0, status
    cpu = after.children_user - before.children_user + after.children_system - before.children_system
    return took, cpu

def threads(pid):
    """Processor seconds by thread, as far as they go by now."""
    used = {}
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/stat") as stat:
            name, rest = stat.read().split("(", 1)[1].rsplit(")", 1)
        fields = rest.split()
        used[(task, name)] = (int(fields[11]) + int(fields[12])) / TICK
    return used

def share(name, *options):
    run, used, started = start(name, *options), {}, time.monotonic()
    while run.poll() is None:
        try:
            used.update(threads(run.pid))
        except (FileNotFoundError, ProcessLookupError):
            pass
        time.sleep(0.02)
    took = time.monotonic() - started
    assert run.returncode == 0, run.returncode
    by_name = {}
    for (_, name), seconds in used.items():
        by_name[name] = by_name.get(name, 0) + seconds
    # Its commits are the only work of any weight on tokio's blocking threads.
    ledger = sum(seconds for name, seconds in by_name.items() if name.startswith("tokio"))
    return ledger, sum(by_name.values()), took

runs = {"known": [], "copied": []}
for _ in range(5):
    for name, taken in runs.items():
        taken.append(timed(name))
median = {name: (statistics.median(t for t, _ in taken), statistics.median(c for _, c in taken))
          for name, taken in runs.items()}
for name, (wall, cpu) in median.items():
    print(f"{name:6} {wall:6.2f} s wall, {cpu:6.2f} s of processor time, {rows / wall:9,.0f} rows a second")
speed, ratio = rows / median["known"][0], median["copied"][0] / median["known"][0]
print(f"known / copied: {ratio:.2f}")
missed = speed < 250_000 and ratio < 0.5
print("at least 250,000 rows a second, or half the speed of copying:", "missed" if missed else "ok")

for name, count, options in [("paced", 50_000, ["--rate", "5000/s", "-c", "64"]), ("fast", 200_000, ["-c", "64"])]:
    ledger, total, took = share(name, *options)
    verdict = ""
    if name == "paced":
        missed |= ledger > 0.25 * total
        verdict = f" (at most 25 %): {'ok' if ledger <= 0.25 * total else 'missed'}"
    print(f"{name:6} {count / took:7,.0f} calls a second, {total:5.2f} s of processor time, the ledger's {ledger / total:.1%}{verdict}")
sys.exit(missed)
PY
