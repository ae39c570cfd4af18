"""Accounts as lines of a list: their order, and what is looked up for those that are shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from api.account_page import SEALED_UNDER
from api.console.accounts.soon import scores_or_wait
from api.console.frame import Frame
from api.console.health_words import Tendency, tendency
from api.identity import member_of
from api.names import member_names, opening, with_members
from domain.errors import Fault, Malformed
from domain.language.catalogue import term
from projections.account_list import AccountFilters, LastVisit, Listed, Pipeline, last_visits, next_items, pipelines
from projections.health_outlook import band
from projections.health_scores import days_ago
from projections.open_items import OpenItem, OpenItemKind
from projections.portfolio_brought import Brought
from projections.view import View

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


def _falling(value: Any) -> Any:
    return -value if value is not None else 1


ORDERS: dict[str, Callable[[Line], Any]] = {
    "change": lambda line: (line.change is None, line.change or 0.0),
    "health": lambda line: (line.score is None, line.score or 0.0),
    "name": lambda line: (line.listed.name, line.account),
    "revenue": lambda line: _falling(line.bought.revenue if line.bought else None),
    "pipeline": lambda line: _falling(line.pipeline.amount if line.pipeline else None),
    "visit": lambda line: (line.visit is not None, line.visit.at if line.visit else 0),
}
"""By what a list is ordered: what asks for attention stands first; a minus before the name turns it round."""


def in_order(frame: Frame[Any], view: View, lines: Sequence[Line], sort: str) -> list[Line]:
    """The lines in an order; what it needs is looked up for all. Raises Malformed for an order that there is not."""
    name = sort.removeprefix("-")
    if name not in ORDERS:
        raise Malformed(Fault("sort", sort, f"expected one of {', '.join(ORDERS)}"))
    if name in ("change", "health"):
        with_health(frame, view, lines)
    elif name == "pipeline":
        with_pipelines(view, lines)
    elif name == "visit":
        with_visits(view, lines)
    by_name = sorted(lines, key=lambda line: (line.listed.name, line.account))
    return sorted(by_name, key=ORDERS[name], reverse=sort.startswith("-"))


def filters_from(frame: Frame[Any], stated: Callable[[str], str]) -> AccountFilters:
    """Which accounts an address chooses. Raises NotFound."""
    manager = member_of(frame.call, stated("manager")) if stated("manager") else None
    text = stated("q").replace("\0", "").strip()
    return AccountFilters(territory=stated("territory"), manager=manager, key_only=stated("key") == "true", text=text)


def complete(frame: Frame[Any], view: View, lines: Sequence[Line], names: Mapping[str, str]) -> None:
    """Everything that is not there yet, for the lines that are shown; `names` are those of who manages."""
    if not all(line.since for line in lines):
        with_health(frame, view, lines)
    if not all(line.pipeline for line in lines):
        with_pipelines(view, lines)
    with_visits(view, lines)
    items, opened = next_items(view, [line.account for line in lines]), opening(frame.call.doors.journal, view)
    for line in lines:
        line.manager = names.get(str(line.listed.manager), "")
        line.item = items.get(line.account)
        if line.item:
            field = SEALED_UNDER.get(line.item.kind)
            words = opened(line.item.words, field) if line.item.words and field else None
            line.item_text = words or item_words(line.item)


def with_health(frame: Frame[Any], view: View, lines: Sequence[Line]) -> None:
    """Their health now and before, as far as it is there."""
    since, policy = days_ago(view, BEFORE), view.policies.service
    accounts = [line.account for line in lines]
    before, now = (scores_or_wait(frame, then, accounts) for then in (view.at(since), view))
    for line in lines:
        line.since, line.waits = since, before is None or now is None
        if now is None or (score := now.get(line.account)) is None:
            continue
        line.score, line.band = score, band(score, policy)
        if before is not None and (was := before.get(line.account)) is not None:
            line.change = round(score - was, 1)


def with_pipelines(view: View, lines: Sequence[Line]) -> None:
    """What is open with them."""
    found = pipelines(view, [line.account for line in lines])
    for line in lines:
        line.pipeline = found.get(line.account)


def with_visits(view: View, lines: Sequence[Line]) -> None:
    """When they were last visited."""
    found = last_visits(view, [line.account for line in lines])
    for line in lines:
        line.visit = found.get(line.account)
        line.days = (view.clock.as_of - line.visit.at).days if line.visit else None


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
