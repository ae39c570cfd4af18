"""Draws docs/demo.svg from the real output of `kams demo`: run it as `.venv/bin/python docs/picture.py`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

WIDTH = 120
HERE = Path(__file__).parent
FONT = "ui-monospace, 'DejaVu Sans Mono', 'Noto Sans Mono CJK SC', 'WenQuanYi Micro Hei Mono', monospace"
FRAME = """<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: FONT; font-size: {char_height}px; line-height: {line_height}px; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix" xml:space="preserve">{matrix}</g>
</g>
</svg>
""".replace("FONT", FONT)


def main() -> None:
    """Run the demo, draw what it printed."""
    kams = Path(sys.executable).parent / "kams"
    environment = {**os.environ, "FORCE_COLOR": "1", "COLUMNS": str(WIDTH)}
    run = subprocess.run([kams, "demo"], env=environment, capture_output=True, text=True, check=True)
    console = Console(width=WIDTH, record=True, file=open(os.devnull, "w"), force_terminal=True)  # noqa: SIM115 ends with us
    console.print(Text.from_ansi(run.stdout[run.stdout.index("Funnel") :].split("Try next")[0].rstrip()))
    svg = console.export_svg(title="make demo", code_format=FRAME)
    (HERE / "demo.svg").write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main()
