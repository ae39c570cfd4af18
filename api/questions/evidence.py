"""The evidence pack over HTTP."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import msgspec

from api.asking import Clocks, question, viewing
from api.endpoints import Call, Endpoint, Reply
from api.evidence.pack import pack
from api.identity import identified
from domain.account.account import Account
from domain.member import Role

HTML = "text/html"


class PackQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """From which day to which, of the company's calendar; default: from the first fact until today."""

    since: date | None = msgspec.field(name="from", default=None)
    to: date | None = None


def endpoints() -> list[Endpoint]:
    """The pack."""
    about = "Everything about an account in a span of time as one page that prints well, with proofs: for auditors."
    found = question("/audit/report/{id}", "evidence pack", about, _pack, str, PackQuery)
    return [replace(found, media=HTML)]


def _pack(call: Call) -> Reply:
    account = identified(call, Account, call.path["id"])
    call.doors.access.must_see(call.asker, Account, account)
    call.asker.must_be(Role.AUDITOR, Role.ADMIN)
    query = call.query(PackQuery)
    with viewing(call, query) as view:
        call.exported = True
        made = pack(call.doors.journal, view, account, query.since, query.to, call.asker.member, call.now)
        return Reply(made.encode())
