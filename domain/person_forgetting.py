"""Forgetting a person (遗忘): the keys of his personal data are destroyed, and that it was done is a fact.

A person, of a customer or of ours, has a stream of his own for this. Nothing in it is personal data: identifiers, and
16 bytes that name the content of each key that was destroyed.
"""

from __future__ import annotations

import enum
from typing import ClassVar
from uuid import UUID, uuid5

import msgspec

from domain.aggregate import Aggregate, Event, learn
from domain.errors import Refused
from domain.member import Member
from domain.opportunity.outcome import stated

NAMESPACE = UUID("6f0a3f4e-1c34-5d0e-9a55-0c8d7b1b52a9")


class PersonKind(enum.StrEnum):
    """Whose person somebody is."""

    STAKEHOLDER = "stakeholder"
    MEMBER = "member"


class DestroyedKey(msgspec.Struct, frozen=True):
    """A key that was destroyed, and the 16 bytes that named its content in everything it sealed."""

    key: UUID
    fingerprint: bytes


class MemberIsStillHere(Refused):
    """The member {member} has not left the company: record that first (kams members leave)."""


def forgetting_of(person: UUID) -> UUID:
    """The stream in which it is recorded that a person was forgotten."""
    return uuid5(NAMESPACE, str(person))


@learn
class Person(Aggregate, eq=False):
    """Somebody who was forgotten."""

    class Forgotten(Event):
        """A person was forgotten: `keys` are destroyed, `texts_left` are keys of texts about others, too, that stay,
        `same_as` are the other identifiers of the same person, forgotten with him."""

        opens: ClassVar[bool] = True

        person: UUID
        kind: PersonKind
        keys: tuple[DestroyedKey, ...]
        reason: str
        texts_left: tuple[UUID, ...] = ()
        same_as: tuple[UUID, ...] = ()

    class TextsForgotten(Event):
        """More texts about a person who was forgotten: those that had been left, or came to light."""

        person: UUID
        keys: tuple[DestroyedKey, ...]
        reason: str
        texts_left: tuple[UUID, ...] = ()

    def forget(
        self,
        person: UUID,
        kind: PersonKind,
        keys: tuple[DestroyedKey, ...],
        *,
        reason: str,
        texts_left: tuple[UUID, ...] = (),
        same_as: tuple[UUID, ...] = (),
        member: Member | None = None,
    ) -> None:
        """Forget a person, or more about one who was forgotten before; `member` where he is one of ours."""
        reason = stated(reason, "Forgetting a person")
        if member is not None and not member.left:
            raise MemberIsStillHere(member=person)
        if not self.opened:
            self.record(
                self.Forgotten(
                    person=person, kind=kind, keys=keys, reason=reason, texts_left=texts_left, same_as=same_as
                )
            )
        elif keys:
            self.record(self.TextsForgotten(person=person, keys=keys, reason=reason, texts_left=texts_left))
