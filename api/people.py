"""People whom somebody asks to forget, or to report on: found, with all their identifiers, and where texts are."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

import msgspec

from api.named import named
from api.names import for_people, opened_fields
from api.people_texts import texts_in
from api.shared_texts import Namer, TextToDecide, to_decide
from domain.errors import NotFound, Refused
from domain.journal.context import Context
from domain.journal.forgetting import Filed, filed_under, forget
from domain.journal.forgotten import Register
from domain.journal.journal import Journal
from domain.journal.people import text_key
from domain.member import Member
from domain.person_forgetting import MemberIsStillHere, PersonKind, forgetting_of
from projections.account_figures import opportunities_of
from projections.engine import as_of_sql
from projections.members import MEMBERS
from projections.stakeholders import STAKEHOLDERS
from projections.view import View

PARTICULARS = ("name", "email", "phone")


class PersonAmbiguous(Refused):
    """{text} is the name of several people: state one of the identifiers {known}."""


class ReasonNamesPerson(Refused):
    """The reason names the person and would be kept for ever: say it without {field}."""


class TextUnknown(Refused):
    """{key} is no text about this person and others that is still there: {known}."""


class Somebody(msgspec.Struct, frozen=True):
    """A person with all his identifiers: by merges of accounts he may have several."""

    person: UUID
    kind: PersonKind
    same_as: tuple[UUID, ...] = ()
    known_to: tuple[UUID, ...] = ()
    """The accounts that know a person of a customer, and their opportunities."""

    @property
    def everybody(self) -> tuple[UUID, ...]:
        """All his identifiers."""
        return (self.person, *self.same_as)


class Place(msgspec.Struct, frozen=True):
    """Where a text is: a fact and its field."""

    position: int
    fact: str
    field: str
    subject: UUID


class SharedText(msgspec.Struct, frozen=True):
    """A key of texts about this person and others: how many others, and where they are."""

    key: UUID
    others: int
    places: list[Place]


class ForgettingAnswer(msgspec.Struct, kw_only=True):
    """What was forgotten, or would be: `keys` are destroyed; `texts_left` are about others, too, and stay until they
    are named. `mentioned_in` is where texts that are filed under nobody mention his name: nothing is done about them.
    `positions` are the facts recorded."""

    person: UUID
    kind: PersonKind
    same_as: tuple[UUID, ...]
    done: bool
    keys: list[UUID]
    texts_left: list[TextToDecide]
    mentioned_in: list[Place]
    positions: tuple[int, ...] = ()


def somebody(journal: Journal, view: View, person: UUID) -> Somebody:
    """The person with an identifier, of a customer or of ours. Raises NotFound."""
    found = view.connection.execute(
        f"select 1 from {STAKEHOLDERS.table} where stakeholder = %s limit 1".encode(), (person,)
    ).fetchone()
    if found:
        one = view.person(person)
        same = {one, *(other for other, leads_to in view.same_people.items() if leads_to == one)} - {person}
        return Somebody(person, PersonKind.STAKEHOLDER, tuple(sorted(same)), _known_to(view, {person, *same}))
    if journal.known(Member, person).opened:
        return Somebody(person, PersonKind.MEMBER)
    raise NotFound(kind="person", key=person)


def _known_to(view: View, people: Collection[UUID]) -> tuple[UUID, ...]:
    sql = f"select distinct account from {STAKEHOLDERS.table} where stakeholder = any(%s)"
    found = [account for (account,) in view.connection.execute(sql.encode(), (list(people),))]
    accounts = sorted({one for account in found for one in view.together(account)})
    return (*accounts, *opportunities_of(view, accounts))


def find_person(journal: Journal, view: View, text: str) -> Somebody:
    """The person whom somebody means by an identifier, an external id or an exact name. Raises NotFound and, where
    several people have that name, PersonAmbiguous."""
    rows = [
        *view.connection.execute(as_of_sql(STAKEHOLDERS, "stakeholder, external_id, name").encode(), view.parameters()),
        *view.connection.execute(as_of_sql(MEMBERS, "key, external_id, name").encode(), view.parameters()),
    ]
    found = {UUID(str(key)) for key, external_id, _ in rows if text in (str(key), external_id)}
    if not found:
        with for_people(False):
            names = opened_fields(journal, "name", {UUID(str(key)): name for key, _, name in rows})
        found = {key for key, name in names.items() if name == text}
    one = {view.person(key) for key in found}
    if len(one) > 1:
        raise PersonAmbiguous(text=text, known=", ".join(sorted(map(str, one))))
    if not found:
        raise NotFound(kind="person", key=text)
    return somebody(journal, view, named(min(found)))


def forget_somebody(
    journal: Journal,
    one: Somebody,
    context: Context,
    *,
    reason: str,
    also: Collection[UUID] = (),
    all_shared: bool = False,
    register: Register | None = None,
    dry_run: bool = False,
    names: Namer = lambda _: {},
    personal: bool = False,
) -> ForgettingAnswer:
    """Forget a person; `also` are keys of texts about others, too, that go with him. What of these is left is opened
    where the asker may read `personal` data, `names` says how others are called. Raises what `forget` raises,
    ReasonNamesPerson and TextUnknown."""
    filed = journal.streams.read(lambda connection: filed_under(connection, one.everybody))
    unknown = set(also) - filed.shared.keys()
    if unknown:
        raise TextUnknown(key=min(unknown), known=", ".join(map(str, filed.shared)) or "none")
    going = [key for key in filed.shared if all_shared or key in set(also)]
    keys = sorted(journal.people.fingerprints({*one.everybody, *filed.alone, *going}))
    left = _left(journal, one, filed, going, names, personal)
    _must_not_name(journal, one, reason)
    if one.kind is PersonKind.MEMBER and not journal.known(Member, one.person).left:
        raise MemberIsStillHere(member=one.person)
    answer = ForgettingAnswer(
        person=one.person,
        kind=one.kind,
        same_as=one.same_as,
        done=not dry_run,
        keys=keys,
        texts_left=left,
        mentioned_in=mentions(journal, one),
    )
    if not dry_run:
        people = dict.fromkeys(one.everybody, one.kind)
        outcomes = forget(journal, people, context, reason=reason, also=going, register=register)
        answer.positions = tuple(position for each in outcomes for position in each.positions)
    return answer


def _left(
    journal: Journal, one: Somebody, filed: Filed, going: Collection[UUID], names: Namer, personal: bool
) -> list[TextToDecide]:
    """Texts about others, too, without those that go, for a decision about them."""
    left = {key: others for key, others in filed.shared.items() if key not in going}
    return to_decide(journal, journal.streams.mentioning(one.everybody, left), left, names, personal) if left else []


def shared_texts(journal: Journal, one: Somebody, filed: Filed) -> list[SharedText]:
    """Texts about others, too, and where they are, without saying who these are."""
    left = filed.shared
    if not left:
        return []
    places: dict[UUID, list[Place]] = {key: [] for key in left}
    for fact in journal.streams.mentioning(one.everybody, left):
        for field, text in texts_in(fact):
            if text.key in places:
                place = Place(fact.position, fact.event.topic, field, fact.originator_id)
                places[text.key].append(place)
    return [SharedText(key, len(others), places[key]) for key, others in left.items()]


def mentions(journal: Journal, one: Somebody) -> list[Place]:
    """Where texts about nobody in particular (evidence, reasons, notes) mention the person's name, mail or phone, in
    what knows him. Nobody is told by them while they are sealed, so they are opened to be searched."""
    about_him = journal.streams.mentioning(one.everybody, ())
    own = [(field, text) for fact in about_him for field, text in texts_in(fact) if text.key in one.everybody]
    opened = {journal.people.open(text, field) for field, text in own if field in PARTICULARS}
    sought = {words.casefold() for words in opened if words and len(words) > 1}
    streams = {*one.known_to, *(fact.originator_id for fact in about_him)} if sought else set()
    found = []
    for facts in journal.streams.histories(streams).values():
        for fact in facts:
            nobodys = text_key(fact.originator_id, ())
            for field, text in texts_in(fact):
                if text.key == nobodys:
                    said = (journal.people.open(text, field) or "").casefold()
                    if any(words in said for words in sought):
                        found.append(Place(fact.position, fact.event.topic, field, fact.originator_id))
    return sorted(found, key=lambda place: place.position)


def _must_not_name(journal: Journal, one: Somebody, reason: str) -> None:
    said = reason.casefold()
    for fact in journal.streams.mentioning(one.everybody, ()):
        for field, text in texts_in(fact):
            if text.key in one.everybody and field in PARTICULARS:
                opened = journal.people.open(text, field)
                if opened and opened.casefold() in said:
                    raise ReasonNamesPerson(field=field)


def stream_of(one: Somebody) -> list[UUID]:
    """The streams in which it stands that he was forgotten."""
    return [forgetting_of(each) for each in one.everybody]
