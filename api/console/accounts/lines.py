"""Accounts as lines of a list: their order, and what is looked up for those that are shown."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from math import isnan
from typing import TYPE_CHECKING, Any
from uuid import UUID

from api.account_page import SEALED_UNDER
from api.console.accounts.soon import columns_or_wait
from api.console.frame import Frame
from api.console.health_words import Tendency, tendency
from api.identity import member_of
from api.names import member_names, opening_many, with_members
from domain.aggregate import BEGINNING
from domain.errors import Fault, Malformed
from domain.language.catalogue import term
from domain.policies.service_policy import ServicePolicy
from projections.account_choice import Chosen
from projections.account_list import AccountFilters, Listed, Pipeline, next_items, pipelines, visits_of
from projections.health_outlook import band
from projections.health_scores import days_ago
from projections.kept_ids import Ids
from projections.open_items import LastVisit, OpenItem, OpenItemKind
from projections.portfolio_brought import Brought, revenues
from projections.view import View

if TYPE_CHECKING:
    from numpy.typing import NDArray

BEFORE = 90
"""Health is compared with that of so many days before."""
A_FEW = 10
"""The names of more than so many of ours are found sooner among all names."""


@dataclass
class Line:
    """An account of the list; what stands below `bought` is there once it is needed."""

    listed: Listed
    bought: Brought | None = None
    since: datetime | None = None
    """With which moment its health is compared; None before that was looked up."""
    waits: bool = False
    """Whether its health, or that before, is being worked out."""
    score: float | None = None
    band: str | None = None
    change: float | None = None
    pipeline: Pipeline | None = None
    visit: LastVisit | None = None
    days: int | None = None
    """How many days ago the last visit was."""
    item: OpenItem | None = None
    item_text: str = ""
    manager: str = ""

    @property
    def account(self) -> UUID:
        """Which account it is."""
        return self.listed.account

    @property
    def abc(self) -> str:
        """Its class by what it brings."""
        return self.bought.abc if self.bought else ""

    @property
    def tendency(self) -> Tendency:
        """Where its health goes, in a word."""
        return tendency(self.change)


@dataclass(frozen=True)
class Healths:
    """The scores of accounts at a moment and so many days before, for every identifier, not a number where there is
    none; None while they are worked out."""

    ids: Ids
    since: datetime
    before: NDArray[Any] | None
    now: NDArray[Any] | None
    policy: ServicePolicy

    def scores(self, codes: NDArray[Any]) -> NDArray[Any]:
        """Those of some accounts at the moment."""
        import numpy as np

        return np.full(len(codes), np.nan) if self.now is None else self.now[codes]

    def changes(self, codes: NDArray[Any]) -> NDArray[Any]:
        """By how much they are others than before."""
        import numpy as np

        before = np.full(len(codes), np.nan) if self.before is None else self.before[codes]
        found: NDArray[Any] = (self.scores(codes) - before).round(1)
        return found

    def put(self, lines: Sequence[Line]) -> None:
        """Put them into lines."""
        codes = self.ids.of([line.account for line in lines])
        found = zip(lines, self.scores(codes).tolist(), self.changes(codes).tolist(), strict=True)
        for line, score, change in found:
            line.score, line.change = (None if isnan(each) else each for each in (score, change))
            line.since, line.waits = self.since, self.before is None or self.now is None
            line.band = None if line.score is None else band(line.score, self.policy)


Order = tuple["Sequence[float] | NDArray[Any]", ...]
"""Numbers of accounts by which they are ordered, the most important first."""


def _by_health(healths: Healths, name: str, codes: NDArray[Any]) -> Order:
    return known_first(healths.changes(codes) if name == "change" else healths.scores(codes))


def known_first(values: NDArray[Any]) -> Order:
    """The least first, what is not known after all."""
    import numpy as np

    return np.isnan(values), np.nan_to_num(values)


def _most_first(values: Sequence[Decimal | None]) -> Order:
    """The most first, what is not known after nothing."""
    return (_rising([-each if each is not None else Decimal(1) for each in values]),)


def _rising(values: Sequence[Any]) -> list[int]:
    """Numbers that rise as values do."""
    place = {value: number for number, value in enumerate(sorted(set(values)))}
    return [place[each] for each in values]


ORDERS = ("change", "health", "name", "revenue", "pipeline", "visit")
"""By what a list is ordered: what asks for attention stands first; a minus before the name turns it round."""


def in_order(
    frame: Frame[Any], view: View, chosen: Chosen, bought: Mapping[UUID, Brought], sort: str, rows: int
) -> list[Line]:
    """The first lines of those that are chosen. Raises Malformed for an order that there is not."""
    name = sort.removeprefix("-")
    if name not in ORDERS:
        raise Malformed(Fault("sort", sort, f"expected one of {', '.join(ORDERS)}"))
    healths = _healths(frame, view, chosen, chosen) if name in ("change", "health") else None
    by = _by_health(healths, name, chosen.rows["_stream"]) if healths else _by(view, chosen, bought, name)
    shown = chosen.listed(chosen.first(rows, *by, falling=sort.startswith("-")))
    lines = [Line(each, bought.get(each.account)) for each in shown]
    if healths:
        healths.put(lines)
    return lines


def _by(view: View, chosen: Chosen, bought: Mapping[UUID, Brought], name: str) -> Order:
    """The order by what is looked up for all."""
    if name == "revenue":
        brought = revenues(bought)
        return _most_first([brought.get(each) for each in chosen.accounts])
    if name == "pipeline":
        ahead = pipelines(view, chosen.accounts)
        return _most_first([ahead[each].amount if each in ahead else None for each in chosen.accounts])
    if name == "visit":
        visits = visits_of(view, chosen.accounts)
        return (_rising([visits[each].at if each in visits else BEGINNING for each in chosen.accounts]),)
    return ()


def filters_from(frame: Frame[Any], stated: Callable[[str], str]) -> AccountFilters:
    """Which accounts an address chooses. Raises NotFound."""
    manager = member_of(frame.call, stated("manager")) if stated("manager") else None
    text = stated("q").replace("\0", "").strip()
    return AccountFilters(territory=stated("territory"), manager=manager, key_only=stated("key") == "true", text=text)


def complete(frame: Frame[Any], view: View, chosen: Chosen, lines: Sequence[Line], names: Mapping[str, str]) -> None:
    """Everything that is not there yet, for the lines that are shown, of those that are chosen; `names` are those of
    who manages."""
    accounts = [line.account for line in lines]
    if not all(line.since for line in lines):
        _healths(frame, view, chosen, accounts).put(lines)
    _with_pipelines(view, lines)
    visits = visits_of(view, accounts)
    items, (opened, expect) = next_items(view, accounts, visits), opening_many(frame.call.doors.journal, view)
    expect(item.words for item in items.values() if item.words)
    for line in lines:
        line.visit = visits.get(line.account)
        line.days = (view.clock.as_of - line.visit.at).days if line.visit else None
        line.manager = names.get(str(line.listed.manager), "")
        line.item = items.get(line.account)
        if line.item:
            field = SEALED_UNDER.get(line.item.kind)
            words = opened(line.item.words, field) if line.item.words and field else None
            line.item_text = words or item_words(line.item)


def _healths(frame: Frame[Any], view: View, chosen: Chosen, accounts: Collection[UUID]) -> Healths:
    """Their health now and before, as far as it is there."""
    since, ids = days_ago(view, BEFORE), chosen.rows.ids
    before, now = (columns_or_wait(frame, then, accounts, ids) for then in (view.at(since), view))
    return Healths(ids, since, before, now, view.policies.service)


def _with_pipelines(view: View, lines: Sequence[Line]) -> None:
    """What is open with them."""
    found = pipelines(view, [line.account for line in lines])
    for line in lines:
        line.pipeline = found.get(line.account)


def item_words(item: OpenItem) -> str:
    """What is to be done, where nobody may read or wrote more."""
    if item.kind is OpenItemKind.VISIT:
        return term("VisitKind", item.text)
    return term("OpenItemKind", item.kind.value)


def manager_names(frame: Frame[Any], view: View, members: Iterable[UUID | None]) -> dict[UUID, str]:
    """Our people by name for those who may read names, else by external id."""
    wanted = {each for each in members if each}
    if not frame.may_read_people(view):
        return {key: external_id for key, (external_id, _) in view.members().items() if key in wanted}
    journal = frame.call.doors.journal
    known = member_names(journal, view) if len(wanted) > A_FEW else {}
    return with_members(journal, view, {key: name for key, name in known.items() if key in wanted}, wanted)
