"""The public questionnaires of a software seller as histories: every (column, value) is a question answered yes."""

from __future__ import annotations

import csv
from pathlib import Path
from uuid import uuid5

import numpy as np

from projections.forecasting.histories import NONE, Codes, Histories, MarkKind, Marks, Outcome, Spells
from tests.projections.forecasting.maven import NAMESPACE

DAY = 20_000


def salvirt_histories(folder: Path) -> Histories:
    """All 448 deals, opened and closed on one day."""
    with (folder / "salvirt_b2b.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    questions = sorted({f"{column}: {row[column]}" for row in rows for column in row if column != "Status"})
    place = {question: number for number, question in enumerate(questions)}
    keys = [
        (deal, place[f"{column}: {row[column]}"])
        for deal, row in enumerate(rows)
        for column in row
        if column != "Status"
    ]
    count = len(rows)
    same, none = np.full(count, DAY, dtype=np.int32), np.full(count, NONE, dtype=np.int32)
    zero, nan = np.zeros(count, dtype=np.int32), np.full(count, np.nan)
    deal = np.array([deal for deal, _ in keys], dtype=np.int32)
    return Histories(
        day=DAY,
        fiscal_start=1,
        ids=[uuid5(NAMESPACE, str(number)) for number in range(count)],
        external=[str(number) for number in range(count)],
        opened=same,
        closed=same,
        outcome=np.array([Outcome[row["Status"].upper()] for row in rows], dtype=np.int8),
        stage=zero,
        since=same,
        owner=none,
        territory=none,
        product=none,
        account=none,
        amount=nan,
        signed=nan,
        close_on=same,
        category=none,
        spells=Spells(np.arange(count, dtype=np.int32), zero, same, same, none),
        marks=Marks(
            deal=deal,
            day=np.full(len(deal), DAY, dtype=np.int32),
            kind=np.full(len(deal), MarkKind.ANSWER, dtype=np.int8),
            key=np.array([key for _, key in keys], dtype=np.int32),
            value=np.ones(len(deal)),
        ),
        codes=Codes([("salvirt", "open")], [], [], [], [], questions, [], []),
    )
