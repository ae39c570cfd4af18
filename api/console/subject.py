"""What a page is about, an account or an opportunity: what its parts have in common, and all that happened with it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from api.console.frame import Frame
from api.corrected import Corrections
from api.names import opening, with_members
from api.nouns import NOUNS
from api.timeline import in_words
from domain.account_plan.account_plan import AccountPlan
from domain.aggregate import Origin, Precision, Recorded, Withdrawal
from domain.belonging import title_of
from domain.issue.issue import Issue
from domain.journal.journal import Journal
from domain.language.catalogue import say
from domain.sealed import Sealed
from projections.view import View

PATHS = {
    "Opportunity": "/console/opportunity/",
    "Issue": "/console/issue/",
    "AccountPlan": "/console/plan/",
}
BY_NAME = {root.__name__: noun for root, noun in NOUNS.items()}


@dataclass
class Subject(ABC):
    """What a page is about, in a view; what its parts need is looked up once, when it is needed."""

    frame: Frame[Any]
    view: View
    id: UUID

    @cached_property
    def journal(self) -> Journal:
        """Where its facts are."""
        return self.frame.call.doors.journal

    @property
    @abstractmethod
    def names(self) -> dict[UUID, str]:
        """Everybody, ours and theirs, by name for those who may read names."""

    def with_actors(self, facts: Iterable[Recorded]) -> dict[UUID, str]:
        """Everybody, and who recorded these facts though he is not here then."""
        return with_members(self.journal, self.view, self.names, {fact.actor for fact in facts if fact.actor})

    @cached_property
    def read(self) -> Callable[[Sealed, str], str | None]:
        """Opens what was sealed, for those who may read it."""
        self.frame.may_read_people(self.view)
        return opening(self.journal, self.view)


@dataclass(frozen=True)
class Told:
    """A fact in words, and who recorded it; `taken_back` is the one that took it back. `of` and `href` are the title
    and the page of what it is about beside the page's own subject: an opportunity, an issue, a plan. `before` is what
    was corrected by it, `after` what holds instead of it, in words."""

    fact: Recorded
    text: str
    who: str
    taken_back: Recorded | None
    of: str = ""
    href: str = ""
    before: str = ""
    after: str = ""

    @property
    def is_of_a_day(self) -> bool:
        """Whether no more is known than the day on which it happened."""
        return self.fact.precision is Precision.DAY

    @property
    def noun(self) -> str:
        """What the stream is called in addresses; empty for one whose facts are not taken back here."""
        return BY_NAME.get(self.fact.event.topic.partition(".")[0], "")

    @property
    def positions(self) -> list[int]:
        """It, and what it takes back."""
        event = self.fact.event
        return [self.fact.position, *([event.position] if isinstance(event, Withdrawal) else [])]

    @property
    def reason(self) -> str:
        """Why it was taken back."""
        return getattr(self.taken_back.event, "reason", "") if self.taken_back else ""


def who_recorded(fact: Recorded, names: Mapping[UUID, str]) -> str:
    """Who recorded a fact, or by what way it came; empty for somebody without a name."""
    if fact.origin is Origin.IMPORT:
        return say("imported")
    if fact.origin is Origin.WORKER:
        return say("noticed by itself")
    return names.get(fact.actor, "") if fact.actor else ""


def happened(facts: Iterable[Recorded], view: View) -> list[Recorded]:
    """What was recorded by then, and had happened, also what was taken back; the newest first."""
    clock = view.clock
    found = (fact for fact in facts if fact.position <= clock.known_at and fact.occurred_at <= clock.as_of)
    return sorted(found, key=lambda fact: (fact.occurred_at, fact.position), reverse=True)


def _others(about: Subject, facts: Iterable[Recorded]) -> dict[UUID, tuple[str, str]]:
    """The titles and pages of the opportunities, issues and plans that facts are of, beside the page's own subject."""
    keys = {fact.originator_id for fact in facts} - {about.id}
    found = {}
    for key, opened in about.journal.streams.openings(keys).items() if keys else ():
        path, title = PATHS.get(opened.event.topic.partition(".")[0]), title_of(opened.event)
        if path:
            number = getattr(opened.event, "external_id", "")
            title = say("Plan {year}", year=title) if isinstance(opened.event, AccountPlan.Drafted) else title
            named = title if not isinstance(opened.event, Issue.Raised) else title.replace("_", " ")
            found[key] = " · ".join(filter(None, (number if path.endswith("issue/") else "", named))), f"{path}{key}"
    return found


def told(
    about: Subject,
    facts: Sequence[Recorded],
    corrections: Corrections,
    stages: Mapping[str, str],
    *,
    before: int | None,
    limit: int,
) -> dict[str, Any]:
    """A page of facts that happened, in words; how many there are, and where the next page begins. It is the first page
    where no fact lies at `before`."""
    first = next((place + 1 for place, fact in enumerate(facts) if fact.position == before), 0)
    page = facts[first : first + limit]
    names, others = about.with_actors(page), _others(about, page)

    def tell(fact: Recorded | None) -> str:
        return in_words(fact, names, about.read, stages) if fact else ""

    lines = [
        Told(
            fact,
            corrections.words(fact, tell),
            who_recorded(fact, names),
            corrections.back.get(fact.position),
            *others.get(fact.originator_id, ("", "")),
            before=tell(corrections.before(fact)),
            after=tell(corrections.instead.get(fact.position)),
        )
        for fact in page
    ]
    following = page[-1].position if page and first + limit < len(facts) else None
    return {"lines": lines, "next": following, "count": len(facts)}
