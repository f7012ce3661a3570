#!/usr/bin/env bash
# What the progress costs: the processor's time that a run on a terminal takes while it waits for its quota and does nothing
# else but draw, the whole block ten times a second, beside the same run without it. The difference is the share of one core
# that a run of any speed draws with; between two busy runs it would be lost in what these differ by anyway. Fails from 1 %.
#
#   benches/progress.sh [SECONDS [BINARY]]      Linux, Python
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

seconds=${1:-15}
binary=$(realpath "${2:-target/release/leadenrich}")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
seq 400 | sed 's/.*/c&.com/' >"$folder/in.txt"

python3 - "$binary" "$folder" "$seconds" <<'PYTHON'
import os, pty, signal, sys, threading, time

binary, folder, seconds = sys.argv[1], sys.argv[2], int(sys.argv[3])
SANDBOX = "--sandbox=latency=1ms,limit=20,window=1d"

def on_processor(pid):
    """Returns the nanoseconds that all threads of a process have run."""
    tasks = f"/proc/{pid}/task"
    return sum(int(open(f"{tasks}/{task}/schedstat").read().split()[0]) for task in os.listdir(tasks))

def drain(terminal, drawn):
    try:
        while read := os.read(terminal, 65536):
            drawn.append(read.count(b"credits: "))
    except OSError:
        pass

def share(progress):
    """Returns the share of a core that a waiting run takes, and how often it drew."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.environ.update(TERM="xterm-256color", HOME=folder)
        options = ["-y", "-o", "out.csv", "--wait", "forever", "--progress", progress, SANDBOX]
        os.execv(binary, [binary, "batch", "in.txt", *options])
    drawn = []
    threading.Thread(target=drain, args=(terminal, drawn), daemon=True).start()
    time.sleep(3)
    before, drawn_before = on_processor(pid), sum(drawn)
    time.sleep(seconds)
    used, drawings = on_processor(pid) - before, sum(drawn) - drawn_before
    os.kill(pid, signal.SIGINT)
    os.waitpid(pid, 0)
    return used / (seconds * 1e9), drawings

(bar, drawings), (none, _) = share("bar"), share("none")
print(f"bar    {bar:.3%} of a core, {drawings} drawings in {seconds} s")
print(f"none   {none:.3%}")
print(f"share  {bar - none:.3%}, under 1 %: {'ok' if bar - none < 0.01 else 'missed'}")
sys.exit(bar - none >= 0.01)
PYTHON
