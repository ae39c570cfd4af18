"""Assessing a member's skill: who confirms a level is who asks, and what the rule proposes is computed here."""

from __future__ import annotations

from typing import Any

from api.endpoints import Call
from domain.policies.skill_model import NOTHING_PROPOSED


def assessed(call: Call, _: Any) -> dict[str, Any]:
    """What the door states about an assessment."""
    return {"confirmed_by": call.asker.member, "computed": NOTHING_PROPOSED}
