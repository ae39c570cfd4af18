"""The tabs of an opportunity's page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from api.console.deals.course import course, revisions, stays
from api.console.deals.scope import Scope
from api.decision_maps import opened_map
from domain.language.catalogue import either
from domain.money import Money
from domain.opportunity.quote_lines import QuoteLine
from domain.opportunity.quotes import Quotes
from domain.policies.process_definition import Question
from projections.contest import contest
from projections.deals import Filters
from projections.decision_map import decision_map
from projections.delivery_status import deliveries
from projections.milestones import MILESTONES, MilestoneRow
from projections.open_quotes import quotes
from projections.qualification import QualificationAnswer, qualification
from projections.seen import Seen, rows_as_of
from projections.winning_cost import cost_of_winning

LATEST = 6


@dataclass(frozen=True)
class Version:
    """A version of a quote as it was handed over."""

    quote_no: str
    number: int
    total: Money
    lines: tuple[QuoteLine, ...]
    on: date
    valid_until: date
    reason: str
    position: int


@dataclass(frozen=True)
class Point:
    """A milestone of the process; `reached` where it was."""

    name: str
    stage: str
    reached: datetime | None
    evidence: str
    position: int


def overview(scope: Scope) -> dict[str, Any]:
    """Where it stands, what is missing at the next gate, how it came here."""
    found = qualified(scope)
    return {
        "gate": found.next_gate,
        "questions": questions(scope),
        "stays": list(reversed(stays(scope))),
        "revisions": revisions(scope),
        "latest": course(scope, limit=LATEST),
    }


def questioned(scope: Scope) -> dict[str, Any]:
    """Our answers and each competitor's."""
    found = qualified(scope)
    rivals = found.competitors
    return {"found": found, "rivals": rivals, "given": _given(found), "questions": questions(scope)}


def qualified(scope: Scope) -> QualificationAnswer:
    """The answers, evidence opened for who may read it."""
    return qualification(scope.view, scope.id, lambda text: scope.read(text, "evidence"))


def questions(scope: Scope) -> dict[str, str]:
    """What the questions ask."""
    return {each.key: asks(each) for each in scope.process.questionnaire}


def asks(question: Question) -> str:
    """A question in the spoken language."""
    return either(question.text, question.text_zh) or question.key


def _given(found: QualificationAnswer) -> dict[tuple[str, str], Any]:
    """Answers by question and party."""
    given = {}
    for block in found.blocks:
        for line in block.questions:
            for each in (line.ours, *line.theirs):
                if each is not None:
                    given[line.question, each.competitor] = each
    return given


def contested(scope: Scope) -> dict[str, Any]:
    """What the customer decides by, who else wants it, our strategy."""
    found = contest(scope.view, scope.id, scope.read)
    return {"found": found, "people": scope.people}


def deciding(scope: Scope) -> dict[str, Any]:
    """Who decides, and what the map lacks."""
    scope.frame.may_read_people(scope.view)
    found = opened_map(scope.journal, scope.view, decision_map(scope.view, opportunity=scope.id))
    stands = [(node, stand) for node in found.nodes for stand in node.stands if stand.opportunity == scope.id]
    gaps = [gap for gap in found.gaps if gap.opportunity in (None, scope.id)]
    return {"stands": stands, "gaps": gaps, "names": {node.id: node.name for node in found.nodes}}


def offered(scope: Scope) -> dict[str, Any]:
    """Products, quotes with their versions, milestones, and what was promised after winning."""
    filters = Filters(account=scope.account)
    ours = [each for each in quotes(scope.view, filters, every=True).quotes if each.opportunity == scope.id]
    delivery = [each for each in deliveries(scope.view, filters).deliveries if each.opportunity == scope.id]
    return {
        "products": scope.line.products if scope.line else (),
        "names": scope.products,
        "quotes": ours,
        "versions": _versions(scope),
        "points": _points(scope),
        "deliveries": delivery,
        "people": scope.people,
        "samples": scope.state.samples.out.values(),
    }


def _versions(scope: Scope) -> dict[str, list[Version]]:
    found: dict[str, list[Version]] = {}
    for fact in scope.facts:
        event = fact.event
        if isinstance(event, Quotes.QuoteIssued | Quotes.QuoteRevised):
            revised = isinstance(event, Quotes.QuoteRevised)
            on = event.revised_on if isinstance(event, Quotes.QuoteRevised) else event.issued_on
            version = Version(
                quote_no=event.quote_no,
                number=event.version,
                total=event.total,
                lines=event.lines,
                on=on,
                valid_until=event.valid_until,
                reason=getattr(event, "reason", "") if revised else "",
                position=fact.position,
            )
            found.setdefault(event.quote_no, []).insert(0, version)
    return found


def _points(scope: Scope) -> list[Point]:
    rows: dict[str, Seen[MilestoneRow]] = {
        each.row.milestone: each
        for each in rows_as_of(
            scope.view, MILESTONES, MilestoneRow, "opportunity = %(opportunity)s", opportunity=scope.id
        )
    }
    evidence = scope.state.milestones.reached
    known = {each.key: (either(each.name, each.name_zh), each.stage) for each in scope.process.milestones}
    known |= {key: (key, seen.row.stage) for key, seen in rows.items() if key not in known}
    return [
        Point(
            name=name or key,
            stage=scope.stage_name(stage),
            reached=rows[key].row.reached if key in rows else None,
            evidence=(scope.read(evidence[key].evidence, "evidence") or "") if key in rows and key in evidence else "",
            position=rows[key].position if key in rows else 0,
        )
        for key, (name, stage) in known.items()
    ]


def spent(scope: Scope) -> dict[str, Any]:
    """What it took, against what was allowed."""
    answer = cost_of_winning(scope.view, opportunity=scope.id)
    return {
        "cost": next(iter(answer.opportunities), None),
        "missing": answer.missing_rates,
        "pursued": scope.state.pursuit.decided,
        "members": scope.members,
        "stages": scope.stages,
    }


def happened(scope: Scope) -> dict[str, Any]:
    """Everything that was recorded of it."""
    return course(scope, scope.frame.query.before)
