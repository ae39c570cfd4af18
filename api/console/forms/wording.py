"""Which fields of a form stand first, what they are for, and what is called how."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

from domain.language.catalogue import field_words, say, term

LONG = frozenset(
    {
        "reason",
        "justification",
        "improvement",
        "override",
        "evidence",
        "description",
        "root_cause",
        "resolution",
        "lessons",
        "why",
        "portfolio_reason",
        "expected_return",
        "risk",
        "expected_action",
        "mission",
        "position",
        "mistake",
        "outside_analysis",
        "inside_analysis",
        "answer",
        "finances",
        "core_business",
        "industry_survey",
        "quality_standard",
        "findings",
        "offer",
        "hypothesis",
    }
)
"""Texts of more than a few words."""
KEPT_BACK = frozenset({"external_id", "message_id", "agency", "photo", "note", "grades", "rival_share", "wallet_share"})
"""What stands under “more” even in a short form."""
FEW = 8
"""So many optional fields stand there at once; of more only those that were chosen for the command."""
FIRST: dict[str, tuple[str, ...]] = {
    "Account.visits.log": (
        "visit_id",
        "what",
        "stakeholders",
        "outcome",
        "objective_met",
        "action_agreed",
        "next_step",
        "next_step_on",
        "minutes",
    ),
    "Account.visits.plan": ("what", "start", "why", "purpose", "expected_action", "stakeholders", "people", "where"),
    "Account.register": ("name", "kind", "territory", "industry"),
    "Account.change_profile": (
        "name",
        "territory",
        "industry",
        "annual_purchase_volume",
        "payment_terms_days",
        "loyalty",
    ),
    "Account.stakeholders.add": ("name", "title", "department", "reports_to", "email", "phone"),
    "Account.stakeholders.change": ("stakeholder_id", "name", "title", "department", "reports_to", "email", "phone"),
    "Account.action_items.add": ("text", "owner", "due_on", "opportunity"),
    "Account.value.give": ("kind", "what", "given_by", "worth", "reckoned", "stakeholders"),
    "Account.joint_activities.propose": ("kind", "title", "aim", "start_on", "end_on", "inputs"),
    "Opportunity.open": ("account", "title", "amount", "close_on", "products", "driver"),
    "Opportunity.criteria.describe": ("criterion_id", "text", "kind", "priority", "ours", "theirs"),
    "AccountPlan.objectives.set": ("title", "metric", "baseline", "target", "due", "unit", "currency"),
    "AccountPlan.milestones.set": ("title", "due", "side", "owner"),
    "Experiment.start": ("title", "offer", "measure", "until", "segment", "hypothesis"),
    "KeyAccountStrategy.goals.set": ("title", "metric", "baseline", "target", "start", "due", "unit", "currency"),
}
"""The fields that stand there at once, in this order, beside those that are required."""


def stands_first(command: str, name: str, *, required: bool, optional: int) -> bool:
    """Whether a field stands there at once; `optional` is how many may be left out."""
    if required:
        return True
    if command in FIRST:
        return name in FIRST[command]
    return name not in KEPT_BACK and optional <= FEW


def in_order(command: str, names: list[str]) -> list[str]:
    """The fields of a form: those that were chosen for the command first, in their order."""
    chosen = [name for name in FIRST.get(command, ()) if name in names]
    return [*chosen, *(name for name in names if name not in chosen)]


def command_words(full_name: str) -> str:
    """What a command does, as a heading or on a button: Account.visits.log is “Log a visit”."""
    _, _, name = full_name.partition(".")
    if name == "withdraw":
        return say("Take a fact back")
    if name == "correct":
        return say("Correct a fact")
    if full_name == "Account.visits.correct":
        return say("Correct the log of a visit")
    found = term("commands", full_name)
    return found[:1].upper() + found[1:]


def form_address(noun: str, stated: Any, command: str) -> str:
    """Where the form of a command is; `new` for what begins with it."""
    return f"/console/do/{noun}/{quote(str(stated), safe='')}/{command}"


def label_of(command: str, name: str) -> str:
    """What a field is called."""
    found = say(LABELS[place]) if (place := f"{command}.{name}") in LABELS else field_words(name)
    return found[:1].upper() + found[1:]


def hint_of(command: str, name: str) -> str:
    """What a field is for, where its name does not say it."""
    found = HINTS.get(f"{command}.{name}") or HINTS.get(name)
    return say(found) if found else ""


LABELS = {
    ".occurred_at": "When did it happen",
    "Account.visits.log.visit_id": "Which visit",
    "Account.visits.log.stakeholders": "Whom did you meet",
    "Account.visits.log.people": "Who of us was there",
    "Account.visits.log.action_agreed": "What will the customer do",
    "Account.visits.log.outcome": "What came out of it",
    "Account.visits.log.objective_met": "Objective met",
    "Account.visits.plan.expected_action": "What will the customer do",
    "Account.visits.plan.why": "Why",
    "Opportunity.advance.to": "To the stage",
    "Opportunity.advance.override": "Reason for going on all the same",
    "Opportunity.revert.to": "Back to the stage",
    "Opportunity.win.signed": "Signed amount",
    "Opportunity.criteria.describe.criterion_id": "Which criterion",
}
HINTS = {
    "Account.visits.log.visit_id": "A planned one, or none: then it was not planned.",
    "Account.visits.plan.expected_action": "Something the customer does and one can see, not what we do.",
    "Account.visits.plan.chances": "How likely each of them is won as of now, 0 to 1.",
    "Account.standing.grant.override": "Only where the account was not scored by the current model: why all the same.",
    "Account.standing.grant.portfolio_reason": "Only beyond the number of key accounts that the model allows.",
    "Account.standing.review.justification": "Why is this customer in the key position?",
    "Account.standing.review.improvement": "What we ourselves will change.",
    "Account.needs.add.words": "In the customer's own words.",
    "Account.needs.add.importance": "1 little to 5 decisive.",
    "Account.influence.observe.strength": "1 to 3.",
    "Account.satisfaction.survey.score": "NPS 0 to 10, CSAT 1 to 5.",
    "Account.gifts.declare.approved_by": "Above the company's limit, and never the giver.",
    "Account.value.give.reckoned": "How the worth was reckoned.",
    "Opportunity.advance.override": "Only where a gate is not met. It is recorded, and reported.",
    "Opportunity.open.amount": "Without one the list price of its products stands for it.",
    "Opportunity.open.override": "Only where the stage stands behind a gate.",
    "Opportunity.win.signed": "Without one the expected amount is taken.",
    "Opportunity.move_close_date.close_on": "A later day counts as a push.",
    "Opportunity.criteria.describe.priority": "1 is the most important.",
    "Opportunity.criteria.describe.ours": "−2 far behind to 2 far ahead.",
    "Opportunity.criteria.stand.standing": "−2 far behind to 2 far ahead.",
    "Opportunity.concessions.make.received": "Something given for nothing becomes a finding.",
    "Opportunity.competition.choose.against": "A competitor, or nobody in particular.",
    "Opportunity.qualification.answer.competitor": "Empty: the answer is for us.",
    "Opportunity.criteria.stand.competitor": "Empty: we ourselves.",
    "Issue.raise_issue.severity": "1 the worst to 4.",
    "AccountPlan.milestones.set.private": "Left out of what the customer is shown.",
    "AccountPlan.objectives.set.private": "Left out of what the customer is shown.",
    "discount": "A share of the price: 0.05 takes 5% off.",
    "reasons": "One on each line.",
    "other_partners": "One on each line.",
    "occurred_at": "When it happened in the business, not when it is typed.",
    "note": "Sealed, beside the fact.",
    "reason": "",
}


def presets(stated: dict[str, Any], account: Any = None) -> str:
    """What stands in the fields of a form already, as its address says it."""
    return urlencode({**stated, **({"account": account} if account else {})})
