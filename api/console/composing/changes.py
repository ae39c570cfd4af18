"""How health changed in so many days: the components that moved it, whose points add up to the change."""

from __future__ import annotations

from api.console import formats
from api.console.composing.asked import Asked
from api.console.facts import exact
from api.console.formats import capital
from api.console.telling import Group, LineTold, Why
from api.identity import account_of
from domain.account.account import Account
from domain.language.catalogue import say, term
from projections.health_moved import ComponentMove, moved
from projections.health_scores import days_ago

DAYS, MOST_DAYS = 90, 3_660


def health_change(asked: Asked) -> Why:
    """The change of an account's health. Raises NotFound, Malformed."""
    call = asked.frame.call
    account = account_of(call, asked.whom)
    assert account is not None
    call.doors.access.must_see(call.asker, Account, account)
    days, end = asked.number("days", DAYS, MOST_DAYS), asked.view.leads_to(account)
    since = days_ago(asked.view, days)
    then, now = asked.view.among([end]).through([since, asked.view.clock.as_of], of_one=True)
    move = next(iter(moved(then, now, end).accounts), None)
    title, made = (
        say("Change of health"),
        say("What health is now, less what it was on the day with which it is compared."),
    )
    if move is None:
        return asked.why(title, made, "0", [], notes=[say("Nothing moved in that time.")])
    parts = sorted((each for each in move.components), key=lambda each: each.points)
    told = [(say("Account"), move.name), (say("since"), formats.Formats(asked.frame).day(since))]
    if move.before is None or move.after is None:
        return asked.why(title, made, formats.DASH, [], asked=told, notes=[say("There was no health to compare with.")])
    if component := asked.one("component"):
        parts = [each for each in parts if each.name == component]
        told.append((say("Component"), capital(term("health", component))))
        groups = [_component(asked, str(end), each) for each in parts]
        return asked.why(title, made, _signed(sum(each.points for each in parts)), groups, asked=told)
    change = round(move.after - move.before, 1)
    rest = round(change - sum(round(each.points, 2) for each in parts) - move.by_weights, 2)
    lines: list[LineTold] = [
        (say("before"), formats.number(move.before, 1), []),
        (say("now"), formats.number(move.after, 1), []),
    ]
    if move.by_weights:
        lines.insert(0, (say("The weights of the components were changed."), _signed(move.by_weights), []))
    if rest:
        lines.insert(0, (say("rounding"), _signed(rest), []))
    return asked.why(
        title, made, _signed(change), [_component(asked, str(end), each) for each in parts], asked=told, lines=lines
    )


def _component(asked: Asked, account: str, each: ComponentMove) -> Group:
    scores = " → ".join(formats.number(score) for score in (each.before, each.after))
    return Group(
        name=capital(term("health", each.name)),
        said=_signed(each.points),
        note=f"{scores}: {each.reason or each.reason_before}",
        link=f"health/{account}?component={each.name}" if each.after is not None else "",
        facts=asked.events(each.positions),
    )


def _signed(points: float) -> str:
    from decimal import Decimal

    return exact(Decimal(str(round(points, 2))), "points", signed=True)
