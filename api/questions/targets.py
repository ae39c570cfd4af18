"""Targets and attainment over HTTP."""

from __future__ import annotations

from typing import Annotated

import msgspec

from api.asking import Clocks, Limit, question, viewing
from api.endpoints import Call, Endpoint, Reply
from api.names import member_names
from domain.policies.sales_target import TargetScope
from projections.targets import TargetsAnswer, targets

Years = Annotated[
    str, msgspec.Meta(pattern=r"^\d{4}(-\d{4})?$", description="Fiscal years, such as 2025-2027 or 2026.")
]


class TargetsQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """Targets and what was won against them; the last, this and the next fiscal year where `years` is left out. `only`
    is the key of one of them: an owner or account by id, a territory or product by key."""

    by: TargetScope = TargetScope.OWNER
    years: Years | None = None
    only: str = ""
    limit: Limit = 100


def endpoints() -> list[Endpoint]:
    """Targets and attainment."""
    about = "Targets of owners, territories, products or accounts by quarter: won, attainment, gap, pace."
    return [question("/targets", "targets", about, _targets, TargetsAnswer, TargetsQuery)]


def years_of(text: str | None) -> tuple[int, int] | None:
    """The first and the last of 2025-2027, or of 2026."""
    first, _, last = (text or "").partition("-")
    return (int(first), int(last or first)) if first else None


def _targets(call: Call) -> Reply:
    query = call.query(TargetsQuery)
    with viewing(call, query) as view:
        answer = targets(view, query.by, years_of(query.years), only=[query.only] if query.only else ())
        answer.cut(query.limit)
        if query.by is TargetScope.OWNER:
            call.opened_personal = call.opened_personal or view.visibility.personal
            names = {str(key): name for key, name in member_names(call.doors.journal, view).items()}
            for line in answer.lines:
                line.name = names.get(line.key, line.name)
        return Reply(answer)
