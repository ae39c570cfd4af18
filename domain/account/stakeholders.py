"""The people of a customer (联系人): who they are, whom they report to, how they think, how close we are to them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from domain.account.person import Attitude, Coverage, Level, Orientation, PoliticalStatus, Relationship, Stakeholder
from domain.aggregate import Event, Part, command
from domain.claims import Claim
from domain.errors import Refused
from domain.sealed import OfPerson, Sealed


class StakeholderUnknown(Refused):
    """The account has no stakeholder {stakeholder}. Its stakeholders are: {known}."""


class StakeholderHasLeft(Refused):
    """The stakeholder {stakeholder} has left by then. Present are: {present}."""


class StakeholderPresent(Refused):
    """The stakeholder {stakeholder} is on this account already: change what is different, or use a new identifier."""


class ReportsInCircle(Refused):
    """The stakeholder {stakeholder} would report to himself through {reports_to}: name somebody above, or nobody."""


class NothingStated(Refused):
    """The command states nothing: name at least one of {fields}."""


class Stakeholders(Part, eq=False):
    """The people of an account."""

    people: dict[UUID, Stakeholder] = msgspec.field(default_factory=dict)

    class StakeholderAdded(Event):
        """A person of the customer became known to us, or came back."""

        stakeholder_id: UUID
        name: Sealed
        title: str = ""
        department: str = ""
        reports_to: UUID | None = None
        email: Sealed | None = None
        phone: Sealed | None = None
        language: str = ""
        external_id: str = ""

        def check(self, part: Stakeholders) -> None:
            """New, or gone before; the superior is known."""
            known = part.people.get(self.stakeholder_id)
            if known is not None and known.present:
                raise StakeholderPresent(stakeholder=self.stakeholder_id)
            part.must_report_without_circle(self.stakeholder_id, self.reports_to)

        def apply(self, part: Stakeholders) -> None:
            """The person is there."""
            person = part.people.setdefault(self.stakeholder_id, Stakeholder(name=self.name))
            person.take(self)
            person.present = True

        def claims(self, aggregate_id: UUID) -> list[Claim]:
            """The identifier of the source system belongs to one person."""
            return [Claim("stakeholder", "", self.external_id)] if self.external_id else []

    class StakeholderChanged(Event):
        """Some of what we know about a person changed; fields not stated stay."""

        stakeholder_id: UUID
        name: Sealed | UnsetType = UNSET
        title: str | UnsetType = UNSET
        department: str | UnsetType = UNSET
        reports_to: UUID | UnsetType | None = UNSET
        email: Sealed | UnsetType | None = UNSET
        phone: Sealed | UnsetType | None = UNSET
        language: str | UnsetType = UNSET

        def check(self, part: Stakeholders) -> None:
            """Present, and the superior is known."""
            part.must_be_present(self.stakeholder_id)
            if self.reports_to is not UNSET:
                part.must_report_without_circle(self.stakeholder_id, self.reports_to)

        def apply(self, part: Stakeholders) -> None:
            """The stated fields hold."""
            part.people[self.stakeholder_id].take(self)

    class StakeholderLeft(Event):
        """A person left the customer, or the part of it that we know."""

        stakeholder_id: UUID
        reason: str = ""

        def check(self, part: Stakeholders) -> None:
            """Present until now."""
            part.must_be_present(self.stakeholder_id)

        def apply(self, part: Stakeholders) -> None:
            """The person is there no longer; what we know stays."""
            part.people[self.stakeholder_id].present = False

    class StakeholderProfiled(Event):
        """How a person thinks and where he stands; fields not stated stay."""

        stakeholder_id: UUID
        attitude: Attitude | UnsetType = UNSET
        political: PoliticalStatus | UnsetType = UNSET
        orientation: Orientation | UnsetType = UNSET

        def check(self, part: Stakeholders) -> None:
            """Present."""
            part.must_be_present(self.stakeholder_id)

        def apply(self, part: Stakeholders) -> None:
            """The stated fields hold."""
            part.people[self.stakeholder_id].take(self)

    class RelationshipAssessed(Event):
        """How near one of ours is to a person; what is not stated stays."""

        stakeholder: UUID
        member: UUID
        level: Level
        desired: Level | None = None
        coverage: Coverage | None = None

        def check(self, part: Stakeholders) -> None:
            """Present."""
            part.must_be_present(self.stakeholder)

        def apply(self, part: Stakeholders) -> None:
            """The newest assessment of this pair."""
            relationships = part.people[self.stakeholder].relationships
            relationships[self.member] = self.after(relationships.get(self.member))

        def after(self, before: Relationship | None) -> Relationship:
            """The relationship after this assessment."""
            before = before or Relationship(self.level)
            return Relationship(self.level, self.desired or before.desired, self.coverage or before.coverage)

    def must_be_known(self, stakeholder: UUID) -> Stakeholder:
        """The person; refuses one who was never on this account."""
        found = self.people.get(stakeholder)
        if found is None:
            raise StakeholderUnknown(stakeholder=stakeholder, known=_listed(self.people))
        return found

    def must_be_present(self, stakeholder: UUID) -> Stakeholder:
        """The person; refuses one who is unknown or has left."""
        found = self.must_be_known(stakeholder)
        if not found.present:
            present = [key for key, person in self.people.items() if person.present]
            raise StakeholderHasLeft(stakeholder=stakeholder, present=_listed(present))
        return found

    def must_report_without_circle(self, stakeholder: UUID, reports_to: UUID | None) -> None:
        """Refuse a superior who is unknown, or who reports to this person."""
        above = reports_to
        while above is not None:
            if above == stakeholder:
                raise ReportsInCircle(stakeholder=stakeholder, reports_to=reports_to)
            above = self.must_be_known(above).reports_to

    @command
    def add(
        self,
        *,
        stakeholder_id: UUID,
        name: Annotated[Sealed, OfPerson("stakeholder_id")],
        title: str = "",
        department: str = "",
        reports_to: UUID | None = None,
        email: Annotated[Sealed | None, OfPerson("stakeholder_id")] = None,
        phone: Annotated[Sealed | None, OfPerson("stakeholder_id")] = None,
        language: str = "",
        external_id: str = "",
    ) -> None:
        """Add a person of the customer, or take one back who had left.

        `reports_to` is a stakeholder of the same account; `language` a code such as zh or en.
        """
        added = self.StakeholderAdded(
            stakeholder_id=stakeholder_id,
            name=name,
            title=title,
            department=department,
            reports_to=reports_to,
            email=email,
            phone=phone,
            language=language,
            external_id=external_id,
        )
        known = self.people.get(stakeholder_id)
        if known is None or not known.present or _news(added, known):
            self.record(added)

    @command
    def change(
        self,
        *,
        stakeholder_id: UUID,
        name: Annotated[Sealed | UnsetType, OfPerson("stakeholder_id")] = UNSET,
        title: str | UnsetType = UNSET,
        department: str | UnsetType = UNSET,
        reports_to: UUID | UnsetType | None = UNSET,
        email: Annotated[Sealed | UnsetType | None, OfPerson("stakeholder_id")] = UNSET,
        phone: Annotated[Sealed | UnsetType | None, OfPerson("stakeholder_id")] = UNSET,
        language: str | UnsetType = UNSET,
    ) -> None:
        """Change what is known about a person. What is not stated stays; null or an empty text clears."""
        stated = self.StakeholderChanged(
            stakeholder_id=stakeholder_id,
            name=name,
            title=title,
            department=department,
            reports_to=reports_to,
            email=email,
            phone=phone,
            language=language,
        )
        news = _news(stated, self.must_be_present(stakeholder_id))
        if news:
            self.record(self.StakeholderChanged(stakeholder_id=stakeholder_id, **news))

    @command
    def leave(self, *, stakeholder_id: UUID, reason: str = "") -> None:
        """Record that a person left. He can no longer be planned for, met or assessed."""
        if self.must_be_known(stakeholder_id).present:
            self.record(self.StakeholderLeft(stakeholder_id=stakeholder_id, reason=reason))

    @command
    def profile(
        self,
        *,
        stakeholder_id: UUID,
        attitude: Attitude | UnsetType = UNSET,
        political: PoliticalStatus | UnsetType = UNSET,
        orientation: Orientation | UnsetType = UNSET,
    ) -> None:
        """Say how a person thinks: attitude to innovation, political status, orientation. State at least one."""
        stated = self.StakeholderProfiled(
            stakeholder_id=stakeholder_id, attitude=attitude, political=political, orientation=orientation
        )
        news = _news(stated, self.must_be_present(stakeholder_id))
        if news:
            self.record(self.StakeholderProfiled(stakeholder_id=stakeholder_id, **news))

    @command
    def assess(
        self,
        *,
        stakeholder: UUID,
        member: UUID,
        level: Level,
        desired: Level | None = None,
        coverage: Coverage | None = None,
    ) -> None:
        """Assess how near one of ours is to a person, how near he should be, and how much contact there was."""
        assessed = self.RelationshipAssessed(
            stakeholder=stakeholder, member=member, level=level, desired=desired, coverage=coverage
        )
        before = self.must_be_present(stakeholder).relationships.get(member)
        if before is None or assessed.after(before) != before:
            self.record(assessed)


def _news(stated: Event, person: Stakeholder) -> dict[str, Any]:
    """What an event states about a person and is not so already; refuses an event that states nothing."""
    fields = [field for field in stated.__struct_fields__ if field in Stakeholder.__struct_fields__]
    said = {field: getattr(stated, field) for field in fields if getattr(stated, field) is not UNSET}
    if not said:
        raise NothingStated(fields=", ".join(fields))
    return {field: value for field, value in said.items() if value != getattr(person, field)}


def _listed(stakeholders: Iterable[UUID]) -> str:
    return ", ".join(str(stakeholder) for stakeholder in stakeholders) or "none yet"
