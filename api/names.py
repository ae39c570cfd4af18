"""Names at the door: finding by what people type, and opening sealed names for those who may read them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar
from uuid import UUID

from api.named import named
from domain.errors import Conflict, NotFound
from domain.journal.journal import Journal
from domain.language.catalogue import say
from domain.member import Member
from domain.sealed import SECRETS, Sealed
from domain.visibility import Visibility
from projections.accounts import ACCOUNTS
from projections.engine import as_of_sql
from projections.members import MEMBERS
from projections.opportunities import FUNNEL
from projections.seen import sealed
from projections.stakeholders import STAKEHOLDERS
from projections.view import View

K = TypeVar("K")

_for_people: ContextVar[bool] = ContextVar("for_people", default=False)


@contextmanager
def for_people(really: bool = True) -> Iterator[None]:
    """What is opened within is for people to read, not for machines: where the name of, or a text about, somebody who
    was forgotten stood, it says so. Machines get null."""
    before = _for_people.set(really)
    try:
        yield
    finally:
        _for_people.reset(before)


def open_text(journal: Journal, text: Sealed, field: str) -> str | None:
    """What was sealed in a field, opened; of somebody who was forgotten nothing, or, for people, that he was."""
    if field in SECRETS:
        return None
    opened = journal.people.open(text, field)
    return say("(forgotten)") if opened is None and _for_people.get() else opened


def find_account(view: View, text: str) -> UUID:
    """An account by id, external id or exact name, among those that the asker may see. Raises NotFound."""
    sql = as_of_sql(ACCOUNTS, "key", "key::text = %(text)s or external_id = %(text)s or name = %(text)s")
    found: list[UUID] = [key for (key,) in view.connection.execute(sql.encode(), view.parameters(text=text))]
    visible = view.visible_accounts()
    for key in found:
        if visible is None or key in visible:
            return named(key)
    raise NotFound(kind="account", key=text)


def find_opportunity(journal: Journal, view: View, text: str) -> UUID:
    """An opportunity by id or external id, among those that the asker may see. Raises NotFound."""
    key = _identifier(text) or journal.streams.claimed("opportunity", "", [text]).get(text)
    visible = view.visible_accounts()
    sql = as_of_sql(FUNNEL, "account", "key = %(key)s")
    for (account,) in view.connection.execute(sql.encode(), view.parameters(key=key)):
        if visible is None or account in visible:
            assert key is not None
            return named(key)
    raise NotFound(kind="opportunity", key=text)


def _identifier(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def find_member(journal: Journal, view: View, text: str) -> UUID:
    """A member by id, external id or, for those who may read names, by name. Raises NotFound."""
    members = view.members()
    for key, (external_id, _) in members.items():
        if text in (str(key), external_id):
            return named(key)
    with for_people(False):
        names = member_names(journal, view)
    for key, name in names.items():
        if name == text:
            return named(key)
    raise NotFound(kind="person", key=text)


def find_stakeholder(journal: Journal, view: View, text: str) -> UUID:
    """A person of a customer by id, external id or, for those who may read names, by name, among those of accounts
    that the asker may see. Raises NotFound."""
    visible = view.visible_accounts()
    where = "true" if visible is None else "account = any(%(accounts)s)"
    sql = as_of_sql(STAKEHOLDERS, "stakeholder, external_id, account", where)
    rows = view.connection.execute(sql.encode(), view.parameters(accounts=visible)).fetchall()
    for key, external_id, _ in rows:
        if text in (str(key), external_id):
            return named(UUID(str(key)))
    with for_people(False):
        names = stakeholder_names(journal, view, {account for _, _, account in rows})
    for key, name in names.items():
        if name == text:
            return named(key)
    raise NotFound(kind="contact", key=text)


def reading(journal: Journal, view: View, field: str) -> Callable[[Sealed], str | None]:
    """Opens what was sealed in a field, for an asker who may read personal data; else nothing."""
    return lambda text: open_text(journal, text, field) if view.visibility.personal else None


def opening(journal: Journal, view: View) -> Callable[[Sealed, str], str | None]:
    """Opens what was sealed in any field, for an asker who may read personal data; else nothing."""
    return lambda text, field: open_text(journal, text, field) if view.visibility.personal else None


def opening_many(
    journal: Journal, view: View
) -> tuple[Callable[[Sealed, str], str | None], Callable[[Iterable[Sealed]], None]]:
    """The same, and what is to be told before which texts are opened, so that their keys are fetched in one look."""

    def expect(texts: Iterable[Sealed]) -> None:
        if view.visibility.personal:
            journal.people.preload(each.key for each in texts)

    return opening(journal, view), expect


def member_names(journal: Journal, view: View) -> dict[UUID, str]:
    """The names of members, opened for an asker who may read personal data; else none."""
    if not view.visibility.personal:
        return {}
    known: dict[object, dict[UUID, str]] = view.of_transaction.setdefault("member names", {})
    asked = view.clock, _for_people.get()
    if asked not in known:
        rows = view.connection.execute(as_of_sql(MEMBERS, "key, name").encode(), view.parameters())
        known[asked] = opened_fields(journal, "name", dict(rows.fetchall()))
    return dict(known[asked])


def with_members(journal: Journal, view: View, names: Mapping[UUID, str], members: Iterable[UUID]) -> dict[UUID, str]:
    """The names, and those of these members who are not among them: who recorded a fact is known whatever the moment
    that is asked about, also where he came only later. For an asker who may read personal data."""
    missing = {each for each in members if each not in names} if view.visibility.personal else set()
    return {**names, **_names_of(journal, missing)}


def name_actors(journal: Journal, visibility: Visibility, conflict: Conflict) -> None:
    """Let a conflict name those who recorded what came in between, for an asker who may read personal data."""
    if visibility.personal:
        told = conflict.details["in_between"]
        told.names.update(_names_of(journal, {fact.actor for fact in told.newest if fact.actor}))


def invited_as(journal: Journal, member: UUID) -> tuple[str, str | None]:
    """The external id under which a member was invited, and his name, opened: for what concerns himself alone."""
    fact = journal.streams.openings([member]).get(member)
    if fact is None or not isinstance(fact.event, Member.Invited):
        return "", None
    return fact.event.external_id, open_text(journal, fact.event.name, "name")


def _names_of(journal: Journal, members: Iterable[UUID]) -> dict[UUID, str]:
    found: dict[UUID, str] = {}
    for key, fact in journal.streams.openings(members).items():
        name = open_text(journal, fact.event.name, "name") if isinstance(fact.event, Member.Invited) else None
        if name:
            found[key] = name
    return found


def stakeholder_names(journal: Journal, view: View, accounts: Iterable[UUID]) -> dict[UUID, str]:
    """The names of people of these accounts, also of those who left, opened for an asker who may read personal data;
    else none. Of a person who was forgotten there is none, but for people that he was (see `for_people`)."""
    if not view.visibility.personal:
        return {}
    sql = as_of_sql(STAKEHOLDERS, "stakeholder, name", "account = any(%(accounts)s)")
    rows = view.connection.execute(sql.encode(), view.parameters(accounts=list(accounts)))
    return opened_fields(journal, "name", dict(rows.fetchall()))


def opened_fields(journal: Journal, field: str, stored: Mapping[K, bytes | None]) -> dict[K, str]:
    """What was sealed in a field and rows keep, opened with one look for the keys; without what cannot be opened."""
    texts = {key: sealed(text) for key, text in stored.items() if text}
    journal.people.preload(each.key for each in texts.values())
    opened = {key: open_text(journal, each, field) for key, each in texts.items()}
    return {key: text for key, text in opened.items() if text}


def with_names(journal: Journal, view: View, answer: Any, by: str | None) -> Any:
    """The answer with people's names in its groups, for those who may read them."""
    if by == "owner" and answer.groups:
        names = {str(key): name for key, name in member_names(journal, view).items()}
        for group in answer.groups:
            group.name = names.get(group.key, group.name)
    return answer
