"""The public export of a computer-hardware seller as histories, as known on a day: for trying methods in seconds."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from uuid import UUID, uuid5

import numpy as np

from projections.forecasting.histories import NEVER, NONE, Codes, Histories, Marks, Outcome, Spells, number_of

NAMESPACE = UUID("6ba7b812-9dad-11d1-80b4-00c04fd430c8")


def read(folder: Path, name: str) -> list[dict[str, str]]:
    """The rows of a file of the export."""
    with (folder / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def maven_histories(folder: Path, day: date) -> Histories:
    """All engaged deals of the export as known on a day; the territory is the manager's team, no account is known."""
    known = number_of(day)
    prices = {row["product"].replace(" ", ""): float(row["sales_price"]) for row in read(folder, "products.csv")}
    teams = {row["sales_agent"]: row["manager"] for row in read(folder, "sales_teams.csv")}
    deals = [
        (row, number_of(date.fromisoformat(row["engage_date"])))
        for row in read(folder, "sales_pipeline.csv")
        if row["engage_date"]
    ]
    rows = [(row, opened) for row, opened in deals if opened <= known]
    closed = np.array([_day(row["close_date"]) for row, _ in rows], dtype=np.int32).reshape(-1)
    closed[closed > known] = NEVER
    opened = np.array([opened for _, opened in rows], dtype=np.int32)
    outcome = np.array([Outcome[row["deal_stage"].upper()] if row["close_date"] else 0 for row, _ in rows], np.int8)
    outcome[closed == NEVER] = Outcome.OPEN
    products, agents, managers = sorted(prices), sorted(teams), sorted(set(teams.values()))
    names = [row["product"].replace(" ", "") for row, _ in rows]
    count, zero = len(rows), np.zeros(len(rows), dtype=np.int32)
    return Histories(
        day=known,
        fiscal_start=1,
        ids=[uuid5(NAMESPACE, row["opportunity_id"]) for row, _ in rows],
        external=[row["opportunity_id"] for row, _ in rows],
        opened=opened,
        closed=closed,
        outcome=outcome,
        stage=zero,
        since=opened,
        owner=np.array([agents.index(row["sales_agent"]) for row, _ in rows], dtype=np.int32),
        territory=np.array([managers.index(teams[row["sales_agent"]]) for row, _ in rows], dtype=np.int32),
        product=np.array([products.index(name) for name in names], dtype=np.int32),
        account=np.full(count, NONE, dtype=np.int32),
        amount=np.array([prices[name] for name in names], dtype=np.float64),
        signed=np.array([float(row["close_value"] or 0) for row, _ in rows]) * (outcome == Outcome.WON),
        close_on=np.full(count, NEVER, dtype=np.int32),
        category=np.full(count, NONE, dtype=np.int32),
        spells=Spells(np.arange(count, dtype=np.int32), zero, opened, closed, np.full(count, NONE, dtype=np.int32)),
        marks=no_marks(),
        codes=Codes(
            stages=[("maven", "Engaging")],
            owners=[uuid5(NAMESPACE, agent) for agent in agents],
            territories=managers,
            products=products,
            accounts=[],
            questions=[],
            buyers=[],
            categories=[],
        ),
    )


def won_within(folder: Path, h: Histories, days: int) -> np.ndarray:
    """What came: whether each deal that is open in a history was won within so many days after it."""
    closed = {row["opportunity_id"]: row for row in read(folder, "sales_pipeline.csv")}
    rows = [closed[h.external[row]] for row in h.open()]
    return np.array([row["deal_stage"] == "Won" and _day(row["close_date"]) <= h.day + days for row in rows])


def no_marks() -> Marks:
    """No marks at all."""
    empty = np.zeros(0, dtype=np.int32)
    return Marks(empty, empty, np.zeros(0, dtype=np.int8), empty, np.zeros(0, dtype=np.float64))


def _day(text: str) -> int:
    return number_of(date.fromisoformat(text)) if text else NEVER
