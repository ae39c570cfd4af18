"""What a field may name, by what it is called."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

from api.console.formats import capital
from api.console.forms import policies
from api.console.forms.asked import Asked
from api.console.forms.option import Choices, Choose, Option
from api.console.forms.shapes import Kind, Shape
from api.titles import openings
from domain.account.account import Account
from domain.aggregate import Aggregate
from domain.issue.issue import Issue
from domain.language.catalogue import spoken_detail, term
from domain.language.days import shown_moment
from domain.member import Member
from domain.opportunity.opportunity import Opportunity
from domain.references import NAMED
from domain.strategy.strategy import KeyAccountStrategy
from projections.deals import Filters
from projections.directory import OpportunityLine, opportunities_after
from projections.names import account_names

MOST = 500
"""Opportunities of an account that a list offers."""


def options(asked: Asked, path: str, shape: Shape) -> Choices | None:
    """What a field may name; None where that is not known, so that it is typed. `path` is its name, after those of the
    groups in which it stands."""
    inner = shape.of if shape.kind == Kind.LIST and shape.of else shape
    if inner.enumeration is not None:
        return [Option(str(each.value), capital(str(spoken_detail(each)))) for each in inner.enumeration]
    choose, name = _choose(asked, path, inner), path.rpartition(".")[2]
    if choose is not None:
        return choose(asked) or (None if name in TYPED_UNTIL_DEFINED else [])
    return None if inner.kind != Kind.IDENTIFIER else []


def is_any_account(asked: Asked, path: str, shape: Shape) -> bool:
    """Whether a field names any account: of so many, one is looked for by its name."""
    return _choose(asked, path, shape.of if shape.kind == Kind.LIST and shape.of else shape) is _accounts


def _choose(asked: Asked, path: str, inner: Shape) -> Choose | None:
    name, command = path.rpartition(".")[2], asked.door.corrects or asked.door.name
    root = asked.door.root.__name__
    place = (
        f"{root}.{asked.door.name}.{path}",
        f"{root}.{command}.{path}",
        f"{root}.{command}.{name}",
        f"{root}.{name}",
        name,
    )
    choose = next((CHOICES[each] for each in place if each in CHOICES), None)
    if choose is not None or inner.kind != Kind.IDENTIFIER:
        return choose
    return OF_KIND.get(NAMED.get(asked.door.root, {}).get(name))


TYPED_UNTIL_DEFINED = frozenset({"territory", "product", "products"})
"""What is free text until the company has laid down what there is."""


def _listed(names: Mapping[Any, str]) -> Choices:
    return sorted((Option(str(key), name) for key, name in names.items()), key=lambda each: each.label.casefold())


# People


def _members(asked: Asked) -> Choices:
    own = asked.call.asker.member
    return sorted(_listed(asked.members), key=lambda each: each.value != str(own))


def _people(asked: Asked) -> Choices:
    return _listed(asked.people)


def _people_of_the_other(asked: Asked) -> Choices:
    """The people of the account into which one is merged."""
    other = asked.seen_account(asked.preset.get("into", ""))
    return _listed(asked.people_of(other)) if other else []


def _items_of_the_other(asked: Asked) -> Choices:
    other = asked.seen_account(asked.preset.get("into", ""))
    return [Option(str(key), asked.told_in(other.id, key)) for key in _open_items(other)] if other else []


def _open_items(account: Account) -> list[UUID]:
    return [*account.action_items.open, *account.needs.open, *account.commitments.open]


def _buyers(asked: Asked) -> Choices:
    assert asked.deal is not None
    return _listed({key: asked.people.get(key, str(key)[:8]) for key in asked.deal.buyers.mapped})


def _team(asked: Asked) -> Choices:
    assert asked.account is not None
    return _listed({key: asked.members.get(key, str(key)[:8]) for key in asked.account.team.places})


# Accounts and what is theirs


def _accounts(asked: Asked) -> Choices:
    return [Option(each, each) for each in asked.accounts]


def _some_accounts(keys: Callable[[Any], Iterable[UUID]]) -> Choose:
    return lambda asked: _listed(account_names(asked.view, list(keys(asked.state))))


def _deals(asked: Asked) -> Choices:
    """The open opportunities of the account; an issue may come from one that was won, too."""
    if asked.account is None:
        return []
    wanted = ("", "won") if asked.door.root is Issue else ("",)
    filters = Filters(account=asked.account.id)
    found = [
        each
        for outcome in wanted
        for each in sorted(
            opportunities_after(asked.view, None, MOST, filters, outcome=outcome), key=lambda one: str(one.close_on)
        )
    ]
    return _said_deals(asked, found)


def deal_said(asked: Asked, key: UUID) -> str:
    """An opportunity that was chosen before, as choices call it; empty where it is none that is seen."""
    return next(
        (each.label for each in _said_deals(asked, opportunities_after(asked.view, None, 1, Filters(), key=key))), ""
    )


def _said_deals(asked: Asked, found: list[OpportunityLine]) -> Choices:
    """By number, title and stage: several have the same title."""
    opened = openings(asked.call.doors.journal, [each.id for each in found])
    stages = {key: asked.stages_of(key) for key in {each.process for each in found}}
    return [
        Option(
            str(each.id),
            " · ".join(
                part
                for part in (
                    opened[each.id].external_id or str(each.id)[:8],
                    opened[each.id].title,
                    term("Outcome", each.outcome) if each.outcome else stages[each.process].get(each.stage, each.stage),
                )
                if part
            ),
        )
        for each in found
        if each.id in opened
    ]


def _planned_visits(asked: Asked) -> Choices:
    if asked.account is None:
        return []
    plans = sorted(asked.account.visits.planned.values(), key=lambda each: each.start)
    return [
        Option(str(each.visit_id), " · ".join(filter(None, (shown_moment(each.start), each.why[:60]))))
        for each in plans
    ]


def _held(keys: Callable[[Any], Iterable[Any]]) -> Choose:
    """What the aggregate holds and has no name: told by the fact that began it."""
    return lambda asked: [Option(str(key), asked.told(key)) for key in keys(asked.state)]


def _keys(keys: Callable[[Any], Iterable[str]]) -> Choose:
    return lambda asked: [Option(key, key) for key in keys(asked.state)]


_quotes = _keys(lambda state: state.quotes.open)


def _requested(asked: Asked) -> Choices:
    """The quotes that wait to be issued: any other number begins a new one."""
    return [Option(key, key) for key, each in asked.state.quotes.open.items() if not each.version]


def _titled(things: Callable[[Any], Mapping[Any, Any]]) -> Choose:
    return lambda asked: [Option(str(key), each.terms.title) for key, each in things(asked.state).items()]


def _criteria(asked: Asked) -> Choices:
    assert asked.deal is not None
    return [
        Option(str(key), asked.opened(each.text, "text") or str(key)[:8])
        for key, each in asked.deal.criteria.known.items()
    ]


def _rivals(asked: Asked) -> Choices:
    return [Option(name, name) for name in asked.deal.rivals().values()] if asked.deal else []


def _goals(asked: Asked) -> Choices:
    newest, claimed = asked.call.doors.access.newest, asked.call.doors.journal.streams.all_claimed("goal", "")
    strategies = [newest.state(KeyAccountStrategy, key) for key in dict.fromkeys(claimed.values())]
    return [Option(str(key), each.title) for one in strategies for key, each in one.goals.open.items()]


OF_KIND: dict[type[Aggregate] | None, Choose] = {Member: _members, Account: _accounts, Opportunity: _deals}

CHOICES: dict[str, Choose] = {
    # people of the customer
    **dict.fromkeys(
        (
            "stakeholder",
            "stakeholders",
            "stakeholder_id",
            "from_stakeholder",
            "to_stakeholder",
            "reports_to",
            "counterpart",
            "raised_by",
            "whose",
            "preferred_by",
        ),
        _people,
    ),
    "Opportunity.buyers.unmap.stakeholder": _buyers,
    "Opportunity.decision_process.describe.steps.owner": _people,
    # ours
    "Account.team.leave.member": _team,
    "ForecastCall.member": _members,
    **dict.fromkeys(("AccountPlan.approve.by", "AccountPlan.owner", "PartnerProgramme.member"), _members),
    # accounts, opportunities, visits
    "account": _accounts,
    "Experiment.account": _some_accounts(lambda state: (*state.group, *state.control)),
    **dict.fromkeys(("opportunity", "Account.opportunities", "chances"), _deals),
    **dict.fromkeys(("visit_id", "visit", "visits"), _planned_visits),
    "PartnerProgramme.account": _some_accounts(lambda state: state.partners.stretches),
    "PartnerProgramme.partners.enrol.account": _accounts,
    "PartnerProgramme.agreed_by": _people,
    # what is open
    "item_id": _held(lambda state: state.action_items.open),
    "need_id": _held(lambda state: state.needs.open),
    "value_id": _held(lambda state: state.value.waiting),
    "commitment_id": _held(lambda state: state.commitments.open),
    "activity_id": _held(lambda state: state.joint_activities.open),
    "sample_id": _held(lambda state: state.samples.out),
    "request_id": _held(lambda state: state.departments.open),
    "Account.payments.settle.invoice_no": _keys(lambda state: state.payments.open),
    **dict.fromkeys(
        [f"Opportunity.quotes.{name}.quote_no" for name in ("accept", "decline", "follow_up", "revise")], _quotes
    ),
    "criterion": _criteria,
    "criterion_id": _criteria,
    **dict.fromkeys(
        [f"AccountPlan.{name}" for name in ("objective_id", "objective", "drop_objectives", "parent")],
        _titled(lambda state: state.objectives.objectives),
    ),
    **dict.fromkeys(
        ("AccountPlan.milestone_id", "AccountPlan.drop_milestones"), _titled(lambda state: state.milestones.milestones)
    ),
    "goal": _goals,
    "goal_id": lambda asked: [Option(str(key), each.title) for key, each in asked.state.goals.open.items()],
    "KeyAccountStrategy.parent": lambda asked: [
        Option(str(key), each.title) for key, each in asked.state.goals.open.items()
    ],
    "KeyAccountStrategy.control_point": policies.control_points,
    "open_items": _held(_open_items),
    "Account.merge.people.value": _people_of_the_other,
    "Account.merge.open_items.value": _items_of_the_other,
    "Account.merge.people": _people,
    # what the company laid down
    "Opportunity.advance.to": policies.later,
    "Opportunity.revert.to": policies.earlier,
    "Opportunity.correct.to": policies.stages,
    "Opportunity.stage": policies.stages,
    "Opportunity.process": policies.processes,
    "Opportunity.question": policies.questions,
    "Opportunity.milestones.reach.milestone": policies.milestones,
    **dict.fromkeys(
        ("Opportunity.delivery.reach.milestone", "Opportunity.delivery.miss.milestone"),
        _keys(lambda state: state.delivery.promised),
    ),
    "Opportunity.resources.spend.kind": policies.resources,
    "theirs": _rivals,
    "Opportunity.competition.assess.competitor": _rivals,
    "territory": policies.territories,
    "territories": policies.territories,
    "product": policies.products,
    "products": policies.products,
    "Experiment.segment": policies.segments,
    "Account.model": policies.models,
    "Account.standing.score.scores": policies.scored,
    "Account.standing.score.grades": policies.scored,
    "Account.steps": policies.steps,
    "PartnerProgramme.scores": policies.owed,
    "PartnerProgramme.documents": policies.owed,
    "PartnerProgramme.reward": policies.rewards,
}
"""By root, command and path; by root, command and name; by root and name; or by the name alone."""

SUGGESTED: dict[str, Choose] = {
    "competitor": _rivals,
    "against": _rivals,
    "winner": _rivals,
    "quote_no": lambda asked: _requested(asked) if asked.door.name == "quotes.issue" else [],
}
"""What may be named, among others."""
FRESH = {
    "Account.stakeholders.add": "stakeholder_id",
    "Account.visits.plan": "visit_id",
    "Account.action_items.add": "item_id",
    "Account.satisfaction.survey": "survey_id",
    "Account.contacts.log": "contact_id",
    "Account.needs.add": "need_id",
    "Account.value.give": "value_id",
    "Account.commitments.make": "commitment_id",
    "Account.gifts.declare": "gift_id",
    "Account.joint_activities.propose": "activity_id",
    "Opportunity.samples.lend": "sample_id",
    "Issue.improve": "improvement_id",
    "Issue.departments.ask": "request_id",
    "AccountPlan.objectives.set": "objective_id",
    "AccountPlan.milestones.set": "milestone_id",
    "KeyAccountStrategy.goals.set": "goal_id",
}
"""Commands that begin something within an aggregate, and what they call its identifier: nobody types that."""
NEW_OR_KNOWN = {
    "Account.visits.log.visit_id": "It was not planned",
    "Opportunity.criteria.describe.criterion_id": "None of these: a new one",
}
"""Identifiers of something that is there already, or else begins with the command; what that choice is called."""
RANGES = {
    "importance": range(1, 6),
    "severity": range(1, 5),
    "strength": range(1, 4),
    "standing": range(-2, 3),
    "ours": range(-2, 3),
}
"""Whole numbers of a scale."""
