"""Forgetting people: the fact is recorded first, then the keys are destroyed. Who dies in between is finished by the
next who looks; and from the fact on nobody opens what the keys sealed, destroyed or not."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID, uuid5

import msgspec
import psycopg

from domain.journal.context import Context, Outcome, digest_of
from domain.journal.forgotten import Register, forgettings, not_destroyed
from domain.journal.journal import Journal
from domain.member import Member
from domain.person_forgetting import DestroyedKey, Person, PersonKind, forgetting_of

FILED = """
select t.key, array_agg(distinct t.person), coalesce(array_agg(distinct o.person) filter (where o.person is not null),
    '{}')
from person_texts t join person_keys k on k.key = t.key and k.secret is not null
left join person_texts o on o.key = t.key and o.person <> all(%(people)s)
where t.person = any(%(people)s) group by t.key order by t.key"""


class Filed(msgspec.Struct, frozen=True):
    """The keys of free texts about people that are still there: whose texts they are, and who else they are about."""

    people: dict[UUID, tuple[UUID, ...]]
    others: dict[UUID, tuple[UUID, ...]]

    @property
    def alone(self) -> list[UUID]:
        """The keys of texts about nobody else."""
        return [key for key, others in self.others.items() if not others]

    @property
    def shared(self) -> dict[UUID, tuple[UUID, ...]]:
        """The keys of texts about others, too, and who these are."""
        return {key: others for key, others in self.others.items() if others}


def filed_under(connection: psycopg.Connection, people: Collection[UUID]) -> Filed:
    """The keys of free texts filed under people who are all the same person."""
    rows = connection.execute(FILED, {"people": list(people)}).fetchall()
    return Filed({key: tuple(his) for key, his, _ in rows}, {key: tuple(others) for key, _, others in rows})


def forget(
    journal: Journal,
    people: Mapping[UUID, PersonKind],
    context: Context,
    *,
    reason: str,
    also: Collection[UUID] = (),
    register: Register | None = None,
) -> list[Outcome]:
    """Forget a person, all of whose identifiers are in `people`: his keys and those of texts about him alone; of
    shared texts those named in `also`. One outcome for each identifier. Safe to repeat.

    Raises MemberIsStillHere, ReasonBlank.
    """
    filed = journal.streams.read(lambda connection: filed_under(connection, people))
    going = {*people, *filed.alone, *(key for key in filed.shared if key in set(also))}
    contents = journal.people.fingerprints(going)
    outcomes, done = [], set[UUID]()
    for person, kind in people.items():
        his = [key for key in contents if key == person or (key not in done and person in filed.people.get(key, ()))]
        done.update(his)
        keys = tuple(DestroyedKey(key, contents[key]) for key in sorted(his))
        left = tuple(key for key in filed.shared if key not in going and person in filed.people[key])
        same = tuple(other for other in people if other != person)
        outcomes.append(_recorded(journal, person, kind, keys, left, same, reason, context))
    complete(journal, register)
    return outcomes


def complete(journal: Journal, register: Register | None = None) -> int:
    """Finish what was begun: whoever was forgotten is in the register, and the keys are destroyed. Safe to repeat;
    returns how many keys were still there."""
    known = journal.streams.read(forgettings)
    if register is not None:
        register.keep_up(known)
    keys = {key for each in known for key in each.keys}
    left = journal.streams.read(lambda connection: not_destroyed(connection, keys))
    if left:
        journal.people.destroy(left)
    journal.people.look()
    return len(left)


def _recorded(
    journal: Journal,
    person: UUID,
    kind: PersonKind,
    keys: tuple[DestroyedKey, ...],
    left: tuple[UUID, ...],
    same_as: tuple[UUID, ...],
    reason: str,
    context: Context,
) -> Outcome:
    relies_on: dict[UUID, int] = {}

    def decision(somebody: Person) -> None:
        member = None
        if kind is PersonKind.MEMBER:
            member = journal.known(Member, person)
            relies_on[person] = member.version
        somebody.forget(person, kind, keys, reason=reason, texts_left=left, same_as=same_as, member=member)

    return journal.run(Person, forgetting_of(person), decision, _of(context, person, [kind, reason]), relies_on)


def _of(context: Context, person: UUID, stated: Sequence[object]) -> Context:
    """The context of one of several commands that are given at once."""
    if context.command_id is None:
        return context
    digest = digest_of(msgspec.msgpack.encode([context.digest, person, *stated]))
    return msgspec.structs.replace(context, command_id=uuid5(context.command_id, str(person)), digest=digest)
