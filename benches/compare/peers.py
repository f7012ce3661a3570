"""Who is compared: how each program is called, and whether it is there.

A peer gets as many rows as take it some seconds: what is compared are rows a second. The load generators `oha` and `wrk`
read no rows, keep nothing and write nothing; they are the limit of what the server and this machine give.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from measure import Taken, run

HERE = Path(__file__).parent
PATH = "/v1/enrich/company"
KEY = "wbk_sandbox"
BODY = '{"domain":"company-1.com"}'


@dataclass(frozen=True)
class Task:
    """What is to be done: calls of a server, so many at a time."""

    base: str
    latency: float
    """Seconds that the server takes for an answer."""
    concurrency: int
    rows: int
    folder: Path

    @property
    def url(self) -> str:
        return self.base + PATH

    @property
    def name(self) -> str:
        return f"{self.latency * 1000:.0f} ms, {self.concurrency} in flight"

    def file(self, rows: int, ending: str) -> Path:
        """Where something is kept that names the server in each row."""
        return self.folder / f"{rows}-{self.base.rsplit(':', 1)[1]}.{ending}"

    def table(self, rows: int) -> Path:
        """A table of so many companies, each with a domain of its own."""
        path = self.file(rows, "csv")
        if not path.exists():
            with path.open("w") as file:
                file.write("id,company,website,country,url\n")
                for row in range(1, rows + 1):
                    file.write(f"{row},Company {row},company-{row}.com,DE,{self.url}\n")
        return path

    @property
    def output(self) -> Path:
        return self.folder / "out.csv"


@dataclass(frozen=True)
class Peer:
    """A program that calls the API."""

    name: str
    missing: Callable[[], str | None]
    """Says what is not there."""
    take: Callable[[Task], Taken]
    rows_most: int
    """The most calls in one run against a server without latency."""
    one_at_a_time: bool = False

    def calls(self, task: Task) -> Task:
        """The task, cut to what takes this program some seconds."""
        rows = min(task.rows, self.rows_most)
        if self.one_at_a_time and task.latency > 0:
            rows = min(rows, int(5 / task.latency))
        return replace(task, rows=rows)


def program(name: str) -> Callable[[], str | None]:
    return lambda: None if shutil.which(name) else f"`{name}` is not installed"


def leadenrich(binary: str) -> Peer:
    def take(task: Task) -> Taken:
        for left in task.folder.glob("ledger.db*"):
            left.unlink()
        command = [binary, "batch", str(task.table(task.rows)), "--quiet", "--output", str(task.output),
                   "--ledger", str(task.folder / "ledger.db"), "--domain-column", "website",
                   "--concurrency", str(task.concurrency)]
        taken = run(command, task.rows, task.folder / "printed",
                    {"LEADENRICH_BASE_URL": task.base, "LEADENRICH_API_KEY": KEY})
        with task.output.open() as file:
            enriched = sum(",enriched," in line for line in file)
        if enriched != task.rows:
            raise SystemExit(f"leadenrich: {enriched} of {task.rows} rows are enriched")
        return taken
    return Peer("leadenrich", lambda: None if Path(binary).exists() else "not built", take, 1 << 62)


def oha(task: Task) -> Taken:
    printed = task.folder / "printed"
    command = ["oha", "--no-tui", "--output-format", "json", "-n", str(task.rows), "-c", str(task.concurrency),
               "-m", "POST", "-T", "application/json", "-H", f"Authorization: Bearer {KEY}", "-d", BODY, task.url]
    taken = run(command, task.rows, printed, {})
    told = json.loads(printed.read_text())
    if told["statusCodeDistribution"] != {"200": task.rows}:
        raise SystemExit(f"oha: {told['statusCodeDistribution']}")
    # Its own time, without that of its start and of its report.
    return replace(taken, wall=told["summary"]["total"])


def wrk(task: Task) -> Taken:
    script = task.folder / "wrk.lua"
    script.write_text(f"wrk.method = 'POST'\nwrk.body = '{BODY}'\nwrk.headers['Content-Type'] = 'application/json'\n"
                      f"wrk.headers['Authorization'] = 'Bearer {KEY}'\n")
    printed = task.folder / "printed"
    command = ["wrk", "-t", "1", "-c", str(task.concurrency), "-d", "3s", "-s", str(script), task.url]
    taken = run(command, task.rows, printed, {})
    found = re.search(r"(\d+) requests in ([\d.]+)s", printed.read_text())
    if found is None or "Non-2xx" in printed.read_text():
        raise SystemExit(f"wrk: {printed.read_text()}")
    return replace(taken, calls=int(found[1]), wall=float(found[2]))


def script(name: str, *interpreter: str) -> Callable[[Task], Taken]:
    def take(task: Task) -> Taken:
        command = [*interpreter, str(HERE / name), task.url, str(task.table(task.rows)), str(task.output),
                   str(task.concurrency)]
        taken = run(command, task.rows, task.folder / "printed", {})
        with task.output.open() as file:
            if (written := sum(1 for _ in file) - 1) != task.rows:
                raise SystemExit(f"{name}: {written} of {task.rows} rows are written")
        return taken
    return take


def qsv(task: Task) -> Taken:
    template = task.folder / "payload.tpl"
    template.write_text('{"domain":"{{ website }}"}')
    command = ["qsv", "fetchpost", "url", "--payload-tpl", str(template), "--content-type", "application/json",
               "--no-cache", "--rate-limit", "0", "--http-header", f"Authorization: Bearer {KEY}",
               "--new-column", "answer", "--output", str(task.output), str(task.table(task.rows))]
    return run(command, task.rows, task.folder / "printed", {})


def curl(task: Task) -> Taken:
    """One curl for all, with a file of what to call: it keeps its connections."""
    config = task.file(task.rows, "curl")
    if not config.exists():
        with config.open("w") as file:
            for row in range(1, task.rows + 1):
                body = f'{{\\"domain\\":\\"company-{row}.com\\"}}'
                file.write(("" if row == 1 else "next\n") + f'url = "{task.url}"\ndata = "{body}"\n'
                           f'header = "Authorization: Bearer {KEY}"\nheader = "Content-Type: application/json"\n')
    command = ["curl", "--silent", "--show-error", "--fail", "--parallel", "--parallel-max", str(task.concurrency),
               "--config", str(config)]
    return run(command, task.rows, task.output, {})


def undici_is_missing() -> str | None:
    if shutil.which("node") is None:
        return "`node` is not installed"
    found = subprocess.run(["node", "-e", "require('undici')"], cwd=HERE, capture_output=True, check=False)
    return None if found.returncode == 0 else "undici is not found: `npm install undici`, and set NODE_PATH"


def all_peers(binary: str, python: str) -> list[Peer]:
    def aiohttp_is_missing() -> str | None:
        found = subprocess.run([python, "-c", "import aiohttp"], capture_output=True, check=False)
        return None if found.returncode == 0 else f"aiohttp is not found by {python}: `pip install aiohttp`"

    return [
        leadenrich(binary),
        Peer("oha", program("oha"), oha, 1 << 62),
        Peer("wrk", program("wrk"), wrk, 1 << 62),
        Peer("Node undici", undici_is_missing, script("undici_client.mjs", "node"), 60_000),
        Peer("Python aiohttp", aiohttp_is_missing, script("aiohttp_client.py", python), 30_000),
        Peer("qsv fetchpost", program("qsv"), qsv, 30_000, one_at_a_time=True),
        Peer("curl --parallel", program("curl"), curl, 10_000),
    ]
