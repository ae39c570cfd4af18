"""Shares of the visits of a month, and of the accounts visited as often as agreed: which count, and which do not."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from api.console import formats
from api.console.composing.asked import Asked, untold
from api.console.facts import exact
from api.console.telling import Group, Why
from api.identity import member_of
from domain.account.visit_kinds import VisitKind
from domain.errors import Fault, Malformed
from domain.language.catalogue import either, say
from projections.visit_discipline import Counted, counted
from projections.visit_facts import Held
from projections.visit_measures import with_and_without
from projections.visits import VisitStatus


def step(asked: Asked) -> Why:
    """In how many of the visits that should have it a step was done. Raises Malformed, PeriodUnknown."""
    stated, key = asked.one("kind"), asked.one("step")
    if stated not in set(VisitKind):
        raise Malformed(Fault("kind", stated[:80], say("expected one of {known}", known=", ".join(VisitKind))))
    kind, made = VisitKind(stated), _counted(asked).made
    done, without = with_and_without(made, kind, key)
    templates = (each.template for each in made if each.template is not None and each.template.kind is kind)
    names = (either(each.name, each.name_zh) for template in templates for each in template.steps if each.key == key)
    how = say("Logged visits in which the step was done, divided by all that should have it.")
    return _parted(asked, next(names, key), how, (say("Done"), done), (say("Not done"), without))


def action(asked: Asked) -> Why:
    """How many of the logged visits say what the customer will do. Raises PeriodUnknown."""
    logged = [each.visit for each in _counted(asked).made if each.visit.status is VisitStatus.LOGGED]
    title = say("says what the customer will do")
    how = say("Logged visits that say what the customer will do, divided by all.")
    yes, no = ([each for each in logged if each.action_agreed is said] for said in (True, False))
    return _parted(asked, title, how, (say("It is said"), yes), (say("It is not said"), no))


def cadence(asked: Asked) -> Why:
    """How many accounts were visited as often as agreed, those first that were not. Raises PeriodUnknown."""
    gaps = sorted(_counted(asked).gaps, key=lambda each: (each.kept, each.name))
    shown = asked.page(gaps)
    groups = [
        Group(
            name=each.name,
            said=exact(Decimal(round(each.longest_gap_days)), "days"),
            note=say("agreed are {days}", days=exact(Decimal(each.cadence_days), "days")),
            facts=asked.events(each.positions),
        )
        for each in shown
    ]
    title = say("accounts visited as often as agreed")
    how = say("The longest time without a visit that reached into the month, against what is agreed.")
    value = say("{kept} of {all}", kept=sum(each.kept for each in gaps), all=len(gaps))
    return asked.why(title, how, value, groups, count=len(gaps), shown=len(shown))


def _counted(asked: Asked) -> Counted:
    member = member_of(asked.frame.call, asked.one("member") or None)
    return counted(asked.view, asked.one("period"), member)


def _parted(asked: Asked, title: str, how: str, counting: tuple[str, list[Held]], other: tuple[str, list[Held]]) -> Why:
    """The share that the first part is of both."""
    whole = len(counting[1]) + len(other[1])
    groups = [_part(asked, name, visits, whole) for name, visits in (counting, other)]
    value = formats.percent(len(counting[1]) / whole if whole else None, 2)
    return asked.why(title, how, value, groups)


def _part(asked: Asked, name: str, visits: Sequence[Held], whole: int) -> Group:
    positions = [each.logged or each.cause for each in visits]
    return Group(
        name=name,
        said=formats.number(len(visits)),
        share=len(visits) / whole if whole else None,
        facts=asked.events(positions),
        earlier=untold(positions),
    )
