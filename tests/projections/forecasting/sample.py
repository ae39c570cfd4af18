"""The sample company's files as histories, as known on a day: for trying methods in seconds."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from uuid import uuid5

import numpy as np

from projections.forecasting.histories import NEVER, NONE, Codes, Histories, MarkKind, Marks, Outcome, Spells, number_of
from tests.projections.forecasting.maven import NAMESPACE, read

ANSWERS = {"yes": 1.0, "no": -1.0, "unknown": 0.0}
Mark = tuple[int, MarkKind, str, float]


@dataclass
class _Deal:
    row: dict[str, str]
    opened: int
    closed: int
    changes: list[dict[str, str]] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)


@cache
def _deals(folder: Path) -> list[_Deal]:
    changes, marks = defaultdict(list), _marks(folder)
    for row in read(folder, "stage_history.csv"):
        changes[row["opportunity"]].append(row)
    return [
        _Deal(row, _day(row["opened_on"]), _day(row["closed_on"]), changes[key], marks[key])
        for row in read(folder, "opportunities.csv")
        for key in (row["external_id"],)
    ]


def _marks(folder: Path) -> dict[str, list[Mark]]:
    found: dict[str, list[Mark]] = defaultdict(list)
    for row in read(folder, "answers.csv"):
        found[row["opportunity"]].append((_day(row["on"]), MarkKind.ANSWER, row["question"], ANSWERS[row["answer"]]))
        if row["competitor"]:
            found[row["opportunity"]].append((_day(row["on"]), MarkKind.COMPETITOR, "", 1.0))
    for row in read(folder, "buyers.csv"):
        key = f"{row['role']} {row['support']}"
        found[row["opportunity"]].append((_day(row["on"]), MarkKind.BUYER, key, float(row["key_player"] == "yes")))
    for row in read(folder, "competitors.csv"):
        found[row["opportunity"]].append((_day(row["on"]), MarkKind.COMPETITOR, "", 1.0))
    for row in read(folder, "visits.csv"):
        if row["status"] == "logged":
            for key in filter(None, row["opportunities"].split(";")):
                found[key].append((_day(row["start"][:10]), MarkKind.CONTACT, "", 1.0))
    for row in read(folder, "facts.csv"):
        if row["command"] in ("quotes.issue", "quotes.revise"):
            found[row["id"]].append((_day(row["on"]), MarkKind.QUOTE, "", 1.0))
        if row["command"] == "pursuit.decide":
            go = 1.0 if json.loads(row["values"])["decision"] == "go" else -1.0
            found[row["id"]].append((_day(row["on"]), MarkKind.PURSUIT, "", go))
    return found


def sample_histories(folder: Path, day: date, *, accounts: bool = False) -> Histories:
    """All deals of a sample company as known on a day; the account only where `accounts`, as imports do not date it.
    The territory is the owner's team."""
    known, stages, owners, products = number_of(day), _Codes(), _Codes(), _Codes()
    customers, categories, questions, buyers, territories = (_Codes() for _ in range(5))
    for stage in ("potential", "confirmed", "ours", "winnable", "negotiation"):
        stages.of(stage)
    team = {row["external_id"]: row.get("territory", "") for row in read(folder, "members.csv")}
    deals = [deal for deal in _deals(folder) if deal.opened <= known]
    spells, marks, states = [], [], []
    for number, deal in enumerate(deals):
        state = {"amount": "", "close_on": "", "category": "", "owner": "", "stage": ""}
        for change in deal.changes:
            on = _day(change["at"])
            if on > known:
                break
            if change["stage"]:
                spells.append([number, stages.of(change["stage"]), on])
            if state["close_on"] and change["close_on"]:
                moved = _day(change["close_on"]) - _day(state["close_on"])
                kind = MarkKind.PUSHED if moved > 0 else MarkKind.PULLED
                marks.append((number, on, kind, NONE, float(abs(moved))))
            if state["amount"] and change["amount"]:
                marks.append((number, on, MarkKind.AMOUNT, NONE, float(change["amount"]) / float(state["amount"])))
            if change["category"]:
                marks.append((number, on, MarkKind.CATEGORY, categories.of(change["category"]), 1.0))
            if state["owner"] and change["owner"]:
                marks.append((number, on, MarkKind.OWNER, owners.of(change["owner"]), 1.0))
            state |= {name: change[name] for name in state if change[name]}
        states.append(state)
        coded = {MarkKind.ANSWER: questions, MarkKind.BUYER: buyers}
        for on, kind, key, value in deal.marks:
            if on <= known:
                marks.append((number, on, kind, coded[kind].of(key) if key else NONE, value))
    since = {number: on for number, _, on in spells}
    ends = {number: deal.closed if deal.closed <= known else NEVER for number, deal in enumerate(deals)}
    marks.sort(key=lambda mark: mark[:2])
    rows = [
        (
            number,
            stage,
            on,
            spells[place + 1][2] if goes_on else ends[number],
            spells[place + 1][1] if goes_on else NONE,
        )
        for place, (number, stage, on) in enumerate(spells)
        for goes_on in (place + 1 < len(spells) and spells[place + 1][0] == number,)
    ]
    table = np.array(rows, dtype=np.int64).reshape(-1, 5).T
    closed = np.array(list(ends.values()), dtype=np.int32)
    outcome = np.array(
        [Outcome[d.row["stage"].upper()] if ends[n] != NEVER else 0 for n, d in enumerate(deals)], np.int8
    )
    mark = np.array(marks, dtype=np.float64).reshape(-1, 5).T
    none = np.full(len(deals), NONE, dtype=np.int32)
    return Histories(
        day=known,
        fiscal_start=1,
        ids=[uuid5(NAMESPACE, deal.row["external_id"]) for deal in deals],
        external=[deal.row["external_id"] for deal in deals],
        opened=np.array([deal.opened for deal in deals], dtype=np.int32),
        closed=closed,
        outcome=outcome,
        stage=np.array([stages.of(state["stage"]) for state in states], dtype=np.int32),
        since=np.array([since[number] for number in range(len(deals))], dtype=np.int32),
        owner=np.array([owners.of(state["owner"]) for state in states], dtype=np.int32),
        territory=np.array([territories.of(team.get(state["owner"], "")) for state in states], dtype=np.int32),
        product=np.array([products.of(deal.row["product"]) for deal in deals], dtype=np.int32),
        account=np.array([customers.of(deal.row["account"]) for deal in deals], dtype=np.int32) if accounts else none,
        amount=np.array(
            [float(state["amount"]) * RATES[deal.row["currency"]] for deal, state in zip(deals, states, strict=True)]
        ),
        signed=np.array(
            [
                float(deal.row["signed_amount"]) * RATES[deal.row["currency"]]
                if outcome[number] == Outcome.WON
                else np.nan
                for number, deal in enumerate(deals)
            ]
        ),
        close_on=np.array([_day(state["close_on"]) for state in states], dtype=np.int32),
        category=np.array([categories.of(state["category"]) for state in states], dtype=np.int32),
        spells=Spells(*(column.astype(np.int32) for column in table)),
        marks=Marks(
            mark[0].astype(np.int32),
            mark[1].astype(np.int32),
            mark[2].astype(np.int8),
            mark[3].astype(np.int32),
            mark[4],
        ),
        codes=Codes(
            stages=[("four-funnel", stage) for stage in stages.names],
            owners=[uuid5(NAMESPACE, owner) for owner in owners.names],
            territories=territories.names,
            products=products.names,
            accounts=[uuid5(NAMESPACE, customer) for customer in customers.names],
            questions=questions.names,
            buyers=buyers.names,
            categories=categories.names,
        ),
    )


RATES = {"CNY": 1.0, "EUR": 7.8, "USD": 7.2, "JPY": 0.048, "GBP": 9.1}
"""About what a unit is worth, where only the order of size matters."""


class _Codes:
    """Names numbered as they come."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.places: dict[str, int] = {}

    def of(self, name: str) -> int:
        if name not in self.places:
            self.places[name] = len(self.names)
            self.names.append(name)
        return self.places[name]


def _day(text: str) -> int:
    return number_of(date.fromisoformat(text)) if text else NEVER
