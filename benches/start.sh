#!/usr/bin/env bash
# How long it takes until something is seen: `--version` and `--help` beside `curl --version`, and `enrich` of one domain,
# with its ledger on disk, beside curl with the same call. All of them take turns; the medians are compared. Fails if one of
# the first two takes over 1.5 times as long as curl, or `enrich` over 1.3 times.
#
#   benches/start.sh [RUNS [BINARY]]      Python, curl
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

runs=${1:-100}
binary=$(realpath "${2:-target/release/leadenrich}")
folder=$(mktemp -d)
. benches/sandbox.sh

# Nothing is configured, and the ledger stands where a user's does: on this disk, not in a memory that is lost.
export HOME=$folder XDG_STATE_HOME=$folder/state XDG_CONFIG_HOME=$folder/config
unset "${!LEADENRICH_@}" http_proxy HTTP_PROXY all_proxy ALL_PROXY || true

serve --no-match 0

python3 - "$binary" "$runs" <<'PYTHON'
import os, statistics, subprocess, sys, time

binary, runs = sys.argv[1], int(sys.argv[2])
CALL = ["curl", "--silent", "--fail", "--output", "/dev/null", f"{os.environ['LEADENRICH_BASE_URL']}/v1/enrich/company",
        "--header", "Authorization: Bearer wbk_sandbox", "--header", "Content-Type: application/json", "--data"]

def once(command):
    started = time.perf_counter()
    status = subprocess.call(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    assert status == 0, f"{command[0]} ended with {status}"
    return (time.perf_counter() - started) * 1000

# Each call names a company that was not asked for before.
commands = {
    "curl --version": lambda run: ["curl", "--version"],
    "leadenrich --version": lambda run: [binary, "--version"],
    "leadenrich --help": lambda run: [binary, "--help"],
    "curl, one call": lambda run: [*CALL, f'{{"domain":"curl-{run}.com"}}'],
    "leadenrich enrich": lambda run: [binary, "enrich", f"enrich-{run}.com"],
    "the same, in memory": lambda run: [binary, "enrich", f"enrich-{run}.com", "--ledger", ":memory:"],
}
bounds = {
    "leadenrich --version": ("curl --version", 1.5),
    "leadenrich --help": ("curl --version", 1.5),
    "leadenrich enrich": ("curl, one call", 1.3),
}
# The first round makes the ledger and fills the caches, and does not count.
took = {name: [] for name in commands}
for run in range(runs + 1):
    for name, command in commands.items():
        milliseconds = once(command(run))
        if run > 0:
            took[name].append(milliseconds)
median = {name: statistics.median(all) for name, all in took.items()}
missed = False
for name, milliseconds in median.items():
    verdict = ""
    if name in bounds:
        beside, most = bounds[name]
        ratio = milliseconds / median[beside]
        missed |= ratio > most
        verdict = f"   {ratio:.2f} of {beside} (at most {most}): {'missed' if ratio > most else 'ok'}"
    print(f"{name:25} {milliseconds:6.1f} ms{verdict}")
sys.exit(missed)
PYTHON
