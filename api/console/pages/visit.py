"""One visit (拜访): what was planned, what came of it, every version of both, and what it did to the health."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from api.access import may
from api.console.frame import Frame, Moments, page
from api.console.visiting.log_form import template_of
from api.endpoints import Endpoint
from api.identity import identified, is_identifier
from api.titles import openings
from api.visit_page import VisitAnswer, visit_page
from domain.account.account import Account
from domain.account.visit_kinds import ObjectiveMet, VisitKind
from domain.account.visits import Visits
from domain.errors import NotFound
from domain.language.catalogue import either, say, spoken_detail
from domain.member import KeyScope
from projections.relationship_health import health
from projections.view import View
from projections.visiting import account_of_visit
from projections.visits import VisitStatus

LOGGED = Visits.VisitLogged.topic


class VisitQuery(Moments, kw_only=True, forbid_unknown_fields=True):
    """Of which account."""

    account: str = ""


@dataclass(frozen=True)
class Moved:
    """The health of the account before and after a fact."""

    before: float | None
    after: float | None

    @property
    def change(self) -> float | None:
        """Points gained."""
        return None if self.before is None or self.after is None else round(self.after - self.before, 1)


def endpoints() -> list[Endpoint]:
    """The page."""
    return [page("/visit/{id}", "visit", _shown, VisitQuery)]


def _shown(frame: Frame[VisitQuery]) -> Mapping[str, Any]:
    """One visit: plan, log, steps, versions."""
    call, stated = frame.call, str(frame.call.path["id"])
    call.asker.must_have(KeyScope.READ)
    if not is_identifier(stated):
        raise NotFound(kind="visit", key=stated[:80])
    visit = UUID(stated)
    with frame.view() as view:
        frame.may_read_people(view)
        account = _account(frame, view, visit)
        found = visit_page(call.doors.journal, view, account, visit)
        kind = _kind(found)
        about = call.doors.access.newest.state(Account, view.leads_to(account))
        changes = may(call.asker, Account, "visits.log") and call.doors.access.covers(call.asker.changes, about)
        return {
            "title": str(spoken_detail(kind)).capitalize(),
            "visit": found,
            "name": about.profile.name,
            "kind": kind,
            "steps": _steps(frame, found, kind),
            "met": ObjectiveMet(found.log["objective_met"]) if found.log and found.log["objective_met"] else None,
            "theirs": _names(found, "stakeholders"),
            "ours": _names(found, "people"),
            "deals": _deals(frame, found),
            "moved": _moved(frame, view, account, found),
            "may_change": changes,
            "form_of": lambda command, **preset: f"/console/do/accounts/{account}/{command}?{_preset(**preset)}",
            "logged_at": _logged_at(found),
            "may_log": changes and found.status is VisitStatus.PLANNED,
        }


def _logged_at(found: VisitAnswer) -> int | None:
    """The position of the log that holds."""
    logs = [each.position for each in found.versions if each.fact == LOGGED and each.withdrawn_by is None]
    return logs[-1] if logs else None


def _preset(**preset: Any) -> str:
    return urlencode({"preset": urlencode(preset), "back": "/console/visits"})


def _account(frame: Frame[VisitQuery], view: View, visit: UUID) -> UUID:
    """The account of the visit, as the address states it, else found. Raises NotFound."""
    stated = frame.query.account
    account = identified(frame.call, Account, stated) if stated else account_of_visit(view, visit)
    if account is None:
        raise NotFound(kind="visit", key=visit)
    frame.call.doors.access.must_see(frame.call.asker, Account, account)
    return account


def _kind(found: VisitAnswer) -> VisitKind:
    for one in (found.log, found.plan):
        if one and one.get("what"):
            return VisitKind(one["what"])
    return VisitKind.OTHER


def _steps(frame: Frame[Any], found: VisitAnswer, kind: VisitKind) -> list[tuple[str, bool]]:
    """The steps of the template of its kind, and whether each was done."""
    done = set(found.log["steps"]) if found.log else set()
    return [(either(step.name, step.name_zh), step.key in done) for step in template_of(frame).steps_of(kind)]


def _names(found: VisitAnswer, field: str) -> list[str]:
    """The people in the log, else in the plan."""
    for one in (found.log, found.plan):
        if one and one.get(field):
            return [found.names.get(key, say("(sealed)")) for key in one[field]]
    return []


def _deals(frame: Frame[Any], found: VisitAnswer) -> list[tuple[UUID, str]]:
    for one in (found.log, found.plan):
        if one and one.get("opportunities"):
            opened = openings(frame.call.doors.journal, one["opportunities"])
            return [(key, event.title) for key, event in opened.items()]
    return []


def _moved(frame: Frame[VisitQuery], view: View, account: UUID, found: VisitAnswer) -> Moved | None:
    """What a log that was just recorded did to the health, as of the moment that is looked at."""
    recorded = frame.call.recorded
    if recorded is None or recorded != _logged_at(found):
        return None
    before = Moments(as_of=frame.query.as_of, known_at=str(recorded - 1))
    with Frame(frame.call, before).view() as then:
        return Moved(_score(then, account), _score(view, account))


def _score(view: View, account: UUID) -> float | None:
    try:
        return health(view, account).accounts[0].score
    except NotFound:
        return None
