"""A backtest of two years by weeks, on the sample company: every issue date of every method, scored."""

from __future__ import annotations

import time

from tests.benchmarks.forecast_skill import SEEDS, company
from tests.benchmarks.report import Report

AIM = 60.0
ASKED = ("forecast", "backtest", "--from", "2024-07-01", "--to", "2026-06-30", "--every", "7", "--by", "territory")


def run(report: Report) -> None:
    """The command as a user gives it, its start included."""
    with company(SEEDS[0]) as kams:
        begin = time.perf_counter()
        answer = kams.json(*ASKED)
        taken = time.perf_counter() - begin
    report.line(
        "a backtest of two years by weeks", must=AIM, reached=taken, unit=" s", at_most=True,
        beside=f"{answer['issues']} issue dates, {answer['fits']} models fitted",
    )  # fmt: skip
