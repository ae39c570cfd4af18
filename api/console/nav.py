"""Where one can go: the pages that the asker's roles have use for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from api.console.frame import Frame
from domain.language.catalogue import say
from domain.member import Role

OVERSEE = frozenset({Role.AUDITOR, Role.ADMIN, Role.DIRECTOR})
CONNECT = frozenset({Role.INTEGRATOR, Role.ADMIN})


@dataclass(frozen=True)
class Entry:
    """A place in the nav; `icon` is a symbol of assets/icons.svg."""

    name: str
    path: str
    label: str
    icon: str
    current: bool = False
    main: bool = False
    """Whether it stands in the bar of a phone, not behind “more”."""


def entries(frame: Frame[Any], page: str) -> list[Entry]:
    """The nav on a page: `page` names it, and pages below one of these (account, opportunity …) light that up."""
    roles = frame.call.asker.roles
    found = [
        _entry("today", "/console/", say("Today"), page, main=True),
        _entry("funnel", "/console/funnel", say("Funnel"), page, main=True),
        _entry("forecast", "/console/forecast", say("Forecast"), page),
        _entry("accounts", "/console/accounts", say("Accounts"), page, main=True),
        _entry("visits", "/console/visits", say("Visits"), page, main=True),
        _entry("issue", "/console/issues", say("Issues"), page),
        _entry("plan", "/console/plans", say("Account plans"), page),
    ]
    if roles & OVERSEE:
        found.append(_entry("audit", "/console/audit", say("Audit"), page))
    if roles & CONNECT:
        found.append(_entry("streams", "/console/streams", say("Streams"), page))
    if Role.ADMIN in roles or Role.AUDITOR in roles:
        found.append(_entry("system", "/console/system", say("System"), page))
    return found


BELOW = {"account": "accounts", "opportunity": "funnel", "visit": "visits"}
"""Pages that stand below one of the nav, by the first word of their names."""


def _entry(name: str, path: str, label: str, page: str, *, main: bool = False) -> Entry:
    first = page.partition("_")[0]
    return Entry(name, path, label, name, current=name in (page, first, BELOW.get(first)), main=main)
