"""Corrections in words: which fact was taken back, and what holds instead of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from domain.aggregate import Recorded, Withdrawal
from domain.journal.journal import Journal
from domain.language.catalogue import field_words, say
from domain.language.languages import Language, spoken

COMMA = {Language.ENGLISH: ", ", Language.CHINESE: "，"}

Tell = Callable[[Recorded], str]


@dataclass(frozen=True)
class Corrections:
    """By the position of what was corrected: the fact itself, what took it back, and what was recorded in its place."""

    wrong: dict[int, Recorded]
    back: dict[int, Recorded]
    instead: dict[int, Recorded]

    @classmethod
    def among(cls, facts: Iterable[Recorded]) -> Corrections:
        """Those among facts that hold all that was corrected."""
        some = list(facts)
        back = {taken: fact for fact in some if (taken := _taken_by(fact)) is not None}
        if not back:
            return cls({}, {}, {})
        wrong = {fact.position: fact for fact in some if fact.position in back}
        instead = {
            cause: fact
            for fact in some
            if (cause := fact.causation_id) in back
            and _taken_by(fact) is None
            and fact.command_id == back[cause].command_id
        }
        return cls(wrong, back, instead)

    @classmethod
    def of(cls, journal: Journal, facts: Iterable[Recorded]) -> Corrections:
        """Those of some facts; what they took back, and what was recorded with them, is looked up."""
        some = list(facts)
        taken = {fact.position: position for fact in some if (position := _taken_by(fact)) is not None}
        beside = {*taken.values(), *(position + 1 for position in taken)}
        return cls.among([*some, *(journal.streams.at(beside).values() if beside else ())])

    def words(self, fact: Recorded, tell: Tell) -> str:
        """A fact as it is told; of what takes another back, which that is, what holds instead, and why."""
        event = fact.event
        if not isinstance(event, Withdrawal) or event.position not in self.wrong:
            return tell(fact)
        old, new = tell(self.wrong[event.position]), self.instead.get(event.position)
        told = (
            say("corrected: “{old}” → “{new}”", old=old, new=tell(new)) if new else say("taken back: “{old}”", old=old)
        )
        return f"{told}{COMMA[spoken()]}{field_words('reason')} {event.reason}"

    def before(self, fact: Recorded) -> Recorded | None:
        """What was corrected by stating this fact anew."""
        cause = fact.causation_id or 0
        return self.wrong.get(cause) if self.instead.get(cause) is fact else None


def _taken_by(fact: Recorded) -> int | None:
    """The position of what a fact takes back; None for any other fact."""
    return fact.event.position if isinstance(fact.event, Withdrawal) else None
