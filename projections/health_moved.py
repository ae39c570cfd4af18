"""Why relationship health moved between two moments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

import msgspec

from domain.opportunity.opportunity import Opportunity
from projections.accounts import ACCOUNTS
from projections.bridge_causes import steps_of
from projections.health_shares import Parts, Weighed, parts_of
from projections.known_bridge import ENDED, late_facts
from projections.opportunities import FUNNEL
from projections.relationship_health import AccountHealth, ComponentScore, health
from projections.view import Answer, View

OPENED = {Opportunity.Opened.topic, Opportunity.Reopened.topic}
FADING = frozenset({"contact", "sentiment", "satisfaction", "joint_activity", "issues", "plan"})
"""Components that time alone moves: by half-lives, because something becomes overdue, or because lines go on."""


class ComponentMove(msgspec.Struct):
    """A component that moved: its scores (None: no facts), the points of the whole that this made, why, and the
    positions of the events that have come in between, of coverage also those that opened or ended the opportunities
    whose seats count; `by_time` where nothing but time moved it. `share` is its part of all weights, 0 to 1: now, or
    then of what no longer counts. The points of an account add up to its change exactly, where it has a score at both
    moments and the weights of the policy stayed (`projections.health_shares`): what began to count brings what it
    lies above or below the rest."""

    name: str
    before: float | None
    after: float | None
    points: float
    reason_before: str
    reason: str
    positions: list[int]
    by_time: bool = False
    share: float = 0.0

    @property
    def began(self) -> bool:
        """Whether it had no facts before."""
        return self.before is None and self.after is not None


class AccountMove(msgspec.Struct):
    """An account whose health moved; a score is None where no component had facts or the account was not there.
    `by_weights` are the points that a change of the policy's weights made."""

    account: UUID
    external_id: str
    name: str
    before: float | None
    after: float | None
    band_before: str | None
    band: str | None
    components: list[ComponentMove]
    by_weights: float = 0.0


class MovedAnswer(Answer, kw_only=True):
    """What moved since `since`, the greatest falls first."""

    since: datetime
    accounts: list[AccountMove]


def moved(view_then: View, view_now: View, account: UUID | None = None) -> MovedAnswer:
    """The accounts whose health moved between two views, and which components moved it.

    Two moments, or two states of knowledge of one moment. Raises NotFound for an account that is not there now.
    """
    return moved_to(view_then, view_now, health(view_now, account, outlook=False).accounts, account)


def moved_to(view_then: View, view_now: View, now: list[AccountHealth], account: UUID | None = None) -> MovedAnswer:
    """The same, by the health of the accounts now."""
    asked = view_then if account is None else view_then.among([view_now.leads_to(account)])
    then = {each.account: each for each in health(asked, outlook=False).accounts}
    moves = [_move(then.get(each.account), each) for each in now]
    _name_deals(view_then, view_now, moves)
    _name_time(view_then, view_now, moves, then, {each.account: each for each in now})
    found = [each for each in moves if each.components or each.before != each.after]
    return MovedAnswer(
        **view_now.head(),
        since=view_then.clock.as_of,
        accounts=sorted(found, key=lambda each: ((each.after or 0) - (each.before or 0), each.name, each.account)),
    )


def _move(then: AccountHealth | None, now: AccountHealth) -> AccountMove:
    before = {each.name: each for each in then.components} if then else {}
    after = {each.name: each for each in now.components}
    parts = parts_of(_weighed(before), _weighed(after), then.score if then else None, now.score)
    names = list(dict.fromkeys([*after, *before]))
    moves = [_component(name, before.get(name), after.get(name), parts) for name in names]
    return AccountMove(
        now.account,
        now.external_id,
        now.name,
        then.score if then else None,
        now.score,
        then.band if then else None,
        now.band,
        [each for each in moves if each.before != each.after or each.positions or each.points],
        parts.by_weights,
    )


def _weighed(components: Mapping[str, ComponentScore]) -> dict[str, Weighed]:
    return {name: Weighed(each.score, each.weight) for name, each in components.items()}


def _component(
    name: str,
    before: ComponentScore | None,
    after: ComponentScore | None,
    parts: Parts,
) -> ComponentMove:
    known = set(before.positions) if before else set()
    return ComponentMove(
        name,
        before.score if before else None,
        after.score if after else None,
        parts.points.get(name, 0.0),
        before.reason if before else "",
        after.reason if after else "",
        [position for position in (after.positions if after else []) if position not in known],
        share=parts.shares.get(name, 0.0),
    )


def _name_deals(then: View, now: View, moves: list[AccountMove]) -> None:
    """Names what opened or ended the opportunities whose seats count in coverage, where that moved."""
    moved_ones = {
        move.account: each
        for move in moves
        for each in move.components
        if each.name == "coverage" and each.before != each.after
    }
    if not moved_ones:
        return
    before, after = (_open_deals(view, moved_ones) for view in (then, now))
    changed = dict((before.items() | after.items()) - (before.items() & after.items()))
    for deal, positions in _turns(then, now, changed).items():
        if move := moved_ones.get(now.leads_to(changed[deal])):
            move.positions = sorted({*move.positions, *positions})


def _open_deals(view: View, customers: Iterable[UUID]) -> dict[UUID, UUID]:
    """The open opportunities of some customers with their accounts."""
    accounts = [each for one in customers for each in view.together(one)]
    return dict(view.rows(FUNNEL, "key, account", "account = any(%(accounts)s)", accounts=accounts))


def _turns(then: View, now: View, deals: Mapping[UUID, UUID]) -> dict[UUID, list[int]]:
    """By opportunity what opened or ended it between two views."""
    if then.clock.as_of == now.clock.as_of:
        late = late_facts(then, now, deals.keys())
        return {key: [each.position for each in facts if each.topic in ENDED | OPENED] for key, facts in late.items()}
    steps = steps_of(now, FUNNEL, ("outcome",), deals.keys(), then.clock.as_of)
    return {key: [position for position, _ in found] for key, found in steps.items()}


def _name_time(
    then: View,
    now: View,
    moves: list[AccountMove],
    before: Mapping[UUID, AccountHealth],
    after: Mapping[UUID, AccountHealth],
) -> None:
    """Marks what moved though no event came, none left, and the policy is the same."""
    if then.clock.as_of == now.clock.as_of or then.policies.service.edition != now.policies.service.edition:
        return
    levels = steps_of(now, ACCOUNTS, ("relationship_type",), {move.account for move in moves}, then.clock.as_of)
    for move in moves:
        old = before.get(move.account)
        known = {each.name: set(each.positions) for each in old.components} if old else {}
        left = {each.name: set(each.positions) for each in after[move.account].components}
        for each in move.components:
            fades = each.name == "joint_activity" or known.get(each.name) == left.get(each.name)
            scored = each.before is not None and each.after is not None and each.before != each.after
            alike = not each.positions and not (each.name == "contact" and move.account in levels)
            each.by_time = each.name in FADING and scored and fades and alike
