"""What is held about one person: every fact that concerns him, opened and in words; for whoever asks about himself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from psycopg import sql

from api.people import Place, SharedText, Somebody, mentions, shared_texts, stream_of
from api.people_texts import texts_in
from api.timeline import in_words
from domain.aggregate import Origin, Recorded
from domain.journal.forgetting import Filed, filed_under
from domain.journal.journal import Journal
from domain.person_forgetting import Person, PersonKind
from domain.sealed import Sealed
from projections import READ_MODELS
from projections.view import View

How = Literal["his own data", "named", "a text about him", "recorded by him"]

READERS = """
select at, kind, member, method, path from access_log
where kind in ('personal', 'exported') and path ~ any(%s::text[]) order by id desc limit 1000"""


class ReportedText(msgspec.Struct, frozen=True):
    """A name, a contact or a free text: null where it was forgotten. `others` are how many more it is about."""

    field: str
    text: str | None
    others: int


class ReportedFact(msgspec.Struct, frozen=True):
    """A fact that concerns the person: how, in words, when it was recorded, by whom and from what source."""

    position: int
    fact: str
    said: str
    how: list[How]
    texts: list[ReportedText]
    subject: UUID
    occurred_at: datetime
    recorded_at: datetime | None
    actor: UUID | None
    origin: Origin


class Reading(msgspec.Struct, frozen=True):
    """That somebody read, or took away, data of the person or of an account that knows him."""

    at: datetime
    kind: str
    member: UUID | None
    method: str
    path: str


class PersonReport(msgspec.Struct, frozen=True, kw_only=True):
    """Everything held about a person. `particulars` are his own fields as last stated; `shared` are texts about
    others, too, `mentioned_in` is where texts about nobody in particular mention him; `appears_in` counts rows of read
    models; `recorded` counts facts that he recorded about others."""

    person: UUID
    kind: PersonKind
    same_as: tuple[UUID, ...]
    forgotten_at: datetime | None
    particulars: dict[str, str | None]
    facts: list[ReportedFact]
    shared: list[SharedText]
    mentioned_in: list[Place]
    recorded: dict[str, int]
    appears_in: dict[str, int]
    read_by: list[Reading]


def report(journal: Journal, view: View, one: Somebody) -> PersonReport:
    """Everything held about a person, by what is recorded now."""
    filed = journal.streams.read(lambda connection: filed_under(connection, one.everybody))
    facts = journal.streams.mentioning(one.everybody, filed.others)
    journal.people.preload({text.key for fact in facts for _, text in texts_in(fact)})
    lines = [_line(journal, fact, one, filed) for fact in facts]
    concerning = [line for line in lines if line.how and line.how != ["recorded by him"]]
    recorded = Counter(line.fact for line in lines if line.how == ["recorded by him"])
    subjects = {line.subject for line in concerning}
    return PersonReport(
        person=one.person,
        kind=one.kind,
        same_as=one.same_as,
        forgotten_at=_forgotten_at(journal, one),
        particulars=_particulars(journal, facts, one),
        facts=concerning,
        shared=shared_texts(journal, one, filed),
        mentioned_in=mentions(journal, one),
        recorded=dict(sorted(recorded.items())),
        appears_in=_rows_of(view, one.everybody),
        read_by=_readers(view, {*one.everybody, *subjects}),
    )


def _line(journal: Journal, fact: Recorded, one: Somebody, filed: Filed) -> ReportedFact:
    own, how, texts = set(one.everybody), list[How](), list[ReportedText]()
    for field, text in texts_in(fact):
        if text.key in own or text.key in filed.others:
            texts.append(ReportedText(field, journal.people.open(text, field), len(filed.others.get(text.key, ()))))
    keys = {text.key for _, text in texts_in(fact)}
    if keys & own or fact.originator_id in own:
        how.append("his own data")
    if _names(fact.event, own):
        how.append("named")
    if keys & filed.others.keys():
        how.append("a text about him")
    if fact.actor in own:
        how.append("recorded by him")
    return ReportedFact(
        position=fact.position,
        fact=fact.event.topic,
        said=in_words(fact, {}, lambda text, field: _opened(journal, text, field, own)),
        how=how,
        texts=texts,
        subject=fact.originator_id,
        occurred_at=fact.occurred_at,
        recorded_at=fact.recorded_at,
        actor=fact.actor,
        origin=fact.origin,
    )


def _opened(journal: Journal, text: Sealed, field: str, own: Collection[UUID]) -> str | None:
    """What is the person's own alone: whatever else stands in the same fact stays closed."""
    return journal.people.open(text, field) if text.key in own else None


def _names(value: Any, own: Collection[UUID]) -> bool:
    """Whether an identifier of the person stands somewhere in a value."""
    if isinstance(value, UUID):
        return value in own
    if isinstance(value, Sealed):
        return False
    if isinstance(value, msgspec.Struct):
        return any(_names(getattr(value, name), own) for name in value.__struct_fields__)
    if isinstance(value, dict):
        return any(_names(each, own) for pair in value.items() for each in pair)
    return isinstance(value, list | tuple | frozenset) and any(_names(each, own) for each in value)


def _particulars(journal: Journal, facts: list[Recorded], one: Somebody) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for fact in facts:
        for field, text in texts_in(fact):
            if text.key in one.everybody:
                found[field] = journal.people.open(text, field)
    return found


def _forgotten_at(journal: Journal, one: Somebody) -> datetime | None:
    histories = journal.streams.histories(stream_of(one))
    moments = [fact.occurred_at for facts in histories.values() for fact in facts if _is_forgetting(fact)]
    return min(moments, default=None)


def _is_forgetting(fact: Recorded) -> bool:
    return isinstance(fact.event, Person.Forgotten)


def _rows_of(view: View, people: tuple[UUID, ...]) -> dict[str, int]:
    """How many rows of each read model, as they are now, name the person."""
    found: dict[str, int] = {}
    columns = view.connection.execute(
        "select table_name, column_name, udt_name from information_schema.columns where udt_name in ('uuid', '_uuid')"
        " and table_schema = current_schema()"
    ).fetchall()
    for model in READ_MODELS:
        named = [(name, kind) for table, name, kind in columns if table == model.table and name != "id"]
        if not named:
            continue
        conditions = [
            sql.SQL("{} && %(people)s::uuid[]" if kind == "_uuid" else "{} = any(%(people)s)").format(
                sql.Identifier(name)
            )
            for name, kind in named
        ]
        asked = sql.SQL("select count(*) from {} where kind = 1 and ({})").format(
            sql.Identifier(model.table), sql.SQL(" or ").join(conditions)
        )
        (count,) = view.connection.execute(asked, {"people": list(people)}).fetchone() or (0,)
        if count:
            found[model.name] = count
    return found


def _readers(view: View, about: Collection[UUID]) -> list[Reading]:
    """Who read what is filed under the person, or under an account or opportunity that knows him."""
    rows = view.connection.execute(READERS, ([str(each) for each in about],)).fetchall()
    return [Reading(*row) for row in rows]
