"""Draws docs/fan.svg and writes the calibration table of the READMEs, by the program, from the sample company.

Run after `make demo` as `.venv/bin/python docs/forecast.py`.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
MARKS = re.compile(r"(<!-- calibration -->\n).*?(<!-- end -->)", re.DOTALL)
HEADS = {
    "README.md": (
        "said",
        "{n:,} chances of a win within 92 days",
        "Brier {brier}, by the process's own percentages {simple}",
    ),
    "README.zh.md": ("预测概率", "92 天内赢单的 {n:,} 个预测", "Brier {brier}，按流程自带的百分比 {simple}"),
}
ROWS = {"README.md": ("said on average", "won"), "README.zh.md": ("平均预测", "实际赢单")}


def kams(*words: str) -> str:
    """Standard output of a command that must succeed."""
    command = [str(Path(sys.executable).parent / "kams"), *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def main() -> None:
    """Draw, ask, write."""
    kams("forecast", "picture", "fan", "--as-of", "2026-03-31", "--out", str(HERE / "fan.svg"), "--force")
    asked = ("forecast", "backtest", "--from", "2025-10-31", "--to", "2026-09-30", "--every", "month-ends", "--json")
    wins = {line["method"]: line for line in json.loads(kams(*asked))["wins"]}
    for name, heads in HEADS.items():
        file = HERE.parent / name
        text = file.read_text(encoding="utf-8")
        table = "\n".join(lines_of(wins["hazard"], wins["stage_weighted"]["brier"], heads, ROWS[name]))
        found = MARKS.search(text)
        assert found
        begin, end = found.group(1, 2)
        file.write_text(text[: found.start()] + begin + table + "\n" + end + text[found.end() :], encoding="utf-8")


def lines_of(ours: dict, simple: float, heads: tuple[str, ...], rows: tuple[str, str]) -> list[str]:
    """The calibration of the learned chances as Markdown."""
    bins = ours["calibration"]
    title = heads[1].format(n=ours["n"]) + " · " + heads[2].format(brier=ours["brier"], simple=simple)
    return [
        f"| {heads[0]} | " + " | ".join(f"{one['low']:.0%}–{one['high']:.0%}" for one in bins) + " |",
        "| --- |" + " --- |" * len(bins),
        f"| {rows[0]} | " + " | ".join(f"{one['forecast']:.0%}" for one in bins) + " |",
        f"| {rows[1]} | " + " | ".join(f"{one['won']:.0%}" for one in bins) + " |",
        "",
        title,
    ]


if __name__ == "__main__":
    main()
