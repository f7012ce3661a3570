"""The rates as bars, one group for each situation."""

from pathlib import Path

from report import OURS, Results, rate


def draw(results: Results, path: Path) -> str | None:
    """Draws them into an SVG. Says what is missing, if it cannot."""
    try:
        import matplotlib
    except ImportError:
        return "no chart: matplotlib is not installed (`pip install matplotlib`)"
    matplotlib.use("svg")
    from matplotlib import pyplot

    size = (8, 2.2 * len(results))
    figure, axes = pyplot.subplots(len(results), 1, figsize=size, layout="constrained", squeeze=False)
    for (task, peers), (plot,) in zip(results.items(), axes):
        ordered = sorted(peers.items(), key=lambda peer: rate(peer[1]))
        names = [name for name, _ in ordered]
        rates = [rate(taken) for _, taken in ordered]
        bars = plot.barh(names, rates, color=["#1f6f54" if name == OURS else "#a9b4bd" for name in names])
        plot.bar_label(bars, labels=[f"{one:,.0f}" for one in rates], padding=4)
        plot.set_title(task.name, loc="left", fontsize=10)
        plot.margins(x=0.15)
        plot.spines[["top", "right"]].set_visible(False)
        plot.xaxis.set_major_formatter("{x:,.0f}")
    axes[-1][0].set_xlabel("rows (or requests) a second, median")
    figure.savefig(path, metadata={"Date": None})
    return None
