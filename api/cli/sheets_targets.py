"""Targets as CSV: a row per line and quarter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.cli.sheets import Columns, Sheet, sheet

if TYPE_CHECKING:
    from projections.targets import TargetsAnswer


def targets(answer: TargetsAnswer) -> Sheet:
    """Every quarter of every line, with the events behind its figures."""
    columns: Columns = {
        "key": lambda row: row[0].key,
        "name": lambda row: row[0].name,
        "quarter": lambda row: row[1].period,
        "target": lambda row: row[1].target,
        "won": lambda row: row[1].won,
        "attainment": lambda row: row[1].attainment,
        "gap": lambda row: row[1].gap,
        "expected": lambda row: row[1].expected,
        "ahead": lambda row: row[1].ahead,
        "purchases": lambda row: row[1].purchases,
        "currency": lambda _: answer.currency,
        "target before": lambda row: "; ".join(f"{each.amount} {each.currency}" for each in row[1].before),
        "positions": lambda row: _positions(row[1].positions),
        "purchase positions": lambda row: _positions(row[1].purchase_positions),
        "target positions": lambda row: _positions([each.position for each in row[1].stated]),
    }
    return sheet(columns, [(line, quarter) for line in answer.lines for quarter in line.quarters])


def _positions(found: list[int]) -> Any:
    return " ".join(map(str, found))
