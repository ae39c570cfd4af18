"""What somebody just recorded, said on the page to which the form led him."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from api.asking import Clocks
from api.bodies import JUST_RECORDED
from api.console.facts import Facts
from api.console.frame import Frame
from domain.account.account import Account
from domain.account_plan.account_plan import AccountPlan
from domain.aggregate import Aggregate, Recorded
from domain.issue.issue import Issue
from domain.language.catalogue import say
from domain.opportunity.opportunity import Opportunity

PAGES: dict[str, str] = {
    Account.__name__: "/console/account/{id}",
    Opportunity.__name__: "/console/opportunity/{id}",
    Issue.__name__: "/console/issue/{id}",
    AccountPlan.__name__: "/console/plan/{id}",
}
"""Where one sees what is recorded, by the kind of aggregate."""
AGO = timedelta(minutes=10)
"""How long something was just recorded: an address may be kept for longer."""


@dataclass(frozen=True)
class JustRecorded:
    """What is said of it: in words, at which position, and the page of what it is about where that is another. Without
    a position nothing was recorded."""

    words: str
    position: int = 0
    page: str = ""
    page_words: str = ""


def page_of(root: type[Aggregate], key: Any) -> str:
    """The page of an aggregate; empty where it has none."""
    return PAGES[root.__name__].format(id=key) if root.__name__ in PAGES else ""


def told_at(place: str, recorded: int, wait_for: int) -> str:
    """The address of a page that waits for a position, and says what was recorded (0: nothing)."""
    parts = urlsplit(place)
    kept = [each for each in parse_qsl(parts.query) if each[0] not in ("wait_for", JUST_RECORDED)]
    return f"{parts.path}?{urlencode([*kept, ('wait_for', wait_for), (JUST_RECORDED, recorded)])}"


def just_recorded(frame: Frame[Any]) -> JustRecorded | None:
    """What the asker himself recorded a moment ago, as the address says; None where it was another, or before."""
    call, position = frame.call, frame.call.recorded
    if position is None:
        return None
    if position == 0:
        return JustRecorded(say("It was so already: nothing was recorded."))
    fact = call.doors.journal.streams.at([position]).get(position)
    if fact is None or fact.actor != call.asker.member or fact.recorded_at is None or call.now - fact.recorded_at > AGO:
        return None
    with frame.view(Clocks()) as view:
        shown = Facts(frame, view).at([position])[position]
    words = shown.text[:1].upper() + shown.text[1:]
    page, page_words = _page(fact)
    if call.asked_path == page.partition("?")[0]:
        return JustRecorded(words, position)
    return JustRecorded(" · ".join(each for each in (words, shown.about) if each), position, page, page_words)


def _page(fact: Recorded) -> tuple[str, str]:
    """Where one sees what a fact is about, and what a link to it says."""
    topic, key = fact.event.topic, fact.originator_id
    visit = getattr(fact.event, "visit_id", None)
    if topic.startswith("Account.Visit") and visit:
        return f"/console/visit/{visit}?account={key}", say("Open the visit")
    root = topic.partition(".")[0]
    words = {
        Account.__name__: say("Open the account"),
        Opportunity.__name__: say("Open the opportunity"),
        Issue.__name__: say("Open the issue"),
        AccountPlan.__name__: say("Open the plan"),
    }
    return (PAGES[root].format(id=key), words[root]) if root in PAGES else ("", "")
