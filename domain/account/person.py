"""What is known about a person of a customer: position, way of thinking, closeness to ours."""

from __future__ import annotations

import enum
from uuid import UUID

import msgspec
from msgspec import UNSET

from domain.aggregate import Event
from domain.sealed import Sealed


class Attitude(enum.StrEnum):
    """A person's attitude to innovation (创新态度), from first to last to follow."""

    INNOVATOR = "innovator"
    VISIONARY = "visionary"
    PRAGMATIST = "pragmatist"
    CONSERVATIVE = "conservative"
    LAGGARD = "laggard"


class PoliticalStatus(enum.StrEnum):
    """Where a person stands in the political structure of the customer (政治关联结构)."""

    INNER_CIRCLE = "inner_circle"
    POLITICAL_STRUCTURE = "political_structure"
    OUTSIDE = "outside"


class Orientation(enum.StrEnum):
    """What a person looks at first."""

    FINANCIAL = "financial"
    TECHNICAL = "technical"
    RELATIONSHIP = "relationship"
    BUSINESS = "business"


class Level(enum.StrEnum):
    """How one of ours stands with a person (关系层次), from far to near."""

    VENDOR = "vendor"
    CREDIBLE_SOURCE = "credible_source"
    PROBLEM_SOLVER = "problem_solver"
    TRUSTED_ADVISER = "trusted_adviser"


class Coverage(enum.StrEnum):
    """How much contact there has been with a person."""

    NONE = "none"
    BRIEF = "brief"
    SEVERAL_MEETINGS = "several_meetings"
    IN_DEPTH = "in_depth"


class Relationship(msgspec.Struct):
    """How near one of ours is to a stakeholder."""

    level: Level
    desired: Level | None = None
    coverage: Coverage | None = None


class Stakeholder(msgspec.Struct):
    """A person of the customer, as far as decisions need it."""

    name: Sealed
    title: str = ""
    department: str = ""
    reports_to: UUID | None = None
    email: Sealed | None = None
    phone: Sealed | None = None
    language: str = ""
    present: bool = True
    attitude: Attitude | None = None
    political: PoliticalStatus | None = None
    orientation: Orientation | None = None
    relationships: dict[UUID, Relationship] = msgspec.field(default_factory=dict)

    def take(self, event: Event) -> None:
        """Take over the fields that an event states."""
        for field in event.__struct_fields__:
            value = getattr(event, field)
            if value is not UNSET and field in Stakeholder.__struct_fields__:
                setattr(self, field, value)
