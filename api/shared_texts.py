"""Texts about a person and others, opened and with the others' names, for who decides whether they go with him."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from uuid import UUID

import msgspec

from api.names import member_names, opened_fields
from api.people_texts import texts_in
from domain.aggregate import Recorded
from domain.journal.journal import Journal
from projections.engine import as_of_sql
from projections.stakeholders import STAKEHOLDERS
from projections.view import View

LONGEST = 200

Namer = Callable[[Collection[UUID]], Mapping[UUID, str]]


class OpenedPlace(msgspec.Struct, frozen=True):
    """A fact and its field, when it happened, and what stands there, shortened; null for who may not read it."""

    position: int
    fact: str
    field: str
    subject: UUID
    occurred_at: datetime
    text: str | None


class OtherPerson(msgspec.Struct, frozen=True):
    """Whom else a text is about; no name where he was forgotten, or for who may not read names."""

    person: UUID
    name: str | None


class TextToDecide(msgspec.Struct, frozen=True):
    """A key of texts about the person and others: how many others, who they are, and what stands where."""

    key: UUID
    others: int
    about: list[OtherPerson]
    places: list[OpenedPlace]


def people_names(journal: Journal, view: View, people: Collection[UUID]) -> dict[UUID, str]:
    """The names of people of customers and of ours, opened for an asker who may read personal data; else none."""
    if not view.visibility.personal or not people:
        return {}
    sql = as_of_sql(STAKEHOLDERS, "stakeholder, name", "stakeholder = any(%(people)s)")
    rows = view.connection.execute(sql.encode(), view.parameters(people=list(people))).fetchall()
    members = {key: name for key, name in member_names(journal, view).items() if key in people}
    return {**members, **opened_fields(journal, "name", dict(rows))}


def to_decide(
    journal: Journal, facts: Iterable[Recorded], left: Mapping[UUID, tuple[UUID, ...]], names: Namer, personal: bool
) -> list[TextToDecide]:
    """The texts behind keys, each with the others whom it is about; opened where `personal` data may be read."""
    known = names({other for others in left.values() for other in others}) if personal else {}
    places: dict[UUID, list[OpenedPlace]] = {key: [] for key in left}
    for fact in facts:
        for field, text in texts_in(fact):
            if text.key in places:
                said = journal.people.open(text, field) if personal else None
                place = OpenedPlace(
                    position=fact.position,
                    fact=fact.event.topic,
                    field=field,
                    subject=fact.originator_id,
                    occurred_at=fact.occurred_at,
                    text=_shortened(said) if said is not None else None,
                )
                places[text.key].append(place)
    return [
        TextToDecide(key, len(others), [OtherPerson(each, known.get(each)) for each in others], places[key])
        for key, others in left.items()
    ]


def _shortened(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= LONGEST else words[: LONGEST - 1] + "…"
