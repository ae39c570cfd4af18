"""Relationship health of many accounts at several moments: what lists and heat maps show of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from projections.health_days.reading import kept_days
from projections.health_facts import facts_of
from projections.health_outlook import band
from projections.health_portfolio import TrendPoint
from projections.health_scores import kept_scores
from projections.kept_answers import A_PORTFOLIO, is_kept
from projections.relationship_health import Reckoning
from projections.view import FEW, View


def health_points(view: View, accounts: Iterable[UUID], moments: Sequence[datetime]) -> dict[UUID, list[TrendPoint]]:
    """The health of some accounts at each moment, in the order of the moments, as `health` says it there, by what is
    known in the view; None where an account was not there, or no component had facts. Of many accounts, and of ends of
    days that are kept, the positions are left out."""
    wanted = list(dict.fromkeys(accounts))
    found = {account: [TrendPoint(moment, None, None, []) for moment in moments] for account in wanted}
    places = {moment: place for place, moment in enumerate(moments)}
    _put_days(view, found, places)
    if len(wanted) > FEW or (len(wanted) > A_PORTFOLIO and is_kept(view)):
        _put_scores(view, found, places)
        return found
    for then in view.among(wanted).through(sorted(places)):
        reckoning, place = Reckoning(then), places[then.clock.as_of]
        for facts in facts_of(then):
            score, border, components = reckoning.standing(facts)
            positions = sorted({position for each in components for position in each.positions})
            if points := found.get(facts.account):
                points[place] = TrendPoint(then.clock.as_of, score, border, positions)
    return found


def _put_days(view: View, found: dict[UUID, list[TrendPoint]], places: dict[datetime, int]) -> None:
    """What is kept of ends of days; those places are then done."""
    for moment, place in list(places.items()):
        then = view.at(moment)
        if (known := kept_days(then, found)) is not None:
            _put(then, found, place, known)
            del places[moment]


def _put_scores(view: View, found: dict[UUID, list[TrendPoint]], places: dict[datetime, int]) -> None:
    """The scores of all accounts that the asker may see are asked for, since those are kept."""
    for moment, place in places.items():
        then = view.at(moment)
        _put(then, found, place, kept_scores(then))


def _put(then: View, found: dict[UUID, list[TrendPoint]], place: int, known: dict[UUID, float]) -> None:
    policy = then.policies.service
    for account, points in found.items():
        if (score := known.get(account)) is not None:
            points[place] = TrendPoint(then.clock.as_of, score, band(score, policy), [])
