"""Forgetting in the journal: the fact and the destroyed keys belong together, and every process learns of both."""

import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest

from domain.account.account import Account
from domain.account.needs import NeedKind
from domain.commands import Commands, command_type
from domain.journal import forgetting as module
from domain.journal.context import Context
from domain.journal.forgetting import complete, filed_under, forget
from domain.journal.forgotten import (
    FORGETTINGS,
    Forgetting,
    Register,
    RegisterDamaged,
    forget_again,
    forgettings,
    not_destroyed,
)
from domain.journal.journal import Journal
from domain.journal.people import PersonForgotten, text_key
from domain.member import Member
from domain.person_forgetting import MemberIsStillHere, Person, PersonKind, forgetting_of

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
CONTEXT = Context(at=NOW, actor=UUID(int=7))
STAKEHOLDER = PersonKind.STAKEHOLDER
OTHER_PROCESS = """
import sys
from uuid import UUID
from domain.journal.journal import Journal
from domain.sealed import Sealed
journal = Journal(sys.argv[1])
name = Sealed(UUID(sys.argv[2]), bytes.fromhex(sys.argv[3]), bytes.fromhex(sys.argv[4]))
for _ in sys.stdin:
    journal.people.look()
    print(journal.people.open(name, "name"), flush=True)
journal.close()
"""


@pytest.fixture
def journal(migrated_url: str) -> Iterator[Journal]:
    journal = Journal(migrated_url)
    yield journal
    journal.close()


def the_facts(journal: Journal, person: UUID) -> list[object]:
    return [fact.event for fact in journal.streams.history(forgetting_of(person))]


def destroyed(fact: object) -> set[UUID]:
    assert isinstance(fact, Person.Forgotten | Person.TextsForgotten)
    return {each.key for each in fact.keys}


def test_the_person_and_texts_about_him_alone_are_forgotten_and_shared_texts_are_left(journal: Journal) -> None:
    ann, bob, account = uuid4(), uuid4(), uuid4()
    name, other = journal.people.seal_person(ann, "name", "Ann"), journal.people.seal_person(bob, "name", "Bob")
    alone = journal.people.seal_text(account, (ann,), "outcome", "Ann was ill")
    shared = journal.people.seal_text(account, (ann, bob), "outcome", "Ann and Bob agreed")
    nobodys = journal.people.seal_text(account, (), "outcome", "the shop was closed")
    (outcome,) = forget(journal, {ann: STAKEHOLDER}, CONTEXT, reason="asked for it")
    assert outcome.positions == (1,)
    opened = [journal.people.open(each, field) for each, field in ((name, "name"), (alone, "outcome"))]
    assert opened == [None, None]
    left = [journal.people.open(each, "outcome") for each in (shared, nobodys)]
    assert left == ["Ann and Bob agreed", "the shop was closed"]
    assert journal.people.open(other, "name") == "Bob"
    (fact,) = the_facts(journal, ann)
    assert isinstance(fact, Person.Forgotten)
    assert {(each.key, each.fingerprint) for each in fact.keys} == {
        (name.key, name.fingerprint),
        (alone.key, alone.fingerprint),
    }
    assert (fact.texts_left, fact.reason) == ((shared.key,), "asked for it")


def test_a_shared_text_is_forgotten_where_it_is_named(journal: Journal) -> None:
    ann, bob, account = uuid4(), uuid4(), uuid4()
    journal.people.seal_person(ann, "name", "Ann")
    shared = journal.people.seal_text(account, (ann, bob), "outcome", "both")
    forget(journal, {ann: STAKEHOLDER}, CONTEXT, reason="asked for it")
    (more,) = forget(journal, {ann: STAKEHOLDER}, CONTEXT, reason="this, too", also=[shared.key, uuid4()])
    assert journal.people.open(shared, "outcome") is None
    assert [destroyed(fact) for fact in the_facts(journal, ann)] == [{ann}, {shared.key}]
    (again,) = forget(journal, {ann: STAKEHOLDER}, CONTEXT, reason="once more")
    assert (len(more.positions), again.positions) == (1, ())


def test_what_several_identifiers_of_one_person_share_is_about_him_alone(journal: Journal) -> None:
    ann, double, account = uuid4(), uuid4(), uuid4()
    for each in (ann, double):
        journal.people.seal_person(each, "name", "Ann")
    both = journal.people.seal_text(account, (ann, double), "outcome", "the same woman")
    forget(journal, {ann: STAKEHOLDER, double: STAKEHOLDER}, CONTEXT, reason="asked for it")
    assert journal.people.open(both, "outcome") is None
    facts = [*the_facts(journal, ann), *the_facts(journal, double)]
    assert [destroyed(fact) for fact in facts] == [{ann, both.key}, {double}]
    assert [fact.same_as for fact in facts if isinstance(fact, Person.Forgotten)] == [(double,), (ann,)]


def test_nothing_can_be_sealed_about_somebody_who_was_forgotten(journal: Journal) -> None:
    ann, bob, account = uuid4(), uuid4(), uuid4()
    journal.people.seal_person(ann, "name", "Ann")
    journal.people.seal_text(account, (ann, bob), "outcome", "left")
    forget(journal, {ann: STAKEHOLDER}, CONTEXT, reason="asked for it")
    with pytest.raises(PersonForgotten, match=str(ann)):
        journal.people.seal_person(ann, "name", "Ann again")
    with pytest.raises(PersonForgotten, match=str(ann)):
        journal.people.seal_text(account, (ann, bob), "outcome", "more")
    with pytest.raises(PersonForgotten, match=str(ann)):
        journal.people.seal_text(uuid4(), (ann,), "outcome", "elsewhere")
    journal.people.prepare([ann, bob], [(account, (ann,))])
    assert journal.people.seal_person(bob, "name", "Bob").key == bob
    assert journal.people.was_forgotten(ann)
    assert not journal.people.was_forgotten(bob)


def test_a_key_destroyed_without_a_fact_seals_nothing_either(journal: Journal) -> None:
    ann, account = uuid4(), uuid4()
    with psycopg.connect(journal.database_url, autocommit=True) as connection:
        assert forget_again(connection, [ann, text_key(account, (ann,))]) == 2
        assert forget_again(connection, [ann]) == 0
    with pytest.raises(PersonForgotten, match=str(ann)):
        journal.people.seal_person(ann, "name", "Ann")
    with pytest.raises(PersonForgotten, match=str(ann)):
        journal.people.seal_text(account, (ann,), "outcome", "about her")


def test_another_process_goes_on_showing_nobody(journal: Journal, tmp_path: Path) -> None:
    name = journal.people.seal_person(uuid4(), "name", "Ann")
    arguments = [journal.database_url, str(name.key), name.fingerprint.hex(), name.ciphertext.hex()]
    other = subprocess.Popen(
        [sys.executable, "-c", OTHER_PROCESS, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdin
    assert other.stdout

    def asked() -> str:
        assert other.stdin
        assert other.stdout
        print(file=other.stdin, flush=True)
        return other.stdout.readline().strip()

    try:
        assert [asked(), asked()] == ["Ann", "Ann"]
        forget(journal, {name.key: STAKEHOLDER}, CONTEXT, reason="asked for it")
        assert asked() == "None"
    finally:
        other.communicate()


def test_who_dies_between_the_fact_and_the_keys_is_finished_by_the_next(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = uuid4()
    name = journal.people.seal_person(ann, "name", "Ann")

    def die(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "complete", die)
    with pytest.raises(KeyboardInterrupt):
        forget(journal, {ann: STAKEHOLDER}, CONTEXT, reason="asked for it")
    assert journal.streams.read(lambda c: not_destroyed(c, [ann])) == [ann]
    other = Journal(journal.database_url)
    assert other.people.open(name, "name") is None, "from the fact on nobody opens it"
    register = Register(tmp_path / "forgotten.txt")
    assert complete(other, register) == 1
    assert other.streams.read(lambda c: not_destroyed(c, [ann])) == []
    assert [each.person for each in register.read()] == [ann]
    assert complete(other, register) == 0
    other.close()
    journal.people.look()
    assert journal.people.open(name, "name") is None


def test_a_secret_that_comes_back_opens_nothing_that_was_forgotten(journal: Journal) -> None:
    ann = uuid4()
    name = journal.people.seal_person(ann, "name", "Ann")
    with psycopg.connect(journal.database_url, autocommit=True) as connection:
        (secret,) = connection.execute("select secret from person_keys where key = %s", (ann,)).fetchone() or ()
        forget(journal, {ann: STAKEHOLDER}, CONTEXT, reason="asked for it")
        connection.execute("update person_keys set secret = %s where key = %s", (secret, ann))
    for each in (journal, Journal(journal.database_url)):
        assert each.people.open(name, "name") is None
        if each is not journal:
            each.close()


def test_a_member_is_forgotten_after_he_left(journal: Journal) -> None:
    member, commands = uuid4(), Commands(journal)

    def give(name: str, body: dict[str, object]) -> None:
        commands.give(Member, member, name, command_type(Member, name).body(**body), CONTEXT)

    give("invite", {"name": "Ann"})
    invited = journal.streams.history(member)[0].event
    assert isinstance(invited, Member.Invited)
    with pytest.raises(MemberIsStillHere):
        forget(journal, {member: PersonKind.MEMBER}, CONTEXT, reason="asked for it")
    assert journal.people.open(invited.name, "name") == "Ann"
    give("leave", {})
    forget(journal, {member: PersonKind.MEMBER}, CONTEXT, reason="asked for it")
    assert journal.people.open(invited.name, "name") is None


def test_a_repeated_command_forgets_once(journal: Journal) -> None:
    ann, context = uuid4(), Context(at=NOW, command_id=uuid4(), digest=b"forget ann")
    journal.people.seal_person(ann, "name", "Ann")
    first, again = (forget(journal, {ann: STAKEHOLDER}, context, reason="asked for it") for _ in range(2))
    assert ([each.positions for each in first], first[0].repeated) == ([(1,)], False)
    assert ([each.positions for each in again], again[0].repeated) == ([(1,)], True)


def test_the_register_outlives_the_database(journal: Journal, tmp_path: Path) -> None:
    ann, bob, register = uuid4(), uuid4(), Register(tmp_path / "home" / "forgotten.txt")
    for each in (ann, bob):
        journal.people.seal_person(each, "name", "somebody")
        forget(journal, {each: STAKEHOLDER}, CONTEXT, reason="asked for it", register=register)
    known = journal.streams.read(forgettings)
    lines = register.path.read_text(encoding="ascii").splitlines()
    assert lines == [f"{each.at.isoformat()} {each.person} {each.person}" for each in known]
    assert [each.person for each in known] == [ann, bob]
    assert stat.S_IMODE(register.path.stat().st_mode) == 0o600
    assert register.keep_up(known) == 0


def test_a_line_that_a_crash_cut_short_is_written_again(tmp_path: Path) -> None:
    ann, bob = Forgetting(NOW, uuid4(), (uuid4(),)), Forgetting(NOW, uuid4(), ())
    register = Register(tmp_path / "forgotten.txt")
    assert register.read() == []
    register.keep_up([ann])
    with register.path.open("a", encoding="ascii") as file:
        file.write("2026-03-01T09:00:00+00:00 1f0c")
    assert register.read() == [ann]
    assert register.keep_up([ann, bob]) == 1
    assert register.read() == [ann, bob]


def test_a_damaged_register_is_refused_by_its_line(tmp_path: Path) -> None:
    path = tmp_path / "forgotten.txt"
    path.write_bytes(b"2026-03-01T09:00:00+00:00 nobody\n")
    with pytest.raises(RegisterDamaged, match="Line 1"):
        Register(path).read()


def test_the_keys_filed_under_somebody_are_those_that_are_there(journal: Journal) -> None:
    ann, bob, account = uuid4(), uuid4(), uuid4()
    alone = journal.people.seal_text(account, (ann,), "outcome", "a").key
    shared = journal.people.seal_text(account, (ann, bob), "outcome", "b").key
    filed = journal.streams.read(lambda c: filed_under(c, {ann}))
    assert (filed.alone, filed.shared) == ([alone], {shared: (bob,)})
    journal.people.destroy([alone])
    assert journal.streams.read(lambda c: filed_under(c, {ann})).alone == []


def test_facts_that_name_a_person_or_hold_texts_about_him_are_found(journal: Journal) -> None:
    ann, account, commands = uuid4(), uuid4(), Commands(journal)

    def give(name: str, body: dict[str, object]) -> int:
        return commands.give(Account, account, name, command_type(Account, name).body(**body), CONTEXT).position

    give("register", {"name": "Acme"})
    added = give("stakeholders.add", {"stakeholder_id": ann, "name": "Ann"})
    give("stakeholders.add", {"stakeholder_id": uuid4(), "name": "Bob"})
    need = {"need_id": uuid4(), "kind": NeedKind.GOAL, "words": "a quicker line", "stakeholders": (ann,)}
    needed = give("needs.add", need)
    text = text_key(account, (ann,))
    assert [fact.position for fact in journal.streams.mentioning([ann], [text])] == [added, needed]
    assert [fact.position for fact in journal.streams.mentioning([ann], [])] == [added, needed]
    assert journal.streams.mentioning([uuid4()], [text]) == []


def test_looking_for_the_forgotten_costs_little(journal: Journal) -> None:
    for _ in range(200):
        forget(journal, {uuid4(): STAKEHOLDER}, CONTEXT, reason="asked for it")
    journal.people.look()
    with psycopg.connect(journal.database_url, autocommit=True) as connection:
        connection.execute("set enable_seqscan = off")
        plan = connection.execute("explain " + FORGETTINGS.replace("%s", "200")).fetchall()
    assert "events_of_forgetting" in str(plan)
