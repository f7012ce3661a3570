#!/usr/bin/env python3
"""Makes the pictures of the README: what the program shows on a real terminal, as SVG.

    cargo build --release && pip install rich && python3 docs/screens/make.py      tmux
"""

import os
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI
from rich.text import Text

ROOT = Path(__file__).resolve().parents[2]
# Without the font that the usual one fetches from the network.
PICTURE = """<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>.{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; \
font-size: {char_height}px; line-height: {line_height}px; }} .{unique_id}-title {{ display: none; }}
{styles}</style>
<defs><clipPath id="{unique_id}-clip-terminal"><rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/></clipPath>
{lines}</defs>{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">{backgrounds}
<g class="{unique_id}-matrix">{matrix}</g></g></svg>
"""


def tmux(*words: str) -> str:
    return subprocess.run(["tmux", "-L", "leadenrich-screens", *words], check=True, capture_output=True, text=True).stdout


def shot(folder: str, columns: int, command: str, until: str) -> str:
    """Types a command into a terminal and returns what stands there once a pattern does."""
    tmux("new-session", "-d", "-x", str(columns), "-y", "50", "-c", folder, "bash", "--norc")
    try:
        tmux("send-keys", f"PS1='$ '; clear; {command}", "Enter")
        patience = time.monotonic() + 30
        while not re.search(until, tmux("capture-pane", "-p"), re.DOTALL):
            if time.monotonic() > patience:
                raise SystemExit(f"{command} does not show {until}")
            time.sleep(0.1)
        return tmux("capture-pane", "-p", "-e").rstrip().removesuffix("$").rstrip()
    finally:
        tmux("kill-session")


def draw(name: str, columns: int, command: str, shown: str) -> None:
    """Writes a picture of a command and what it shows."""
    console = Console(record=True, width=columns, file=open(os.devnull, "w"), force_terminal=True)
    console.print(Text.from_ansi(f"$ {command}\n{shown}"))
    svg = console.export_svg(theme=DIMMED_MONOKAI, code_format=PICTURE, unique_id=name, font_aspect_ratio=0.6)
    Path(ROOT / "docs" / "screens" / f"{name}.svg").write_text(svg)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(HOME=folder, PATH=f"{ROOT / 'target/release'}:{os.environ['PATH']}", TZ="UTC")
        shutil.copy(ROOT / "fixtures/inputs/companies.csv", f"{folder}/crm.csv")
        columns = 92
        for name, command, until in [
            ("progress", "leadenrich batch crm.csv -o out.csv --sandbox=limit=100,window=5s", r"  3\d%"),
            ("card", "leadenrich enrich stripe.com --sandbox", r"left"),
        ]:
            draw(name, columns, command, shot(folder, columns, command, until))


if __name__ == "__main__":
    main()
