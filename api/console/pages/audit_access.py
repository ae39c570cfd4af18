"""Access log (访问日志): who signed in, was refused, read personal data or took data away; whether it is as sealed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec

from api.asking import Clocks
from api.console.asked import answer_to
from api.console.frame import Frame, page
from api.endpoints import Endpoint
from api.identity import Named
from api.moments import When
from api.trail_lines import access_words
from domain.language.catalogue import say
from domain.member import Role

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
    asked = {
        "member": query.member,
        "kind": query.kind,
        "from": query.since,
        "to": query.to,
        "limit": query.limit,
        "cursor": query.cursor,
    }
    answer = answer_to(frame.call, "audit.access_log", asked)
    verdict = answer_to(frame.call, "audit.access_log.verify", {}) if query.verify else None
    with frame.view():
        return {
            "title": say("Access log"),
            "proves": True,
            "tab": "access",
            "answer": answer,
            "verdict": verdict,
            "kinds": [(kind, access_words(kind)) for kind in KINDS],
            "said": access_words,
        }
