"""What a member could see then is what the door judges now, asked at now: on random histories, for every account."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from api.access import Access, asker_of
from api.access_then import AccessThenAnswer, access_then
from domain.account.account import Account
from domain.aggregate import Event
from domain.journal.journal import Journal as RealJournal
from domain.member import KeyScope, Member, Role
from domain.policies.territories import Territories
from domain.rights import TERRITORIES, Newest
from domain.visibility import Visibility
from projections import READ_MODELS
from projections.view import Reader
from tests.domain.given import sealed, some_id
from tests.projections.conftest import START, EngineOf, Journal, Told

ANNA, BEN, CLEO, ACME, BOLT = (some_id(name) for name in ("anna", "ben", "cleo", "acme", "bolt"))
NOW = datetime(2027, 6, 1, tzinfo=UTC)
HASH = b"h" * 32


@pytest.fixture
def desk(journal: Journal) -> Iterator[RealJournal]:
    real = RealJournal(journal.url)
    yield real
    real.close()


def at(day: float) -> datetime:
    return START + timedelta(days=day)


def key(member: UUID, day: float = 0, *scopes: KeyScope) -> Told:
    scoped = scopes or (KeyScope.READ,)
    return member, Member.KeyIssued(key_id=f"k{member.hex[:6]}", hash=HASH, scopes=scoped, issued=at(day)), at(day)


def ask(
    desk: RealJournal, engine: object, member: UUID, moment: datetime, known_at: int | None = None, **more: UUID
) -> AccessThenAnswer:
    with Reader(desk, engine).view(Visibility.whole(), as_of=moment, known_at=known_at) as view:  # type: ignore[arg-type]
        return access_then(desk, view, member, **more)  # type: ignore[arg-type]


MEMBERS = [some_id(f"member {n}") for n in range(5)]
ACCOUNTS = [some_id(f"account {n}") for n in range(8)]
TREE = ("china", "east", "north", "export")


def random_history(chance: random.Random) -> list[list[Told]]:
    """Members with roles and territories, a tree that changes, accounts that are assigned, moved and merged; a third of
    it recorded late, some of it taken back."""
    told: list[Told] = [(TERRITORIES, _placed(chance, each), at(0)) for each in TREE]
    told += [(each, Member.Invited(name=sealed("M"), external_id=each.hex), at(0)) for each in MEMBERS]
    told += [
        (each, Account.Registered(name=each.hex, territory=chance.choice(["", *TREE])), at(0)) for each in ACCOUNTS
    ]
    told.append((MEMBERS[0], Member.RoleGranted(role=Role.FORECASTER), at(0)))
    fixed, gone = len(told), set[int]()
    told += [key(each, 0.5, *chance.sample(list(KeyScope), k=2)) for each in MEMBERS]
    for day in range(1, 110):
        moment = at(day if chance.random() < 0.67 else chance.uniform(0.6, day))
        earlier = [n for n in range(fixed, len(told)) if n not in gone]
        if chance.random() < 0.08:
            n = chance.choice(earlier)
            root = told[n][1].topic.partition(".")[0]
            gone.add(n)
            withdrawal = {"Member": Member, "Account": Account, "Territories": Territories}[root].FactWithdrawn
            told.append((told[n][0], withdrawal(position=n + 1, reason="typo"), at(day)))
            gone.add(len(told) - 1)
        else:
            told.append((*_next(chance), moment))
    if chance.random() < 0.5:
        told.append((chance.choice(MEMBERS), Member.Left(), at(120)))
    return [[each] for each in told]


def _placed(chance: random.Random, territory: str) -> Territories.TerritorySet:
    above = TREE[: TREE.index(territory)]
    return Territories.TerritorySet(key=territory, name=territory, parent=chance.choice(["", *above]))


def _next(chance: random.Random) -> tuple[UUID, Event]:
    member, account, other = chance.choice(MEMBERS), *chance.sample(ACCOUNTS, k=2)
    territory, role = chance.choice(TREE), chance.choice([Role.MANAGER, Role.DIRECTOR])
    return chance.choice(
        [
            (member, Member.RoleGranted(role=role)),
            (member, Member.RoleGranted(role=role)),
            (member, Member.RoleRevoked(role=role)),
            (member, Member.TerritoryAssigned(territory=territory)),
            (member, Member.TerritoryAssigned(territory=territory)),
            (member, Member.TerritoryLeft(territory=territory)),
            (account, Account.ManagerAssigned(manager=member)),
            (account, Account.ManagerAssigned(manager=member)),
            (account, Account.ProfileChanged(territory=territory)),
            (account, Account.AccountsMerged(into=other, reason="one customer")),
            (account, Account.AccountsSeparated(from_=other, reason="two")),
            (TERRITORIES, _placed(chance, territory)),
        ]
    )


@pytest.mark.parametrize("seed", [0, 2, 3, 4, 5])
def test_at_now_it_is_what_the_door_judges(desk: RealJournal, journal: Journal, engine_of: EngineOf, seed: int) -> None:
    journal.append_all(random_history(random.Random(seed)))
    engine = engine_of(*READ_MODELS)
    engine.catch_up()
    newest = Newest(desk)
    tree, judged = newest.state(Territories, TERRITORIES), Access(newest)
    some, kinds = 0, set[str]()
    for member_id in MEMBERS:
        member = newest.state(Member, member_id)
        scopes = {scope for each in member.live_keys(NOW).values() for scope in each.scopes}
        asker = asker_of(member, scopes, tree)
        states = {each: newest.state(Account, each) for each in ACCOUNTS}
        answer = ask(desk, engine, member_id, NOW)
        found = {each.account: each.changes for each in answer.accounts}
        assert set(found) == {each for each, state in states.items() if judged.covers(asker.visibility, state)}
        for account, changes in found.items():
            assert changes == judged.covers(asker.changes, states[account]), (member_id, account)
        assert (answer.sees, answer.personal) == (len(found), asker.visibility.personal)
        some += 0 < len(found) < len(states)
        kinds |= {right.kind for each in answer.accounts for right in each.rights}
    assert some, "no member sees a part of the accounts: nothing was compared"
    assert len(kinds) > 1


def history() -> list[Told]:
    return [
        (TERRITORIES, Territories.TerritorySet(key="china", name="China"), at(0)),
        (TERRITORIES, Territories.TerritorySet(key="east", name="East", parent="china"), at(0)),
        (ANNA, Member.Invited(name=sealed("Anna"), external_id="anna"), at(0)),
        (BEN, Member.Invited(name=sealed("Ben"), external_id="ben"), at(0)),
        key(ANNA),
        key(BEN),
        (ANNA, Member.RoleGranted(role=Role.MANAGER), at(1)),
        (BEN, Member.RoleGranted(role=Role.DIRECTOR), at(1)),
        (BEN, Member.TerritoryAssigned(territory="china"), at(2)),
        (ACME, Account.Registered(name="Acme", external_id="A-01", territory="east"), at(3)),
        (BOLT, Account.Registered(name="Bolt", external_id="A-02"), at(3)),
        (ACME, Account.ManagerAssigned(manager=ANNA), at(4)),
        (ACME, Account.ManagerAssigned(manager=CLEO), at(8)),
        (BOLT, Account.AccountsMerged(into=ACME, reason="one customer"), at(6)),
    ]


def test_a_manager_saw_his_account_while_it_was_his(desk: RealJournal, journal: Journal, engine_of: EngineOf) -> None:
    journal.append_all([[each] for each in history()])
    engine = engine_of(*READ_MODELS)
    engine.catch_up()
    assert ask(desk, engine, ANNA, at(3.5)).accounts == []
    answer = ask(desk, engine, ANNA, at(5), account=ACME)
    (acme,) = answer.accounts
    assert [(right.kind, acme.changes) for right in acme.rights] == [("own", True)]
    assert [(why.fact, why.position) for why in acme.because] == [
        ("Member.RoleGranted", 7),
        ("Account.ManagerAssigned", 12),
    ]
    assert [each.account for each in ask(desk, engine, ANNA, at(7)).accounts] == [ACME, BOLT]
    assert ask(desk, engine, ANNA, at(9)).sees == 0


def test_a_director_saw_what_lay_below_and_what_was_merged_into_it(
    desk: RealJournal, journal: Journal, engine_of: EngineOf
) -> None:
    journal.append_all([[each] for each in history()])
    engine = engine_of(*READ_MODELS)
    engine.catch_up()
    answer = ask(desk, engine, BEN, at(7))
    assert (answer.directed, answer.roles, answer.territories) == (["china", "east"], [Role.DIRECTOR], ["china"])
    assert [(each.name, each.rights[0].kind, each.rights[0].detail) for each in answer.accounts] == [
        ("Acme", "territory", "east"),
        ("Bolt", "merged", "A-01"),
    ]
    (bolt,) = ask(desk, engine, BEN, at(7), account=BOLT).accounts
    assert [why.position for why in bolt.because] == [2, 8, 9, 10, 14]
    assert ask(desk, engine, BEN, at(1.5)).directed == []


def test_what_was_recorded_later_is_not_what_the_system_went_by(
    desk: RealJournal, journal: Journal, engine_of: EngineOf
) -> None:
    journal.append_all([[each] for each in history()])
    journal.append((BOLT, Account.ManagerAssigned(manager=ANNA), at(3.2)))
    engine = engine_of(*READ_MODELS)
    engine.catch_up()
    assert [each.name for each in ask(desk, engine, ANNA, at(3.5)).accounts] == ["Bolt"]
    assert ask(desk, engine, ANNA, at(3.5), known_at=14).accounts == []


def test_without_a_live_key_nothing_could_be_asked(desk: RealJournal, journal: Journal, engine_of: EngineOf) -> None:
    journal.append_all([[each] for each in history()])
    journal.append((ANNA, Member.KeyRevoked(key_id=f"k{ANNA.hex[:6]}", reason="lost"), at(4.5)))
    engine = engine_of(*READ_MODELS)
    engine.catch_up()
    before, after = ask(desk, engine, ANNA, at(4.2)), ask(desk, engine, ANNA, at(5))
    assert (before.reads, before.personal, len(before.keys), before.sees) == (True, True, 1, 1)
    assert (after.reads, after.personal, after.keys, after.sees) == (False, False, [], 1)
    assert ask(desk, engine, ANNA, at(-1)).there is False


def test_while_a_member_was_locked_out_nothing_could_be_asked(
    desk: RealJournal, journal: Journal, engine_of: EngineOf
) -> None:
    locked = Member.LockedOut(reason=sealed("stolen"), until=at(7))
    journal.append_all([[each] for each in [*history(), (ANNA, locked, at(5))]])
    engine = engine_of(*READ_MODELS)
    engine.catch_up()
    before, during, after = (ask(desk, engine, ANNA, at(moment)) for moment in (4.5, 6, 7))
    assert [(each.locked_out, each.reads, len(each.keys)) for each in (before, during, after)] == [
        (False, True, 1),
        (True, False, 0),
        (False, True, 1),
    ]
    assert "no key was live" in during.scope
