"""The subscriptions of now, and what each of them may bring by the rights of its owner."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.aggregate import END_OF_TIME
from domain.claims import AlreadyClaimed
from domain.commands import Commands, command_type
from domain.journal.context import Context
from domain.journal.journal import Journal
from domain.member import Member, MemberHasLeft, Role
from domain.policies.policy import policy_id
from domain.policies.territories import Territories, Territory
from domain.references import ReferenceUnknown
from domain.rights import Newest, Rights
from domain.subscription.conditions import OwnerMayNotReceive
from domain.subscription.subscription import StreamFilter, Subscription
from domain.visibility import Visibility
from projections.streams.subscriptions import (
    OWNER_HAS_LEFT,
    OWNER_IS_LOCKED_OUT,
    OWNER_MAY_NOT,
    live_of,
    subscriptions,
    visibility_for,
    why_not,
)

NOW = Context(at=datetime(2026, 3, 2, 9, tzinfo=UTC))


@pytest.fixture
def commands(migrated_url: str) -> Iterator[Commands]:
    journal = Journal(migrated_url)
    yield Commands(journal)
    journal.close()


@pytest.fixture
def ina(commands: Commands) -> UUID:
    return member(commands, Role.INTEGRATOR)


def give(commands: Commands, root: Any, aggregate_id: UUID, command: str, /, **body: Any) -> UUID:
    return commands.give(root, aggregate_id, command, command_type(root, command).body(**body), NOW).aggregate


def member(commands: Commands, *roles: Role) -> UUID:
    found = give(commands, Member, uuid4(), "invite", name="Ina")
    for role in roles:
        give(commands, Member, found, "grant_role", role=role)
    return found


def subscribe(commands: Commands, owner: UUID, name: str, **stated: Any) -> Subscription:
    body = {"owner": owner, "name": name, "address": "https://example.com/", "secret": "whsec_1", **stated}
    found = give(commands, Subscription, uuid4(), "open", **body)
    return commands.journal.known(Subscription, found)


def test_all_are_found_in_their_newest_states(commands: Commands, ina: UUID) -> None:
    assert subscriptions(commands.journal) == []
    b, a = subscribe(commands, ina, "b"), subscribe(commands, ina, "a", personal=True)
    assert [each.name for each in subscriptions(commands.journal)] == ["a", "b"]
    assert live_of(commands.journal, ina) == 2
    other = Journal(commands.journal.database_url)
    assert [each.paused for each in subscriptions(other)] == ["", ""]
    give(commands, Subscription, a.id, "end")
    give(commands, Subscription, b.id, "pause", reason="the ERP moves")
    for journal in (commands.journal, other):
        assert [(each.ended, each.paused) for each in subscriptions(journal)] == [(True, ""), (False, "the ERP moves")]
        assert (live_of(journal, ina), live_of(journal, uuid4())) == (1, 0)
    other.close()


def test_a_name_is_taken_for_good(commands: Commands, ina: UUID) -> None:
    give(commands, Subscription, subscribe(commands, ina, "a").id, "end")
    with pytest.raises(AlreadyClaimed):
        subscribe(commands, ina, "a")


def test_a_secret_opens_for_who_signs_and_is_sealed_in_the_state(commands: Commands, ina: UUID) -> None:
    it = subscribe(commands, ina, "a")
    give(commands, Subscription, it.id, "rotate_secret", secret="whsec_2")
    (it,) = subscriptions(commands.journal)
    assert it.secret is not None
    assert it.old_secret is not None
    opened = [commands.journal.people.open(sealed, "secret") for sealed in (it.secret, it.old_secret)]
    assert opened == ["whsec_2", "whsec_1"]


def test_owner_accounts_and_territories_are_there(commands: Commands, ina: UUID) -> None:
    with pytest.raises(ReferenceUnknown) as refusal:
        subscribe(commands, ina, "a", filter=StreamFilter(accounts=(ina, uuid4())))
    assert refusal.value.details["parameter"] == "filter"
    subscribe(commands, ina, "a", filter=StreamFilter(territories=("anywhere",)))
    north = {"territories": (Territory("north", "North"),)}
    give(commands, Territories, policy_id("Territories"), "define", **north)
    with pytest.raises(ReferenceUnknown, match=r"anywhere.*\(there are: north\)"):
        subscribe(commands, ina, "b", filter=StreamFilter(territories=("anywhere",)))
    assert subscribe(commands, ina, "b", filter=StreamFilter(territories=("north",))).runs


def test_it_brings_what_its_owner_sees_and_personal_data_only_if_it_asks_for_it(commands: Commands, ina: UUID) -> None:
    rights = Rights(Newest(commands.journal))
    plain, personal = subscribe(commands, ina, "a"), subscribe(commands, ina, "b", personal=True)
    assert visibility_for(rights, plain) == Visibility(member=ina, everything=True, personal=False)
    assert visibility_for(rights, personal) == Visibility(member=ina, everything=True, personal=True)
    assert why_not(rights, personal) == ""


def test_it_brings_nothing_once_its_owner_lost_the_role_and_goes_on_when_he_has_it_again(
    commands: Commands, ina: UUID
) -> None:
    rights = Rights(Newest(commands.journal))
    it = subscribe(commands, ina, "a", personal=True)
    give(commands, Member, ina, "grant_role", role=Role.DIRECTOR)
    give(commands, Member, ina, "revoke_role", role=Role.INTEGRATOR)
    assert why_not(rights, it) == OWNER_MAY_NOT
    assert visibility_for(rights, it) == Visibility(member=ina, personal=False, scope="nothing")
    with pytest.raises(OwnerMayNotReceive):
        give(commands, Subscription, it.id, "resume")
    give(commands, Member, ina, "grant_role", role=Role.ADMIN)
    assert visibility_for(rights, it).everything


def test_it_brings_nothing_while_its_owner_is_locked_out(commands: Commands, ina: UUID) -> None:
    rights = Rights(Newest(commands.journal))
    it = subscribe(commands, ina, "a", personal=True)
    give(commands, Member, ina, "lock_out", reason="stolen", until=END_OF_TIME)
    assert why_not(rights, it) == OWNER_IS_LOCKED_OUT
    assert why_not(rights, it, END_OF_TIME) == ""
    assert visibility_for(rights, it) == Visibility(member=ina, personal=False, scope="nothing")
    give(commands, Member, ina, "let_in")
    assert visibility_for(rights, it).everything


def test_it_brings_nothing_once_its_owner_has_left(commands: Commands, ina: UUID) -> None:
    rights = Rights(Newest(commands.journal))
    it = subscribe(commands, ina, "a", personal=True)
    give(commands, Member, ina, "leave")
    assert why_not(rights, it) == OWNER_HAS_LEFT
    assert visibility_for(rights, it) == Visibility(member=ina, personal=False, scope="nothing")
    with pytest.raises(MemberHasLeft, match="has left"):
        subscribe(commands, ina, "b")


def test_one_that_was_never_opened_brings_nothing(commands: Commands) -> None:
    nothing = visibility_for(Rights(Newest(commands.journal)), Subscription(id=uuid4()))
    assert nothing == Visibility(member=None, personal=False, scope="nothing")
