"""What learned figures rest on: an amount on what is won and the open deals, a chance on the facts of its deal."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import msgspec

from api.console import formats
from api.console.composing.asked import Asked
from api.console.composing.forecasts import forecast_frame
from api.console.facts import exact
from api.console.figures import learned_told
from api.console.forecast_asked import Asked as Forecast
from api.console.forecast_asked import asked_of, learned_for, must_be_read
from api.console.formats import capital
from api.console.telling import Group, Why
from api.identity import is_identifier
from api.questions.forecasting import learned_at
from api.titles import openings
from domain.errors import Fault, Malformed, NotFound
from domain.language.catalogue import say
from projections.explained_learned import QUANTILES
from projections.forecast import forecast
from projections.forecast_chances import DealChance, days_left, deal_chances, largest_open
from projections.forecast_learning import basis_of
from projections.forecast_quantiles import add_quantiles


def quantile(asked: Asked) -> Why:
    """P10, P50 or P90 of a period, with what it is drawn from: parts of it, which do not add up to a quantile. Raises
    Malformed, PeriodUnknown, NotFound."""
    cell, frame = asked.one("cell"), forecast_frame(asked)
    if cell not in QUANTILES:
        raise Malformed(Fault("cell", cell[:80], say("expected one of {known}", known=", ".join(QUANTILES))))
    with asked_of(frame) as of:
        known = learned_for(frame, of)
        found = add_quantiles(of.view, forecast(of.view, of.key, of.filters), known, of.filters)
        filters = msgspec.structs.replace(of.filters, period=of.key)
        rows, count = largest_open(of.view, known, filters, asked.skip + asked.limit)
        answer = deal_chances(of.view, known, filters, within=days_left(of.view, of.key), rows=rows[asked.skip :])
        groups = _deals(asked, of, answer.deals, answer.currency)
        if not asked.skip:
            won = exact(found.closed, answer.currency)
            groups.insert(0, Group(name=say("Won so far"), said=won, link=of.explain("closed"), facts=[]))
        notes = [say("Open deals of the period, the largest first. A quantile is no sum of them.")]
        return asked.why(
            *learned_told(cell),
            exact(getattr(found, cell), answer.currency),
            groups,
            asked=[(say("period"), formats.period(of.key))],
            notes=[*notes, say("Basis: {basis}.", basis=basis_of(of.view, known))],
            count=count,
            shown=len(answer.deals),
        )


def chance(asked: Asked) -> Why:
    """The chance of an open deal, with what moved it, and the way to every fact of the deal. Raises NotFound."""
    of = asked.one("deal")
    must_be_read(asked.frame, asked.view)
    known = learned_at(asked.frame.call, asked.view)
    still_open = known.histories.open()
    rows = still_open[known.histories.among([UUID(of)] if is_identifier(of) else [])[still_open]]
    answer = deal_chances(asked.view, known, rows=rows)
    if not answer.deals:
        raise NotFound(kind="opportunity", key=of[:80])
    (line,) = answer.deals
    title = openings(asked.frame.call.doors.journal, {line.id}).get(line.id)
    groups = [
        Group(name=title.title if title else of, said=say("every fact of it"), link=f"rows/funnel/{of}", facts=[]),
        *(Group(name=capital(each.words), said=_moved(each.effect), facts=[]) for each in line.reasons),
    ]
    basis = say("Basis: {basis}.", basis=answer.basis)
    return asked.why(*learned_told("p_win"), formats.percent(line.p_win, 2), groups, notes=[basis])


def _moved(effect: float) -> str:
    """What a reason did to a chance; `effect` in log odds."""
    return say("raises it") if effect > 0 else say("lowers it") if effect < 0 else say("leaves it as it is")


def _deals(asked: Asked, of: Forecast, deals: list[DealChance], currency: str) -> list[Group]:
    """What each open deal brings by its chance."""
    opened = openings(asked.frame.call.doors.journal, {each.id for each in deals})
    return [
        Group(
            name=opened[each.id].title if each.id in opened else each.opportunity,
            note=say(
                "{chance} of {amount}", chance=formats.percent(each.p_win_within), amount=exact(each.amount, currency)
            ),
            said=exact((each.amount or Decimal(0)) * Decimal(repr(each.p_win_within)), currency),
            link=of.chance(each.id, each.p_win_within),
            facts=[],
        )
        for each in sorted(deals, key=lambda each: -(each.amount or 0))
    ]
