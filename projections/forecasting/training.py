"""The training table: a row for each opportunity on each day of a grid on which it was open, as it was knowable then,
and beside it how it ended. For whoever wants to learn with other tools than KAMS's own.

Features are of the snapshot's histories alone. Outcomes are those that were knowable at the end of the table: of a
deal that was open still there is none, and `days_followed` says how long it was watched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from projections.forecasting.company_days import ends_of
from projections.forecasting.facts import Facts, histories
from projections.forecasting.folding import Frame
from projections.forecasting.histories import NEVER, NONE, Histories, MarkKind, Numbers, Outcome, Places, number_of
from projections.view import View

Array = NDArray[Any]
WORDS = ("open", "won", "lost", "disqualified")
FAVOUR = ("mentor", "supporter")
RECENT = 28


class Column(NamedTuple):
    """A column of the table: `type` is date, text, whole or number."""

    name: str
    type: str
    unit: str
    meaning: str


COLUMNS = (
    Column("snapshot", "date", "", "the day as of whose end everything but the outcome was knowable"),
    Column("opportunity", "text", "", "external id, else the identifier"),
    Column("opportunity_id", "text", "", "identifier"),
    Column("owner", "text", "", "identifier of the owner; empty for none"),
    Column("territory", "text", "", "key of the owner's territory, else of the account's"),
    Column("product", "text", "", "key of the first product"),
    Column("account", "text", "", "identifier of the account; empty where it was not knowable"),
    Column("process", "text", "", "key of the sales process"),
    Column("stage", "text", "", "key of the stage"),
    Column("category", "text", "", "the owner's forecast category; empty where nobody set one"),
    Column("age", "whole", "days", "since the opening"),
    Column("stage_age", "whole", "days", "since the stage was entered"),
    Column("amount", "number", "reporting currency", "expected, else list prices; absent without a rate or price"),
    Column("amount_to_product", "number", "ratio", "the amount over the mean amount of all deals known of the product"),
    Column("days_to_close", "whole", "days", "until the expected close, negative when it has passed; absent for none"),
    Column("pushes", "whole", "count", "how often the expected close moved later"),
    Column("pulls", "whole", "count", "how often it moved earlier"),
    Column("pushed_days", "whole", "days", "by how many days it moved later in all"),
    Column("amount_revisions", "whole", "count", "how often the amount was revised"),
    Column("amount_to_first", "number", "ratio", "the amount over the first one, by its revisions"),
    Column("yes", "whole", "count", "questions whose last answer is yes"),
    Column("no", "whole", "count", "questions whose last answer is no"),
    Column("unknown", "whole", "count", "questions whose last answer is unknown"),
    Column("buyers", "whole", "count", "people mapped"),
    Column("favourable", "whole", "count", "of these, mentors and supporters"),
    Column("key_players", "whole", "count", "of these, key players"),
    Column("contacts", "whole", "count", "visits and other contacts that served it"),
    Column("recent_contacts", "whole", "count", f"of these, within the last {RECENT} days"),
    Column("owner_changes", "whole", "count", "how often the owner changed"),
    Column("competitors", "whole", "count", "how often a competitor was identified"),
    Column("quotes", "whole", "count", "quotes issued or revised"),
    Column("pursuit", "whole", "", "1 after a go, -1 after a no-go, 0 before either"),
    Column("owner_won", "whole", "count", "deals that the owner had won"),
    Column("owner_lost", "whole", "count", "deals that the owner had lost"),
    Column("account_won", "whole", "count", "deals won with the account, as far as it was knowable"),
    Column("account_lost", "whole", "count", "deals lost with the account, as far as it was knowable"),
    Column("month", "whole", "1-12", "month of the snapshot"),
    Column("month_of_quarter", "whole", "1-3", "month of the fiscal quarter"),
    Column("outcome", "text", "", "outcome: open, won, lost or disqualified, as knowable at the end of the table"),
    Column("days_until_end", "whole", "days", "outcome: from the snapshot until it ended; absent while open"),
    Column("days_followed", "whole", "days", "outcome: from the snapshot until it ended, or the table does"),
    Column("signed", "number", "reporting currency", "outcome: what a won deal signed"),
)
"""All columns, in order. Absent whole numbers are NaN in a column of floats, absent numbers NaN."""


def training_table(
    facts: Facts,
    view_at: Callable[[datetime], View | Frame],
    first: date,
    last: date,
    every_days: int = 7,
    until: date | None = None,
) -> Iterator[dict[str, Array]]:
    """The rows of each snapshot from `first` to `last`, as columns of one length. `view_at` gives the company's
    settings as of a moment; outcomes are those knowable at the end of `until` (default: of `last`)."""
    ended = _Ends(facts, view_at, until or last)
    day = first
    while day <= last:
        found = _at(facts, view_at, day)
        columns = _features(found, day) | ended.of(found)
        yield {column.name: columns[column.name] for column in COLUMNS}
        day += timedelta(days=every_days)


def _at(facts: Facts, view_at: Callable[[datetime], View | Frame], day: date) -> Histories:
    """What was knowable at the end of a day of the company's calendar."""
    view = view_at(datetime(day.year, day.month, day.day, 12, tzinfo=UTC))
    zone = view.zone if isinstance(view, Frame) else view.policies.company.time_zone
    (end,) = ends_of(np.array([number_of(day)], np.int32), zone).tolist()
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=end)
    return histories(facts, view if isinstance(view, Frame) else view_at(moment), moment)


class _Ends:
    """How deals ended, as knowable at the end of the table."""

    def __init__(self, facts: Facts, view_at: Callable[[datetime], View | Frame], until: date) -> None:
        self._last = _at(facts, view_at, until)
        self._place = {deal: place for place, deal in enumerate(self._last.ids)}

    def of(self, found: Histories) -> dict[str, Array]:
        """The outcome columns of the deals that were open."""
        last, rows = self._last, found.open()
        there = np.array([self._place.get(found.ids[row], NONE) for row in rows.tolist()], np.int64)
        outcome = np.where(there >= 0, _taken(last.outcome, there), Outcome.OPEN)
        closed = np.where(outcome != Outcome.OPEN, _taken(last.closed, there), NEVER).astype(np.int64)
        until = np.where(closed != NEVER, np.maximum(closed - found.day, 0), np.nan)
        return {
            "outcome": np.array(WORDS, object)[outcome],
            "days_until_end": until,
            "days_followed": np.where(np.isnan(until), last.day - found.day, until).astype(np.int64),
            "signed": np.where(outcome == Outcome.WON, _taken(last.signed, there), np.nan),
        }


def _taken(column: Array, places: Array) -> Array:
    return column[places] if len(column) else np.zeros(len(places), column.dtype)


def _features(h: Histories, day: date) -> dict[str, Array]:
    rows, codes = h.open(), h.codes
    count = len(rows)
    stages = [codes.stages[each] for each in h.stage[rows].tolist()]
    names = [h.external[row] or str(h.ids[row]) for row in rows.tolist()]
    close_on = h.close_on[rows].astype(np.int64)
    return {
        "snapshot": np.full(count, np.datetime64(day)),
        "opportunity": np.array(names, object),
        "opportunity_id": np.array([str(h.ids[row]) for row in rows.tolist()], object),
        "owner": _named(h.owner[rows], codes.owners),
        "territory": _named(h.territory[rows], codes.territories),
        "product": _named(h.product[rows], codes.products),
        "account": _named(h.account[rows], codes.accounts),
        "process": np.array([process for process, _ in stages], object),
        "stage": np.array([stage for _, stage in stages], object),
        "category": _named(h.category[rows], codes.categories),
        "age": (h.day - h.opened[rows]).astype(np.int64),
        "stage_age": (h.day - h.since[rows]).astype(np.int64),
        "amount": h.amount[rows],
        "amount_to_product": h.amount[rows] / _usual(h)[rows],
        "days_to_close": np.where(close_on != NEVER, close_on - h.day, np.nan),
        **{name: column[rows] for name, column in (_counted(h) | _answers(h) | _people(h)).items()},
        **_records(h, rows),
        "month": np.full(count, day.month),
        "month_of_quarter": np.full(count, (day.month - h.fiscal_start) % 3 + 1),
    }


def _named(places: Places, known: list[UUID] | list[str]) -> Array:
    words = np.array([*(str(each) for each in known), ""], object)
    found: Array = words[places]  # NONE is the last
    return found


def _usual(h: Histories) -> Numbers:
    """The mean amount of all known deals of each deal's product; NaN where none has an amount above 0."""
    counts = np.isfinite(h.amount) & (h.amount > 0)
    place = h.product + 1
    total = np.bincount(place[counts], h.amount[counts], len(h.codes.products) + 1)
    number = np.bincount(place[counts], minlength=len(h.codes.products) + 1)
    mean = np.divide(total, number, out=np.full(len(total), np.nan), where=number > 0)
    found: Numbers = mean[place]
    return found


def _counted(h: Histories) -> dict[str, Array]:
    """Marks of each kind, by deal."""
    marks = h.marks

    def of(kind: MarkKind, chosen: Array | None = None, values: bool = False) -> Array:
        some = marks.kind == kind if chosen is None else (marks.kind == kind) & chosen
        summed = np.bincount(marks.deal[some], marks.value[some] if values else None, len(h))
        return summed.astype(np.int64)

    revised = marks.kind == MarkKind.AMOUNT
    to_first = np.ones(len(h))
    np.multiply.at(to_first, marks.deal[revised], marks.value[revised])
    pursuit = np.zeros(len(h), np.int64)
    decided = marks.kind == MarkKind.PURSUIT
    pursuit[marks.deal[decided]] = marks.value[decided]
    return {
        "pushes": of(MarkKind.PUSHED),
        "pulls": of(MarkKind.PULLED),
        "pushed_days": of(MarkKind.PUSHED, values=True),
        "amount_revisions": of(MarkKind.AMOUNT),
        "amount_to_first": to_first,
        "contacts": of(MarkKind.CONTACT),
        "recent_contacts": of(MarkKind.CONTACT, marks.day > h.day - RECENT),
        "owner_changes": of(MarkKind.OWNER),
        "competitors": of(MarkKind.COMPETITOR),
        "quotes": of(MarkKind.QUOTE),
        "pursuit": pursuit,
    }


def _answers(h: Histories) -> dict[str, Array]:
    """How many questions have which last answer."""
    marks = h.marks
    places = np.flatnonzero(marks.kind == MarkKind.ANSWER)[::-1]
    question = marks.deal[places].astype(np.int64) * (len(h.codes.questions) + 1) + marks.key[places]
    _, newest = np.unique(question, return_index=True)
    places = places[newest]
    deal, value = marks.deal[places], marks.value[places]
    wanted = (("yes", 1), ("no", -1), ("unknown", 0))
    return {name: np.bincount(deal[value == number], minlength=len(h)) for name, number in wanted}


def _people(h: Histories) -> dict[str, Array]:
    """Who is mapped: those who came without those who went."""
    marks = h.marks
    come, gone = marks.kind == MarkKind.BUYER, marks.kind == MarkKind.BUYER_GONE
    both = come | gone
    sign, deal = np.where(gone, -1, 1)[both], marks.deal[both]
    favour = np.array([support.rpartition(" ")[2] in FAVOUR for support in h.codes.buyers] or [False])
    weights = {
        "buyers": sign,
        "favourable": sign * favour[marks.key[both]],
        "key_players": sign * np.nan_to_num(marks.value[both]),
    }
    return {name: np.bincount(deal, weight, len(h)).astype(np.int64) for name, weight in weights.items()}


def _records(h: Histories, rows: Places) -> dict[str, Array]:
    """What owners and accounts had won and lost."""
    found = {}
    for name, column, known in (("owner", h.owner, h.codes.owners), ("account", h.account, h.codes.accounts)):
        for word, outcome in (("won", Outcome.WON), ("lost", Outcome.LOST)):
            ended = (h.outcome == outcome) & (column >= 0)
            number = np.append(np.bincount(column[ended], minlength=len(known)), 0)
            found[f"{name}_{word}"] = number[column[rows]]
    return found
