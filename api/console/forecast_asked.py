"""Which forecast a page is asked for: period, territory, owner, product, account and method, all in its address."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, lru_cache, wraps
from typing import Annotated, Any
from urllib.parse import quote_plus, urlencode
from uuid import UUID

import msgspec

from api.asking import Clocks
from api.console.frame import Frame, Show
from api.identity import account_of, member_of
from api.questions.forecasting import learned_at
from domain.errors import Fault, Malformed
from domain.language.catalogue import say
from domain.policies.calendar import Period, period
from domain.policies.forecast_policy import ForecastMethod, ForecastPolicy
from projections.deals import Filters
from projections.explained_learned import QUANTILES
from projections.forecast import current_period
from projections.forecast_learning import Learned
from projections.suppositions import Supposition
from projections.view import View

FOUR_WEEKS = timedelta(days=28)
CHANGES = ("won", "lost", "move", "amount")


class ForecastPage(Clocks, kw_only=True):
    """Which forecast: of the quarter of `as_of` if no `period` is stated. `method` is one instead of that in use,
    `since` the day from which changes are told. `what_if` are suppositions, to which `deal`, `then` and `to` add one.
    Blank is not stated: forms send it. So many of the `deals` behind it and of the
    `people` are shown."""

    period: str = ""
    territory: str = ""
    owner: str = ""
    product: str = ""
    account: str = ""
    method: str = ""
    since: str = ""
    what_if: str = ""
    deal: str = ""
    then: str = ""
    to: str = ""
    deals: Annotated[int, msgspec.Meta(ge=1, le=2000)] = 25
    people: Annotated[int, msgspec.Meta(ge=1, le=2000)] = 8


@dataclass(frozen=True)
class Asked:
    """The question that an address states, in its view. `supposed`: by another method than that in use."""

    view: View
    days: Period
    filters: Filters
    supposed: bool

    @property
    def key(self) -> str:
        """The period as addresses state it."""
        return self.days.key

    def explain(self, cell: str, /, **more: Any) -> str:
        """The address that explains a figure; nothing does under a method that is not in use."""
        if cell in QUANTILES:
            if self.supposed:
                return ""
            if not more.keys() - {"period"}:
                return self.figure("forecast-quantile", cell=cell, **more)
        return self.figure("forecast", cell=cell, **more)

    def figure(self, figure: str, /, **more: Any) -> str:
        """The address of another figure of the same question."""
        return f"{figure}?{joined({**more, **self._stated, **more})}"

    @cached_property
    def _stated(self) -> dict[str, Any]:
        return {**msgspec.structs.asdict(self.filters), "period": self.key}

    def off_by(self, pairs: Iterable[tuple[str, str]], /) -> str:
        """The address that explains how far what was said lay from what came: of one period, or of several in all."""
        return f"off-by?{urlencode([each for said, came in pairs for each in (('of', said), ('to', came))])}"

    def takes(self) -> str:
        """The address that explains what it takes to reach the target; nothing does under a method not in use."""
        return "" if self.supposed else self.figure("forecast-takes")

    def chance(self, deal: UUID, chance: float | None, as_of: str = "") -> str:
        """The address that explains the chance of a deal to be won in the period; nothing does where it is over."""
        if self.supposed or not chance or chance >= 1:
            return ""
        return f"forecast?{joined({'cell': 'p_win_within', 'deal': deal, 'period': self.key, 'as_of': as_of})}"

    def of_target(self, cell: str, /) -> str:
        """The address that explains which share of the target a figure is."""
        return f"share?{urlencode({'called': 'target', 'of': self.explain(cell), 'to': self.explain('target')})}"


def joined(stated: Mapping[str, Any]) -> str:
    """Parameters as an address states them, without those that say nothing; of a group also that it is nobody's."""
    return "&".join(f"{name}={_quoted(str(value))}" for name, value in stated.items() if value or name == "group")


@lru_cache(maxsize=4096)
def _quoted(text: str) -> str:
    return quote_plus(text)


@contextmanager
def asked_of(frame: Frame[ForecastPage]) -> Iterator[Asked]:
    """The question of a page, in the view that its clocks ask for. Raises NotFound, PeriodUnknown, Malformed."""
    call, query = frame.call, frame.query
    with frame.view() as view:
        filters = Filters(
            owner=member_of(call, query.owner or None),
            territory=query.territory,
            product=query.product,
            account=account_of(call, query.account or None),
        )
        method = _method(query.method)
        supposed = method is not None and method is not view.policies.forecasting.method
        if supposed:
            of = Supposition(policy=ForecastPolicy, source="", document={"method": method})
            view = view.under([of])
        days = period(view.policies.company, query.period or current_period(view))
        yield Asked(view, days, filters, supposed)


class BeingRead(Exception):
    """What forecasts rest on is being read behind: a process that begins knows nothing of it."""


def once_read(show: Show) -> Show:
    """What a page shows, or that what it rests on is being read."""

    @wraps(show)
    def shown(frame: Frame[Any]) -> Mapping[str, Any]:
        try:
            return show(frame)
        except BeingRead:
            return {"template": "forecast_read.html"}

    return shown


def must_be_read(frame: Frame[Any], view: View) -> None:
    """Raises BeingRead."""
    if frame.call.doors.want_facts(view):
        raise BeingRead


def learned_for(frame: Frame[ForecastPage], asked: Asked) -> Learned:
    """What a forecast rests on; where no model is fitted, the workers are asked for one. Raises BeingRead."""
    must_be_read(frame, asked.view)
    return learned_at(frame.call, asked.view)


def since_of(frame: Frame[ForecastPage], asked: Asked) -> datetime:
    """The moment from which changes are told: four weeks back, if none is stated."""
    stated = frame.call.doors.calendar.moment("since", frame.query.since or None)
    return stated if stated is not None else asked.view.clock.as_of - FOUR_WEEKS


def suppositions(query: ForecastPage) -> list[str]:
    """What is supposed: what was before, and what the form adds. Raises Malformed."""
    found = [each.strip() for each in query.what_if.split(",") if each.strip()]
    if query.deal and query.then:
        if query.then not in CHANGES:
            raise Malformed(Fault("then", query.then[:80], say("expected one of {known}", known=", ".join(CHANGES))))
        to = f":{query.to}" if query.then in ("move", "amount") else ""
        found.append(f"{query.then}={query.deal}{to}")
    return list(dict.fromkeys(found))


def _method(stated: str) -> ForecastMethod | None:
    if not stated:
        return None
    try:
        return ForecastMethod(stated)
    except ValueError:
        known = ", ".join(ForecastMethod)
        raise Malformed(Fault("method", stated[:80], say("expected one of {known}", known=known))) from None
