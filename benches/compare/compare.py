#!/usr/bin/env python3
"""How fast a run is beside others that call the same server: see README.md.

    benches/compare/compare.py [--rows N] [--runs N] [--only TEXT] [--out FOLDER] [--python PATH] [--binary PATH]

Ends with 1 if a bound is missed.
"""

import argparse
import contextlib
import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import chart
import report
from measure import Taken
from peers import HERE, Peer, Task, all_peers

ROOT = HERE.parent.parent
AT_ONCE = "http://127.0.0.1:18080"
LATE = "http://127.0.0.1:18081"
LATENCY = 0.05


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--rows", type=int, default=200_000, help="of a run without latency (default: %(default)s)")
    parser.add_argument("--runs", type=int, default=5, help="of each program in each situation (default: %(default)s)")
    parser.add_argument("--only", default="", help="the situations with this text in their names, such as '0 ms, 64'")
    parser.add_argument("--out", type=Path, default=ROOT / "target" / "compare", help="where table and chart go")
    parser.add_argument("--python", default=sys.executable, help="the Python that has aiohttp")
    parser.add_argument("--binary", default=str(ROOT / "target" / "release" / "leadenrich"))
    return parser.parse_args()


@contextlib.contextmanager
def server(folder: Path) -> Iterator[None]:
    """nginx, for as long as the comparison goes on."""
    nginx = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if nginx is None:
        raise SystemExit("nginx is not installed: apt-get install nginx-light libnginx-mod-http-echo")
    prefix = folder / "nginx"
    prefix.mkdir()
    # A second one on the same ports ends with an error here.
    subprocess.run([nginx, "-p", str(prefix), "-c", str(HERE / "nginx.conf")], check=True)
    try:
        reachable(18080)
        yield
    finally:
        os.kill(int((prefix / "nginx.pid").read_text()), signal.SIGTERM)


def reachable(port: int) -> None:
    for _ in range(100):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise SystemExit("nginx does not answer")


def situations(rows: int, folder: Path) -> list[Task]:
    at_once = [Task(AT_ONCE, 0, concurrency, rows, folder) for concurrency in (16, 64, 256)]
    # Ten seconds of calls.
    late = [Task(LATE, LATENCY, concurrency, int(10 * concurrency / LATENCY), folder) for concurrency in (64, 256)]
    return at_once + late


def compare(task: Task, peers: list[Peer], runs: int) -> dict[str, list[Taken]]:
    """All programs take turns, so that what else happens on the machine meets all of them."""
    results: dict[str, list[Taken]] = {peer.name: [] for peer in peers}
    for run in range(runs):
        for peer in peers:
            say(f"{task.name}: run {run + 1} of {runs}, {peer.name}")
            results[peer.name].append(peer.take(peer.calls(task)))
    say("")
    return results


def say(text: str) -> None:
    """Says what is going on, where somebody looks."""
    if sys.stderr.isatty():
        print(f"\r{text}\033[K", end="", file=sys.stderr, flush=True)


def main() -> int:
    options = arguments()
    peers = []
    for peer in all_peers(options.binary, options.python):
        if (missing := peer.missing()) is None:
            peers.append(peer)
        else:
            print(f"left out: {peer.name}: {missing}")
    if not peers or peers[0].name != report.OURS:
        raise SystemExit("cargo build --release")
    with tempfile.TemporaryDirectory(dir=ROOT / "target") as name, server(Path(name)):
        tasks = [task for task in situations(options.rows, Path(name)) if options.only in task.name]
        results = {task: compare(task, peers, options.runs) for task in tasks}
    bounds = report.bounds(results)
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.release()}, load {os.getloadavg()[2]:.1f}"
    text = f"{report.table(results)}\n### Bounds\n\n{report.bounds_table(bounds)}\n"
    text += f"{machine}; {options.runs} runs of each, taking turns.\n"
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "table.md").write_text(text)
    print(text)
    if (missing := chart.draw(results, options.out / "chart.svg")) is not None:
        print(missing)
    return 0 if all(bound.is_met for bound in bounds) else 1


if __name__ == "__main__":
    sys.exit(main())
