"""Corrections in words: which fact was taken back, and what holds instead of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from api.timeline import MARKS
from domain.aggregate import Recorded, Withdrawal
from domain.journal.journal import Journal
from domain.language.catalogue import field_words, say
from domain.language.languages import spoken

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
        known = {fact.position: fact for fact in facts}
        back = {taken: fact for fact in known.values() if (taken := _taken_by(fact)) is not None}
        anew = {(each.causation_id, each.command_id): each for each in known.values() if _taken_by(each) is None}
        return cls(
            wrong={position: known[position] for position in back if position in known},
            back=back,
            instead={
                position: fact
                for position, each in back.items()
                if (fact := anew.get((position, each.command_id))) is not None
            },
        )

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
        return MARKS[spoken()][1].join([told, f"{field_words('reason')} {event.reason}"])

    def before(self, fact: Recorded) -> Recorded | None:
        """What was corrected by stating this fact anew."""
        cause = fact.causation_id or 0
        return self.wrong.get(cause) if self.instead.get(cause) is fact else None


def _taken_by(fact: Recorded) -> int | None:
    """The position of what a fact takes back; None for any other fact."""
    return fact.event.position if isinstance(fact.event, Withdrawal) else None
