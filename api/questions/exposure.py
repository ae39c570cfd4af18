"""Exposure over HTTP."""

from __future__ import annotations

from api.asking import Clocks, question, viewing
from api.endpoints import Call, Endpoint, Reply
from api.exposures import opened_exposure
from api.identity import Named, account_of, member_of
from api.names import find_stakeholder
from projections.exposure import exposure
from projections.exposure_answer import ExposureAnswer


class ExposureQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """What one manager or one contact carries alone, or everybody; at all accounts or at one."""

    manager: Named | None = None
    contact: Named | None = None
    account: Named | None = None


def endpoints() -> list[Endpoint]:
    """Exposure."""
    about = "What is lost if a manager or a contact leaves: single threads, deals that hang on one, unshared knowledge."
    return [question("/exposure", "exposure", about, _exposure, ExposureAnswer, ExposureQuery)]


def _exposure(call: Call) -> Reply:
    query, journal = call.query(ExposureQuery), call.doors.journal
    with viewing(call, query) as view:
        call.opened_personal = call.opened_personal or view.visibility.personal
        contact = find_stakeholder(journal, view, query.contact) if query.contact else None
        manager, account = member_of(call, query.manager), account_of(call, query.account)
        answer = exposure(view, manager=manager, contact=contact, account=account)
        return Reply(opened_exposure(journal, view, answer))
