"""A member: invited, given roles, territories and keys, and leaving."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from domain.aggregate import AlreadyOpened, LaterFactForbids, NotYetOpened
from domain.claims import Claim
from domain.keys import NotAKey, TooLittleRandomness, make_key, matches, parse_key
from domain.member import (
    AccountsNotHandedOver,
    KeyBornExpired,
    KeyExists,
    KeyScope,
    KeyUnknown,
    KeyWithoutScope,
    Member,
    MemberHasLeft,
    NotOfTerritory,
    Role,
    RoleNotHeld,
    TooManyKeys,
)
from domain.policies.territories import Territories, Territory, TerritoryUnknown
from tests.domain.given import (
    ROOT,
    after_snapshot,
    contents,
    day,
    given,
    history,
    late,
    on,
    recorded,
    sealed,
    some_id,
    without,
)

INVITED = Member.Invited(name=sealed("Anna"), external_id="M-1")
DIRECTOR = Member.RoleGranted(role=Role.DIRECTOR)
NORTH = Member.TerritoryAssigned(territory="north")
READ = (KeyScope.READ,)


def tree() -> Territories:
    return Territories(id=ROOT, territories={"north": Territory("north", "North")})


def key(key_id: str, number: int = 1, expires: int | None = None) -> Member.KeyIssued:
    return Member.KeyIssued(
        key_id=key_id, hash=b"h", scopes=READ, issued=day(number), expires=day(expires) if expires else None
    )


def test_a_member_is_invited() -> None:
    new = Member(id=ROOT)
    new.at(day(1))
    new.invite(name=sealed("Anna"), email=sealed("a@x"), language="zh", external_id="M-1")
    invited = Member.Invited(name=sealed("Anna"), email=sealed("a@x"), language="zh", external_id="M-1")
    assert recorded(new) == [invited]
    assert invited.claims(ROOT) == [Claim("member", "", "M-1")]
    assert Member.Invited(name=sealed("Bo")).claims(ROOT) == []


def test_a_member_is_invited_once() -> None:
    with pytest.raises(AlreadyOpened):
        given(Member, INVITED).invite(name=sealed("Anna"))


def test_a_role_is_granted_once() -> None:
    it = given(Member, INVITED)
    it.grant_role(role=Role.DIRECTOR)
    it.grant_role(role=Role.DIRECTOR)
    assert recorded(it) == [DIRECTOR]
    assert it.roles == (Role.DIRECTOR,)


def test_a_stranger_has_no_role() -> None:
    with pytest.raises(NotYetOpened):
        Member(id=ROOT).grant_role(role=Role.ADMIN)
    with pytest.raises(NotYetOpened):
        Member(id=ROOT).must_be_here()


def test_a_role_is_revoked() -> None:
    it = given(Member, INVITED, DIRECTOR)
    it.revoke_role(role=Role.DIRECTOR)
    assert recorded(it) == [Member.RoleRevoked(role=Role.DIRECTOR)]
    with pytest.raises(RoleNotHeld):
        it.revoke_role(role=Role.DIRECTOR)


def test_a_member_joins_and_leaves_a_territory() -> None:
    it = given(Member, INVITED)
    it.assign_territory(territory="north", territories=tree())
    it.assign_territory(territory="north", territories=tree())
    it.leave_territory(territory="north")
    assert recorded(it) == [NORTH, Member.TerritoryLeft(territory="north")]
    with pytest.raises(NotOfTerritory):
        it.leave_territory(territory="north")


def test_a_territory_is_one_of_the_tree() -> None:
    with pytest.raises(TerritoryUnknown, match="north"):
        given(Member, INVITED).assign_territory(territory="south", territories=tree())


def test_a_key_is_issued_by_its_hash_alone() -> None:
    it = given(Member, INVITED, now=day(3))
    made = make_key(bytes(range(40)))
    it.issue_key(key_id=made.id, secret_hash=made.hash, scopes=READ, expires=day(90))
    (event,) = recorded(it)
    assert event == Member.KeyIssued(key_id=made.id, hash=made.hash, scopes=READ, issued=day(3), expires=day(90))
    assert event.claims(ROOT) == [Claim("key", "", made.id)]


def test_two_keys_may_live_at_once_for_rotation_and_no_third() -> None:
    it = given(Member, INVITED, key("a"), key("b"))
    with pytest.raises(TooManyKeys, match="at most 2"):
        it.issue_key(key_id="c", secret_hash=b"c", scopes=READ)


def test_a_revoked_or_expired_key_makes_room() -> None:
    it = given(Member, INVITED, key("a", expires=4), key("b"), now=day(5))
    it.issue_key(key_id="c", secret_hash=b"c", scopes=READ)
    it.revoke_key(key_id="b", reason="lost")
    it.issue_key(key_id="d", secret_hash=b"d", scopes=READ)
    assert sorted(it.live_keys(day(5))) == ["c", "d"]
    assert sorted(it.live_keys(day(3))) == ["a", "c", "d"]


@pytest.mark.parametrize(
    ("stated", "refusal"),
    [
        ({"key_id": "a"}, KeyExists),
        ({"scopes": ()}, KeyWithoutScope),
        ({"expires": day(3)}, KeyBornExpired),
    ],
)
def test_a_key_is_refused(stated: dict[str, object], refusal: type[Exception]) -> None:
    it = given(Member, INVITED, key("a"), now=day(3))
    with pytest.raises(refusal):
        it.issue_key(**{"key_id": "b", "secret_hash": b"b", "scopes": READ, **stated})  # type: ignore[arg-type]


def test_only_a_key_of_the_member_is_revoked() -> None:
    with pytest.raises(KeyUnknown):
        given(Member, INVITED).revoke_key(key_id="z")


def test_leaving_ends_roles_to_come_and_keys() -> None:
    it = given(Member, INVITED, DIRECTOR, NORTH, key("a"))
    it.leave(reason="retired")
    it.leave(reason="retired")
    assert recorded(it) == [Member.Left(reason="retired")]
    assert it.live_keys(day(9)) == {}
    attempts: list[Callable[[], None]] = [
        lambda: it.grant_role(role=Role.ADMIN),
        lambda: it.revoke_role(role=Role.DIRECTOR),
        lambda: it.leave_territory(territory="north"),
        lambda: it.issue_key(key_id="b", secret_hash=b"b", scopes=READ),
        lambda: Member.TerritoryAssigned(territory="x").check(it),
        lambda: Member.Left().check(it),
    ]
    for attempt in attempts:
        with pytest.raises(MemberHasLeft):
            attempt()


def test_accounts_are_handed_over_before_leaving() -> None:
    with pytest.raises(AccountsNotHandedOver, match=str(some_id("steel works"))):
        given(Member, INVITED).leave(open_accounts=(some_id("steel works"),))


def test_a_departure_recorded_late_before_a_role_is_refused() -> None:
    with pytest.raises(LaterFactForbids, match="RoleGranted"):
        late(Member, history(INVITED, on(day(9), DIRECTOR)), day(5), lambda it: it.leave())


def test_a_late_key_counts_the_keys_of_its_own_time() -> None:
    facts = history(INVITED, key("a", 2, expires=4), key("b", 3), on(day(6), key("c", 6)))
    with pytest.raises(LaterFactForbids, match="at most 2"):
        late(Member, facts, day(5), lambda it: it.issue_key(key_id="d", secret_hash=b"d", scopes=READ))
    short = {"key_id": "d", "secret_hash": b"d", "scopes": READ, "expires": day(6)}
    events = late(Member, facts, day(5), lambda it: it.issue_key(**short))  # type: ignore[arg-type]
    assert len(events) == 1


def test_a_withdrawn_grant_takes_its_revocation_to_account() -> None:
    facts = history(INVITED, DIRECTOR, Member.RoleRevoked(role=Role.DIRECTOR))
    with pytest.raises(LaterFactForbids, match="RoleRevoked"):
        without(Member, facts, 2)


def test_a_snapshot_keeps_the_member() -> None:
    it = given(Member, INVITED, DIRECTOR, NORTH, key("a", expires=99))
    assert contents(after_snapshot(it)) == contents(it)


# Keys


def test_a_key_is_read_as_it_was_made() -> None:
    made = make_key(bytes(range(40)))
    assert made.text.startswith("kams_0001020304050607_")
    assert parse_key(f" {made.text}\n") == made
    assert matches(made, made.hash)


def test_another_secret_does_not_match() -> None:
    assert not matches(make_key(bytes(range(1, 41))), make_key(bytes(range(40))).hash)


def test_the_underscore_may_be_part_of_a_secret() -> None:
    made = make_key(b"\xff" * 40)
    assert "_" in made.secret
    assert parse_key(made.text) == made


@pytest.mark.parametrize("text", ["", "kams_1_2", "sk_0001020304050607_" + "a" * 43, "kams_0001020304050607_ä"])
def test_what_is_no_key_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(NotAKey) as refusal:
        parse_key(text)
    assert not text or text not in str(refusal.value)


def test_a_key_needs_its_randomness() -> None:
    with pytest.raises(TooLittleRandomness, match="40 random bytes, not of 3"):
        make_key(b"abc")


def test_a_member_chooses_the_weekly_digest_or_none() -> None:
    member = given(Member, Member.Invited(name=sealed("Anna")))
    member.choose_digest(wanted=False)
    member.choose_digest(wanted=False)
    member.choose_digest(wanted=True)
    assert recorded(member) == [Member.DigestChosen(wanted=False), Member.DigestChosen(wanted=True)]


def test_who_has_left_chooses_no_digest() -> None:
    with pytest.raises(MemberHasLeft):
        given(Member, Member.Invited(name=sealed("Anna")), Member.Left()).choose_digest(wanted=True)
    with pytest.raises(NotYetOpened):
        given(Member).choose_digest(wanted=True)
