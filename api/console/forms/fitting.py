"""Why a command does not fit what something is like now: it would be refused, but for a day on which it fitted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from domain.account.account import Account
from domain.account_plan.account_plan import AccountPlan
from domain.aggregate import Aggregate
from domain.issue.issue import Issue
from domain.language.catalogue import say, term
from domain.opportunity.opportunity import Opportunity
from domain.opportunity.outcome import Outcome

Why = Callable[[Any], str]
"""Says of a state why a command does not fit it; empty where it does."""
AFTER_THE_END = frozenset({"reopen", "change_owner", "samples.take_back"})
DELIVERY = "delivery."


def misfit(state: Aggregate, command: str) -> str:
    """Why a command does not fit; empty where it does, or where nothing is known of it."""
    match state:
        case Opportunity():
            return _of_a_deal(state, command) or _missing(OF_A_DEAL, state, command)
        case Issue():
            return _missing(OF_AN_ISSUE, state, command)
        case AccountPlan():
            return say("it is closed") if state.closed else _missing(OF_A_PLAN, state, command)
        case Account():
            return _missing(OF_AN_ACCOUNT, state, command)
    return ""


def _missing(table: Mapping[str, Why], state: Any, command: str) -> str:
    return table[command](state) if command in table else ""


def _of_a_deal(deal: Opportunity, command: str) -> str:
    if command.startswith(DELIVERY):
        won = deal.ending is not None and deal.ending.outcome is Outcome.WON
        return "" if won else say("it is not won")
    if deal.ending is not None:
        return "" if command in AFTER_THE_END else term("Outcome", deal.ending.outcome.value)
    return say("it is open") if command == "reopen" else ""


def _nothing(said: str, found: Callable[[Any], Any]) -> Why:
    """There is nothing of the kind to which it could be done."""
    return lambda state: "" if found(state) else say(said)


def _issued(deal: Opportunity) -> bool:
    return any(quote.version for quote in deal.quotes.open.values())


NO_PROMISE = "no delivery is promised"
NO_QUOTE = "no quote is open"
NO_CRITERION = "no criterion is described"
NO_RIVAL = "no competitor is named"
OF_A_DEAL: dict[str, Why] = {
    "delivery.reach": _nothing(NO_PROMISE, lambda deal: deal.delivery.promised),
    "delivery.miss": _nothing(NO_PROMISE, lambda deal: deal.delivery.promised),
    "samples.take_back": _nothing("nothing is lent", lambda deal: deal.samples.out),
    **dict.fromkeys(
        (f"quotes.{name}" for name in ("accept", "decline", "follow_up", "revise")), _nothing(NO_QUOTE, _issued)
    ),
    "criteria.rerank": _nothing(NO_CRITERION, lambda deal: deal.criteria.known),
    "criteria.stand": _nothing(NO_CRITERION, lambda deal: deal.criteria.known),
    "buyers.unmap": _nothing("nobody is mapped", lambda deal: deal.buyers.mapped),
    "competition.assess": _nothing(NO_RIVAL, lambda deal: deal.rivals()),
}


def _over(issue: Issue) -> str:
    return say("it is confirmed") if issue.confirmed else ""


def _unresolved(issue: Issue) -> str:
    return say("it is not resolved") if issue.resolved is None else ""


OF_AN_ISSUE: dict[str, Why] = {
    "acknowledge": lambda issue: say("it is acknowledged") if issue.acknowledged else _over(issue),
    "escalate": _over,
    "resolve": lambda issue: "" if issue.resolved is None else say("it is resolved"),
    "confirm": lambda issue: _unresolved(issue) or _over(issue),
    "reopen": _unresolved,
    "departments.answer": _nothing("nobody was asked", lambda issue: issue.departments.open),
}


def _draft(plan: AccountPlan) -> str:
    return say("it is not approved") if plan.approved is None else ""


def _approved(plan: AccountPlan) -> str:
    return say("it is approved: revise it") if plan.approved is not None else ""


OF_A_PLAN: dict[str, Why] = {
    "approve": lambda plan: say("it is approved as it stands") if plan.approved == plan.revision else "",
    "agree": _draft,
    "revise": _draft,
    **dict.fromkeys(
        ("objectives.set", "objectives.drop", "milestones.set", "milestones.drop", "situation.analyse"), _approved
    ),
}
NO_ITEM = "no action item is open"
NO_NEED = "no need is open"
NO_COMMITMENT = "no commitment is open"
NO_ACTIVITY = "nothing is proposed or under way"
NO_PERSON = "nobody of theirs is recorded"
NO_PLAN = "no visit is planned"
NO_KEY = "it is no key account"
OF_AN_ACCOUNT: dict[str, Why] = {
    "action_items.done": _nothing(NO_ITEM, lambda account: account.action_items.open),
    "action_items.drop": _nothing(NO_ITEM, lambda account: account.action_items.open),
    "needs.meet": _nothing(NO_NEED, lambda account: account.needs.open),
    "needs.drop": _nothing(NO_NEED, lambda account: account.needs.open),
    "commitments.keep": _nothing(NO_COMMITMENT, lambda account: account.commitments.open),
    "commitments.break_off": _nothing(NO_COMMITMENT, lambda account: account.commitments.open),
    "joint_activities.start": _nothing(NO_ACTIVITY, lambda account: account.joint_activities.open),
    "joint_activities.conclude": _nothing(NO_ACTIVITY, lambda account: account.joint_activities.open),
    "value.acknowledge": _nothing("nothing waits to be acknowledged", lambda account: account.value.waiting),
    "payments.settle": _nothing("no payment is open", lambda account: account.payments.open),
    "visits.reschedule": _nothing(NO_PLAN, lambda account: account.visits.planned),
    "visits.cancel": _nothing(NO_PLAN, lambda account: account.visits.planned),
    **dict.fromkeys(
        (f"stakeholders.{name}" for name in ("assess", "change", "leave", "profile")),
        _nothing(NO_PERSON, lambda account: account.stakeholders.people),
    ),
    "influence.observe": _nothing(NO_PERSON, lambda account: account.stakeholders.people),
    "influence.withdraw": _nothing("no influence is observed", lambda account: account.influence.observed),
    "team.leave": _nothing("nobody is in the team", lambda account: account.team.places),
    "standing.grant": lambda account: say("it is a key account") if account.standing.relationship_type else "",
    "standing.review": _nothing(NO_KEY, lambda account: account.standing.relationship_type),
    "standing.withdraw": _nothing(NO_KEY, lambda account: account.standing.relationship_type),
    "separate": _nothing("it was not merged", lambda account: account.merged),
}
