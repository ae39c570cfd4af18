"""What is measured of a manager in a period: each measure with its value and the events that it rests on."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from uuid import UUID

from domain.policies.skill_model import Measured, SkillMeasure
from projections.funnel import ZERO
from projections.reporting import part_of
from projections.skill_facts import SkillFacts, measured, positions_of, share, total

COMPONENTS = {
    SkillMeasure.SATISFACTION: "satisfaction",
    SkillMeasure.MAP_COVERAGE: "coverage",
    SkillMeasure.SENTIMENT: "sentiment",
}
"""Measures that are means, over a manager's own accounts, of a component of relationship health (0–100)."""

Made = tuple[Decimal | None, int, list[int]]
"""A value, on how many facts it rests, and their positions."""


def measures_of(facts: SkillFacts, member: UUID) -> dict[SkillMeasure, Measured]:
    """All measures of a manager; those without facts have no value."""
    made = {measure: how(facts, member) for measure, how in HOW.items()}
    made |= {measure: _component(facts, member, name) for measure, name in COMPONENTS.items()}
    return {measure: measured(measure, *made[measure]) for measure in SkillMeasure}


def own_accounts(facts: SkillFacts, member: UUID) -> list[UUID]:
    """The accounts that the member looks after, as of the view's clocks."""
    return [key for key, _, _ in facts.accounts.get(member, [])]


def _mean(values: list[float]) -> Decimal | None:
    return Decimal(str(sum(values) / len(values))) if values else None


def _component(facts: SkillFacts, member: UUID, name: str) -> Made:
    """The mean of a component of health over own accounts that have facts for it."""
    found = [
        component
        for account in own_accounts(facts, member)
        if account in facts.health
        for component in facts.health[account].components
        if component.name == name
    ]
    positions = positions_of(*found)
    return _mean([each.score for each in found]), len(set(positions)), positions


def _health(facts: SkillFacts, member: UUID) -> Made:
    """The mean health of own accounts; its facts are those accounts."""
    found = [facts.health[account] for account in own_accounts(facts, member) if account in facts.health]
    scored = [each for each in found if each.score is not None]
    positions = positions_of(*(component for each in scored for component in each.components))
    return _mean([each.score for each in scored if each.score is not None]), len(scored), positions


def _sla_met(facts: SkillFacts, member: UUID) -> Made:
    """Of the issues of own accounts raised in the period the share whose times were met; those that still may be are
    left out."""
    found = [
        each
        for account in own_accounts(facts, member)
        for each in facts.issues.get(account, [])
        if each.met is not None
    ]
    met = sum(each.met is True for each in found)
    return share(met, len(found)), len(found), [each.position for each in found]


def _commitments_kept(facts: SkillFacts, member: UUID) -> Made:
    """Our commitments to own accounts kept in time, of those kept, broken or overdue."""
    ours = [facts.balances[each].ours for each in own_accounts(facts, member) if each in facts.balances]
    judged = [figure for each in ours for figure in (each.kept, each.kept_late, each.broken, each.overdue)]
    whole = sum(each.count for each in judged)
    kept = sum(each.kept.count for each in ours)
    return share(kept, whole), whole, positions_of(*judged)


def _cadence_kept(facts: SkillFacts, member: UUID) -> Made:
    """Own accounts that were visited as often as the service policy wants, of all own accounts."""
    line = facts.discipline.get(member)
    if line is None:
        return None, 0, []
    cadence = line.cadence
    logged = line.kept.logged.positions + positions_of(*cadence.gaps)
    return share(cadence.kept, cadence.accounts), cadence.accounts, logged


def _logged_in_time(facts: SkillFacts, member: UUID) -> Made:
    """Visits logged within the limit for late logging, of those that a person logged."""
    line = facts.discipline.get(member)
    if line is None:
        return None, 0, []
    logging = line.logging
    in_time = logging.measured - logging.late.count
    return share(in_time, logging.measured), logging.measured, line.kept.logged.positions + logging.late.positions


def _objectives_met(facts: SkillFacts, member: UUID) -> Made:
    """Visits whose objective was met, of those that say so."""
    line = facts.discipline.get(member)
    if line is None:
        return None, 0, []
    found = line.outcome
    stated = (found.met, found.partly, found.not_met)
    whole = sum(each.count for each in stated)
    return share(found.met.count, whole), whole, positions_of(*stated)


def _cost_per_won(facts: SkillFacts, member: UUID) -> Made:
    """What was spent on all deals that ended in the period, lost ones included, by the amount won."""
    days = facts.days
    ended = [
        each
        for each in facts.efforts.get(member, [])
        if each.outcome and each.ends_on is not None and days.first <= each.ends_on <= days.last
    ]
    spent = [each for each in ended if each.spent]
    cost = total(one.cost for each in ended for one in each.spent)
    won = total(each.signed for each in ended)
    positions = [*positions_of(*spent), *(each.won_at for each in ended if each.won_at)]
    return part_of(cost, won) if spent else None, len(spent), positions


def _attainment(facts: SkillFacts, member: UUID) -> Made:
    """What was won against what targets of the period's quarters expected by then; its facts are those quarters."""
    found = [each for each in facts.attainment.get(str(member), []) if each.expected]
    expected = total(each.expected for each in found)
    positions = [*positions_of(*found), *(stated.position for each in found for stated in each.stated)]
    return part_of(total(each.won for each in found), expected), len(found), positions


def _win_rate(facts: SkillFacts, member: UUID) -> Made:
    """Deals won, of those won and lost in the period."""
    ended = facts.ended.get(member, [])
    return share(sum(each.won for each in ended), len(ended)), len(ended), [each.position for each in ended]


def _forecast_accuracy(facts: SkillFacts, member: UUID) -> Made:
    """1 less the error of what the member called over what came, of periods that are over; never below 0."""
    score = facts.scores.get(member)
    if score is None or score.wape is None:
        return None, 0, []
    positions = [each.position for each in facts.calls if each.member == member and each.error is not None]
    return max(1 - score.wape, ZERO), score.periods, positions


HOW: dict[SkillMeasure, Callable[[SkillFacts, UUID], Made]] = {
    SkillMeasure.HEALTH: _health,
    SkillMeasure.SLA_MET: _sla_met,
    SkillMeasure.COMMITMENTS_KEPT: _commitments_kept,
    SkillMeasure.CADENCE_KEPT: _cadence_kept,
    SkillMeasure.COST_PER_WON: _cost_per_won,
    SkillMeasure.LOGGED_IN_TIME: _logged_in_time,
    SkillMeasure.OBJECTIVES_MET: _objectives_met,
    SkillMeasure.ATTAINMENT: _attainment,
    SkillMeasure.WIN_RATE: _win_rate,
    SkillMeasure.FORECAST_ACCURACY: _forecast_accuracy,
}
