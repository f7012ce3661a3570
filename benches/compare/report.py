"""What was measured, as a table in Markdown and beside the bounds."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from measure import Taken, middle
from peers import Task

OURS = "leadenrich"
Results = Mapping[Task, Mapping[str, Sequence[Taken]]]


@dataclass(frozen=True)
class Bound:
    """A ratio that has to be met."""

    measure: str
    ratio: float
    bound: float
    at_most: bool = False

    @property
    def is_met(self) -> bool:
        return self.ratio <= self.bound if self.at_most else self.ratio >= self.bound

    def row(self) -> str:
        sign = "≤" if self.at_most else "≥"
        return f"| {self.measure} | {self.ratio:.2f} | {sign} {self.bound:.2f} | {'ok' if self.is_met else 'missed'} |"


def rate(taken: Sequence[Taken]) -> float:
    return middle(taken, lambda one: one.rate)


def cpu(taken: Sequence[Taken]) -> float:
    return middle(taken, lambda one: one.cpu_per_1000)


def table(results: Results) -> str:
    """All peers in all situations."""
    lines: list[str] = []
    for task, peers in results.items():
        lines += [f"### {task.name}", "",
                  "| program | rows a second | fastest, slowest run | leadenrich ÷ it | CPU s per 1,000 rows | peak MiB |",
                  "| --- | ---: | ---: | ---: | ---: | ---: |"]
        for name, taken in sorted(peers.items(), key=lambda peer: -rate(peer[1])):
            rates = [one.rate for one in taken]
            ratio = "" if name == OURS else f"{rate(peers[OURS]) / rate(taken):.2f}"
            lines.append(f"| {name} | {rate(taken):,.0f} | {max(rates):,.0f}, {min(rates):,.0f} | {ratio} | "
                         f"{cpu(taken):.4f} | {middle(taken, lambda one: one.peak) / 1024:.1f} |")
        lines.append("")
    return "\n".join(lines)


def bounds(results: Results) -> list[Bound]:
    """The ratios that are promised, as far as the programs for them are there."""
    return [bound for task, peers in results.items() if OURS in peers for bound in of_task(task, peers)]


def of_task(task: Task, peers: Mapping[str, Sequence[Taken]]) -> Iterator[Bound]:
    ours = peers[OURS]

    def beside(peer: str, least: float) -> Iterator[Bound]:
        if peer in peers:
            yield Bound(f"rows a second ÷ {peer}, {task.name}", rate(ours) / rate(peers[peer]), least)

    if task.latency > 0:
        reachable = task.concurrency / task.latency
        least = 0.95 if task.concurrency <= 64 else 0.9
        yield Bound(f"rows a second ÷ what the latency allows, {task.name}", rate(ours) / reachable, least)
        if task.concurrency == 64:
            yield from beside("qsv fetchpost", 50)
        return
    yield from beside("oha", 0.45 if task.concurrency == 16 else 0.5)
    if task.concurrency == 64:
        yield from beside("qsv fetchpost", 3)
        yield from beside("Python aiohttp", 4)
        yield from beside("Node undici", 2)
        if "oha" in peers:
            measure = f"CPU per row ÷ oha's per request, {task.name}"
            yield Bound(measure, cpu(ours) / cpu(peers["oha"]), 2.5, at_most=True)


def bounds_table(found: Sequence[Bound]) -> str:
    rows = [bound.row() for bound in found]
    return "\n".join(["| measure | ratio | bound | |", "| --- | ---: | ---: | --- |", *rows, ""])
