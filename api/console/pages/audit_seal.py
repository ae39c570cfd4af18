"""Seal (密封): how far the record is sealed; and its proofs, for the browser to check by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from api.asking import Clocks, Position
from api.console.asked import answer_to, questions
from api.console.frame import Frame, page
from api.endpoints import Endpoint
from domain.language.catalogue import say
from domain.member import Role

PROOFS = {
    "seal": "status",
    "checkpoint": "checkpoint",
    "proof": "proof/{position}",
    "consistency": "consistency",
}
"""Questions of the seal that the page's script puts, and their paths below /console/audit/seal."""


class SealQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """An event of which the browser is to check that it is sealed."""

    position: Position | None = None


def endpoints() -> list[Endpoint]:
    """The page, and its proofs."""
    proofs = [
        replace(
            questions()[name], path=f"/console/audit/seal/{path}", name=f"console.seal.{name}", session=True, etag=False
        )
        for name, path in PROOFS.items()
    ]
    return [page("/audit/seal", "audit_seal", _seal, SealQuery), *proofs]


def _seal(frame: Frame[SealQuery]) -> Mapping[str, Any]:
    """How the seal stands."""
    frame.call.asker.must_be(Role.AUDITOR, Role.ADMIN)
    status = answer_to(frame.call, "seal", {})
    with frame.view():
        return {"title": say("Seal"), "proves": True, "tab": "seal", "status": status}
