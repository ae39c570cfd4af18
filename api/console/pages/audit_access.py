"""Access log (访问日志): who signed in, was refused, read personal data or took data away; whether it is as sealed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any, Literal

import msgspec

from api.asking import Clocks, viewing
from api.console.frame import Frame, page
from api.endpoints import Endpoint
from api.identity import Named
from api.log_verdict import verified
from api.moments import When
from api.questions.audit_trail import AccessQuery, page_of_log
from api.trail_lines import access_words
from domain.language.catalogue import say
from domain.member import Role
from projections.view import View

KINDS = ("signed_in", "refused", "personal", "exported")


class AccessPage(Clocks, kw_only=True, forbid_unknown_fields=True):
    """Which lines: of a member, of a kind, written `from` `to`; `verify` compares the log with its seals."""

    member: Named | None = None
    kind: Literal["", "signed_in", "refused", "personal", "exported"] = ""
    since: When | None = msgspec.field(name="from", default=None)
    to: When | None = None
    verify: bool = False
    limit: Annotated[int, msgspec.Meta(ge=1, le=500)] = 100
    cursor: str | None = None


def endpoints() -> list[Endpoint]:
    """The access log."""
    return [page("/audit/access", "audit_access", _access, AccessPage)]


def _access(frame: Frame[AccessPage]) -> Mapping[str, Any]:
    """The lines that fit, the newest first."""
    frame.call.asker.must_be(Role.AUDITOR, Role.ADMIN)
    query = frame.query
    asked = AccessQuery(
        member=query.member,
        kind=query.kind,
        since=query.since,
        to=query.to,
        limit=query.limit,
        cursor=query.cursor,
    )
    with frame.view() as view, _newest(frame, view) as newest:
        return {
            "title": say("Access log"),
            "proves": True,
            "tab": "access",
            "answer": page_of_log(frame.call, newest, asked),
            "verdict": verified(frame.call.doors.journal, view.connection) if query.verify else None,
            "kinds": [(kind, access_words(kind)) for kind in KINDS],
            "said": access_words,
        }


@contextmanager
def _newest(frame: Frame[AccessPage], view: View) -> Iterator[View]:
    """The log has no past: whoever stands in it is called as he is now, by all that is known, whatever the clocks."""
    if frame.query.known_at is None:
        yield view.at(frame.call.now)
        return
    with viewing(frame.call, Clocks()) as newest:
        yield newest
