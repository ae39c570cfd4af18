"""Everything that happened with an account, in words, the newest first; what was taken back stays, marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from api.console.accounts.scope import Scope
from api.nouns import NOUNS
from api.stage_names import stage_names
from api.timeline import in_words
from domain.aggregate import Recorded, Withdrawal
from domain.language.catalogue import term

PAGE = 30
BY_NAME = {root.__name__: noun for root, noun in NOUNS.items()}


@dataclass(frozen=True)
class Told:
    """A fact in words; `taken_back` is the one that took it back."""

    fact: Recorded
    text: str
    actor: str
    taken_back: Recorded | None

    @property
    def noun(self) -> str:
        """What the stream is called in addresses; empty for one whose facts are not taken back here."""
        return BY_NAME.get(self.fact.event.topic.partition(".")[0], "")

    @property
    def reason(self) -> str:
        """Why it was taken back."""
        return getattr(self.taken_back.event, "reason", "") if self.taken_back else ""


def told(scope: Scope) -> dict[str, Any]:
    """A page of the timeline, of one kind of fact or of all, and where the next one begins."""
    query = scope.frame.query
    facts = _facts(scope)
    back = {fact.event.position: fact for fact in facts if isinstance(fact.event, Withdrawal)}
    about = sorted({_about(fact) for fact in facts})
    chosen = [fact for fact in facts if query.about in ("", _about(fact))]
    first = _first(chosen, query.before)
    page = chosen[first : first + PAGE]
    following = page[-1].position if page and first + PAGE < len(chosen) else None
    names, stages = scope.with_actors(page), stage_names(scope.view)
    lines = [
        Told(
            fact,
            in_words(fact, names, scope.read, stages),
            names.get(fact.actor, "") if fact.actor else "",
            back.get(fact.position),
        )
        for fact in page
    ]
    kinds = [(each, term("aggregates", each)) for each in about]
    return {"lines": lines, "next": following, "kinds": kinds, "about": query.about, "count": len(chosen)}


def _facts(scope: Scope) -> list[Recorded]:
    """What was recorded by then, and had happened, also what was taken back; the newest first."""
    view = scope.view
    found = [
        fact
        for history in scope.histories.values()
        for fact in history
        if fact.position <= view.clock.known_at and fact.occurred_at <= view.clock.as_of
    ]
    ours = {fact.position for fact in found}
    found += [fact for fact in scope.facts if fact.position not in ours]
    return sorted(found, key=lambda fact: (fact.occurred_at, fact.position), reverse=True)


def _about(fact: Recorded) -> str:
    return "".join(f"_{each.lower()}" if each.isupper() else each for each in fact.event.topic.split(".")[0])[1:]


def _first(facts: Sequence[Recorded], before: int | None) -> int:
    """Where a page begins; the first one where no fact has the position."""
    return next((place + 1 for place, fact in enumerate(facts) if fact.position == before), 0)
