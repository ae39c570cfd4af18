"""How good the forecasts are on real exports, asked as everyone asks: `kams import`, then `kams forecast`.

The exports lie in the folder that KAMS_REAL_DATA names; without it nothing is measured. The aims beside are what simple
methods reach on the same rows, and the musts of the forecaster; the truth is counted from the files themselves.
"""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from projections.forecasting.scores import AmountScores, amount_scores, win_scores
from tests.benchmarks.report import Report

WIN_DAYS = (date(2017, 6, 30), date(2017, 7, 31), date(2017, 8, 31), date(2017, 9, 30))
MONTH_DAYS = (*WIN_DAYS, date(2017, 10, 31), date(2017, 11, 30))
QUARTER_DAYS = (date(2017, 6, 30), date(2017, 9, 30))
WITHIN = 92
ALL = ""
Rows = list[dict[str, str]]


def run(report: Report) -> None:
    """Each export in a home of its own."""
    named = os.environ.get("KAMS_REAL_DATA", "").strip()
    if not named:
        print("forecast_accuracy: nothing measured, KAMS_REAL_DATA names no folder with real exports", flush=True)
        return
    data = Path(named)
    with kams_of(data / "maven", "maven") as kams:
        win_lines(report, kams, data / "maven")
        opening_line(report, kams)
        revenue_lines(report, kams, data / "maven")
    with kams_of(data / "salvirt", "salvirt") as kams:
        fold_lines(report, kams)


class Kams:
    """The command in a home of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def __call__(self, *words: str) -> str:
        """Standard output of a command that must succeed."""
        environment = {**os.environ, "KAMS_HOME": str(self.home)}
        done = subprocess.run(
            [sys.executable, "-m", "api.cli.main", *words], capture_output=True, text=True, env=environment, check=False
        )
        if done.returncode:
            raise SystemExit(f"kams {' '.join(words)} ended with {done.returncode}: {done.stderr[-2000:]}")
        return done.stdout

    def rows(self, *words: str) -> Rows:
        """The lines of a CSV answer."""
        return list(csv.DictReader(io.StringIO(self(*words, "--csv"))))

    def json(self, *words: str) -> Any:
        """A JSON answer."""
        return json.loads(self(*words, "--json"))


@contextmanager
def kams_of(export: Path, mapping: str) -> Iterator[Kams]:
    """An export, imported."""
    with tempfile.TemporaryDirectory(prefix="kams-forecast-") as folder:
        kams = Kams(Path(folder) / "home")
        try:
            kams("import", str(export), "--mapping", mapping)
            yield kams
        finally:
            kams("down")


def win_lines(report: Report, kams: Kams, export: Path) -> None:
    """Open deals won within 92 days, at four month ends."""
    deals = {row["opportunity_id"]: row for row in read(export, "sales_pipeline.csv")}
    begin, p, truth = time.perf_counter(), list[float](), list[float]()
    for day in WIN_DAYS:
        asked = ("forecast", "--deals", "--as-of", day.isoformat(), "--within", str(WITHIN))
        said = {row["opportunity"]: float(row["p_win_within"]) for row in kams.rows(*asked)}
        for key, row in deals.items():
            if row["engage_date"] and row["engage_date"] <= day.isoformat() and not closed_by(row, day):
                p.append(said[key])
                truth.append(row["deal_stage"] == "Won" and closed_by(row, day + timedelta(WITHIN)))
    seconds = (time.perf_counter() - begin) / len(WIN_DAYS)
    scores = win_scores(np.array(p), np.array(truth, float))
    beside = f"n {len(p):,}; {seconds:.1f} s per question with its fit; stage rate"
    report.line(
        "won within 92 days, AUC", must=0.77, reached=scores.auc or 0, unit="", beside=f"{beside} .57, hazard .777"
    )
    report.line(
        "won within 92 days, Brier", must=0.175, reached=scores.brier or 1, unit="", at_most=True,
        beside=f"{beside} .232, hazard .173",
    )  # fmt: skip
    report.line(
        "won within 92 days, ECE", must=0.08, reached=scores.ece or 1, unit="", at_most=True,
        beside=f"{beside} .18, hazard .074",
    )  # fmt: skip


def opening_line(report: Report, kams: Kams) -> None:
    """Deals on the day on which they are opened."""
    answer = kams.json("forecast", "backtest", "--from", "2017-06-01", "--to", "2017-09-30", "--opened")
    report.line(
        "won in the end, said on the day of opening, Brier", must=0.244, reached=answer["opened"]["brier"], unit="",
        at_most=True, beside=f"n {answer['opened']['n']:,}",
    )  # fmt: skip


def revenue_lines(report: Report, kams: Kams, export: Path) -> None:
    """Revenue of quarters and months, per team and of the company."""
    won = won_by_team(export)
    simple = {"quarter": (".135", ".049"), "month": (".253", ".070")}
    for unit, days in (("quarter", QUARTER_DAYS), ("month", MONTH_DAYS)):
        table = [line for day in days for line in period_rows(kams, day, unit, won)]
        teams, company = scored(table, company=False), scored(table, company=True)
        inside = round((teams.coverage or 0) * teams.n)
        low, high = (9, 11) if unit == "quarter" else (27, 33)
        report.line(
            f"revenue per manager, {unit}, WAPE", must=0.125 if unit == "quarter" else 0.17, reached=teams.wape or 9,
            unit="", at_most=True,
            beside=f"inside P10-P90 {inside} of {teams.n} (aim {low} to {high}); last quarter's {simple[unit][0]}",
        )  # fmt: skip
        report.line(
            f"revenue of the company, {unit}, WAPE", must=0.10, reached=company.wape or 9, unit="", at_most=True,
            beside=f"bias {company.bias}; last quarter's {simple[unit][1]}",
        )  # fmt: skip


def scored(table: list[tuple[str, float, float, float, float]], *, company: bool) -> AmountScores:
    """Scores of the company's lines, or of the teams'."""
    rows = np.array([line[1:] for line in table if (line[0] == ALL) == company])
    return amount_scores(rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3])


def period_rows(
    kams: Kams, day: date, unit: str, won: dict[str, dict[str, float]]
) -> list[tuple[str, float, float, float, float]]:
    """Team, p10, p50, p90 and what came of it, for the period after a day."""
    first = day + timedelta(1)
    months = {(first.year, first.month + more) for more in range(3 if unit == "quarter" else 1)}
    key = f"{first.year}-Q{(first.month + 2) // 3}" if unit == "quarter" else f"{first.year}-{first.month:02}"
    rows = {
        row["name"].removeprefix("Team ") or ALL: row
        for row in kams.rows("forecast", "--period", key, "--by", "territory", "--as-of", str(day))
    }
    actual = {team: sum(by.get(f"{y}-{m:02}", 0.0) for y, m in months) for team, by in won.items()}
    actual[ALL] = sum(actual.values())
    quantiles = ("p10", "p50", "p90")
    return [(team, *(float(rows[team][q]) for q in quantiles), amount) for team, amount in actual.items()]  # type: ignore[misc]


def won_by_team(export: Path) -> dict[str, dict[str, float]]:
    """What each team won by month, by the files."""
    teams = {row["sales_agent"]: row["manager"] for row in read(export, "sales_teams.csv")}
    found: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for row in read(export, "sales_pipeline.csv"):
        if row["deal_stage"] == "Won":
            found[teams[row["sales_agent"]]][row["close_date"][:7]] += float(row["close_value"])
    return found


def fold_lines(report: Report, kams: Kams) -> None:
    """Won or lost by the answers alone; equal answers in one fold."""
    found = kams.json("forecast", "backtest", "--folds", "10", "--repeats", "3")["folds"]
    beside = f"{found['distinct']} of {found['rows']} rows are distinct; "
    report.line(
        "SALVIRT, 10 folds × 3, AUC", must=0.84, reached=found["auc"], unit="", beside=f"{beside}random forest .849"
    )
    report.line(
        "SALVIRT, 10 folds × 3, Brier", must=0.16, reached=found["brier"], unit="", at_most=True,
        beside=f"{beside}random forest .158",
    )  # fmt: skip


def closed_by(row: dict[str, str], day: date) -> bool:
    """Whether a deal was closed at the end of a day."""
    return bool(row["close_date"]) and row["close_date"] <= day.isoformat()


def read(export: Path, name: str) -> Rows:
    """The lines of a file of the export."""
    with (export / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))
