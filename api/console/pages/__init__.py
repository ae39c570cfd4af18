"""The table of contents: every page of the console, a file each."""

from __future__ import annotations

from api.console.pages import (
    account,
    accounts,
    audit,
    audit_access,
    audit_diff,
    audit_replay,
    audit_seal,
    do,
    forecast,
    funnel,
    guide,
    issue,
    opportunity,
    plan,
    streams,
    system,
    today,
    visit,
    visit_log,
    visit_plan,
    visits,
    why,
    you,
)
from api.console.preferences import preference_endpoints
from api.endpoints import Endpoint


def page_endpoints() -> list[Endpoint]:
    """All pages, and all forms that they send."""
    return [
        *preference_endpoints(),
        *do.endpoints(),
        *today.endpoints(),
        *guide.endpoints(),
        *issue.endpoints(),
        *plan.endpoints(),
        *visit.endpoints(),
        *visit_log.endpoints(),
        *visit_plan.endpoints(),
        *visits.endpoints(),
        *why.endpoints(),
        *audit.endpoints(),
        *audit_access.endpoints(),
        *audit_diff.endpoints(),
        *audit_replay.endpoints(),
        *audit_seal.endpoints(),
        *you.endpoints(),
        *funnel.endpoints(),
        *opportunity.endpoints(),
        *accounts.endpoints(),
        *account.endpoints(),
        *forecast.endpoints(),
        *streams.endpoints(),
        *system.endpoints(),
    ]
