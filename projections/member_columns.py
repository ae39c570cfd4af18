"""Our people in columns: who is here, and who manages accounts."""

from __future__ import annotations

from domain.member import Role
from projections.kept_columns import Kind
from projections.members import MEMBERS

MEMBER = Kind(
    MEMBERS,
    stream="key",
    numbers={"has_left": "has_left::int", "manages": f"('{Role.MANAGER}' = any(roles))::int"},
)
