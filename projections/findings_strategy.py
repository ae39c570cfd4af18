"""Rules of thumb about the company's own strategy: control points, its review, goals behind their line."""

from __future__ import annotations

from collections.abc import Iterator

from domain.language.catalogue import say
from domain.objective import FAR_BEHIND
from projections.control_point_standing import PointState, point_name
from projections.finding import Found, finding, rules_in
from projections.finding_facts import Facts
from projections.strategy_goal_standing import goal_standings


@finding(weight=2, of_customers=False)
def control_point_overdue(facts: Facts) -> Iterator[Found]:
    """A control point of the strategy in force is due, and nobody recorded whether it was reached."""
    for point in facts.in_force.points if facts.in_force else ():
        if point.state is PointState.OVERDUE:
            text = say("the control point {point} was due on {day}", point=point_name(point), day=point.due)
            yield facts.about_strategy(text, point.positions, point.due, point.owner)


@finding(weight=2, of_customers=False)
def control_point_missed(facts: Facts) -> Iterator[Found]:
    """Of a control point of the strategy in force the newest period of which something is recorded was missed."""
    points = facts.in_force.points if facts.in_force else []
    settled = [each for each in points if each.state in (PointState.REACHED, PointState.MISSED)]
    newest = {point_name(each): each for each in sorted(settled, key=lambda each: each.due)}
    for point in (each for each in newest.values() if each.state is PointState.MISSED):
        text = say("the control point {point} was missed for {period}", point=point_name(point), period=point.period)
        yield facts.about_strategy(text, point.positions, point.due, point.owner)


@finding(weight=2, of_customers=False)
def strategy_review_due(facts: Facts) -> Iterator[Found]:
    """The strategy in force was to be reviewed, and it was not."""
    line = facts.in_force.line if facts.in_force else None
    if line and line.review_overdue:
        text = say("its review was due on {day}", day=line.review_due)
        yield facts.about_strategy(text, line.positions, line.review_due, line.adopted_by)


@finding(weight=3, of_customers=False)
def goal_behind(facts: Facts) -> Iterator[Found]:
    """A goal of the strategy in force lies behind its straight line by more than 20 % of its whole way."""
    line = facts.in_force.line if facts.in_force else None
    for goal in goal_standings(facts.view, line.strategy, facts.today) if line else ():
        if line and goal.behind > FAR_BEHIND:
            text = say(
                "the goal “{title}” lies {share:.0%} of its way behind its line", title=goal.title, share=goal.behind
            )
            yield facts.about_strategy(text, goal.positions, None, line.adopted_by)


OF_STRATEGY = rules_in(globals())
"""The rules of this file."""
