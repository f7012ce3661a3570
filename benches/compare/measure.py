"""Runs a command and tells how long it took, what it took of the processor, and its peak of memory."""

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Taken:
    """What one run took."""

    calls: int
    """Rows answered, or requests made."""
    wall: float
    cpu: float
    """Seconds of the processor, of the program alone and not of the server."""
    peak: int
    """The peak of the resident set, in KiB."""

    @property
    def rate(self) -> float:
        return self.calls / self.wall

    @property
    def cpu_per_1000(self) -> float:
        return self.cpu / self.calls * 1000


def run(command: Sequence[str], calls: int, printed: Path, environment: dict[str, str]) -> Taken:
    """Runs a command to its end; what it prints goes to a file. A command that fails ends the comparison."""
    with printed.open("wb") as out, (printed.parent / "errors").open("w+b") as errors:
        started = time.perf_counter()
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=errors,
                                 env={**os.environ, **environment})
        _, status, used = os.wait4(child.pid, 0)
        wall = time.perf_counter() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            errors.seek(0)
            told = errors.read().decode(errors="replace")[-500:]
            raise SystemExit(f"{command[0]} ended with {child.returncode}: {told}")
    return Taken(calls, wall, used.ru_utime + used.ru_stime, used.ru_maxrss)


def middle(runs: Sequence[Taken], of: Callable[[Taken], float]) -> float:
    """The median of something about the runs."""
    return statistics.median(of(taken) for taken in runs)
