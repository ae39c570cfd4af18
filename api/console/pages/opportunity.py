"""An opportunity (商机): where it stands, what its next gate lacks, who else wants it, who decides, what it costs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from api.asking import Clocks, Position
from api.console.choices import process_name
from api.console.deals import parts
from api.console.deals.course import stays, steps
from api.console.deals.scope import Scope
from api.console.frame import HTML, Frame, Moments, page
from api.console.moments import Beginning
from api.endpoints import Call, Endpoint, Reply
from api.identity import identified
from api.process_words import block_name
from api.questions.forecasting import learned_at
from domain.language.catalogue import say
from domain.opportunity.opportunity import Opportunity
from domain.policies.calendar import day_of
from projections.forecast_chances import deal_chances
from projections.planned_alike import plan_alike

Show = Callable[[Scope], Mapping[str, Any]]
SECTIONS: dict[str, Show] = {
    "overview": parts.overview,
    "questions": parts.questioned,
    "contest": parts.contested,
    "people": parts.deciding,
    "offers": parts.offered,
    "effort": parts.spent,
    "timeline": parts.happened,
}


class OpportunityQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """Which tab; `before` is the place in its timeline."""

    section: str = "overview"
    before: Position | None = None


def endpoints() -> list[Endpoint]:
    """The page, the chance that comes later, and where an older address leads."""
    about = "An opportunity under another address of it."
    return [
        page("/opportunity/{id}", "opportunity", _opportunity, OpportunityQuery),
        page("/opportunity/{id}/chance", "opportunity_chance", _chance, Moments),
        Endpoint(
            "GET", "/console/opportunities/{id}", "console.opportunities", about, _elsewhere, bytes, OpportunityQuery,
            media=HTML, etag=False, session=True,
        ),
    ]  # fmt: skip


def names() -> dict[str, str]:
    """What the tabs are called."""
    return {
        "overview": say("Overview"),
        "questions": say("Qualification"),
        "contest": say("Competition"),
        "people": say("Who decides"),
        "offers": say("Offers"),
        "effort": say("Effort"),
        "timeline": say("Timeline"),
    }


def _opportunity(frame: Frame[OpportunityQuery]) -> Mapping[str, Any]:
    """An opportunity."""
    with _scope(frame) as scope:
        plan_alike(scope.view.connection)
        if scope.line is None or scope.opened is None:
            return {"title": say("Opportunity"), "line": None, "begins": Beginning.of(frame, scope.id)}
        section = frame.query.section if frame.query.section in SECTIONS else "overview"
        way = stays(scope)
        today = day_of(scope.view.policies.company, scope.view.clock.as_of)
        line, state = scope.line, scope.state
        return {
            "title": scope.opened.title,
            "line": line,
            "opened": scope.opened,
            "external_id": scope.opened.external_id,
            "account": scope.account,
            "account_name": scope.account_name,
            "owner": scope.members.get(line.owner, "") if line.owner else "",
            "ending": state.ending,
            "process": process_name(scope.view, state.process),
            "steps": steps(scope, way),
            "stage_name": scope.stage_name(line.stage),
            "stage_name_of": scope.stage_name,
            "block_name": block_name,
            "probability": next((each.probability for each in scope.process.stages if each.key == line.stage), None),
            "overdue": not line.outcome and line.close_on is not None and line.close_on < today,
            "days_open": ((line.closed or scope.view.clock.as_of) - line.opened).days if line.opened else None,
            "currency": scope.view.currency,
            "path": f"/console/opportunity/{scope.id}",
            "id": scope.id,
            "tab": section,
            "tabs": list(names().items()),
            **SECTIONS[section](scope),
        }


def _chance(frame: Frame[Moments]) -> Mapping[str, Any]:
    """The learned chance of an opportunity, with its reasons."""
    with _scope(frame) as scope:
        known = learned_at(frame.call, scope.view)
        open_ones = known.histories.open()
        rows = open_ones[known.histories.among([scope.id])[open_ones]]
        answer = deal_chances(scope.view, known, rows=rows)
        return {"title": say("Chance"), "chance": next(iter(answer.deals), None), "answer": answer, "id": scope.id}


def _elsewhere(call: Call) -> Reply:
    query = call.raw_query.decode("latin-1")
    place = f"/console/opportunity/{identified(call, Opportunity, call.path['id'])}"
    return Reply(b"", status=303, headers={"Location": f"{place}?{query}" if query else place})


@contextmanager
def _scope(frame: Frame[Any]) -> Iterator[Scope]:
    """The opportunity of the address, which the asker may see. Raises NotFound."""
    call = frame.call
    stated = call.path["id"]
    found = identified(call, Opportunity, stated)
    call.doors.access.must_see(call.asker, Opportunity, found)
    with frame.view() as view:
        yield Scope(frame, view, found)
