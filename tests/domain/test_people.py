"""Sealed personal data: opened with its own key in its own field, and never again once the key is gone."""

import threading
from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID, uuid4

import msgspec
import psycopg
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from domain.journal import opened as opened_module
from domain.journal import people as module
from domain.journal.connections import pool_of
from domain.journal.people import People, SealBroken, fingerprint, text_key


@pytest.fixture
def people(migrated_url: str) -> Iterator[People]:
    with pool_of(migrated_url, 4) as pool:
        yield People(pool)


def test_equal_text_is_equal_ciphertext_in_the_same_field_only(people: People) -> None:
    person, other = uuid4(), uuid4()
    name = people.seal_person(person, "name", "王伟")
    assert name == people.seal_person(person, "name", "王伟")
    assert name.ciphertext != people.seal_person(person, "title", "王伟").ciphertext
    assert name.ciphertext != people.seal_person(other, "name", "王伟").ciphertext
    assert "王伟".encode() not in name.ciphertext


def test_a_moved_or_changed_ciphertext_and_an_exchanged_key_are_refused_by_name(people: People) -> None:
    person, other = uuid4(), uuid4()
    sealed, foreign = people.seal_person(person, "name", "Ann"), people.seal_person(other, "name", "Bob")
    for moved in (
        msgspec.structs.replace(sealed, ciphertext=foreign.ciphertext),
        msgspec.structs.replace(sealed, ciphertext=sealed.ciphertext[:-1] + bytes([sealed.ciphertext[-1] ^ 1])),
        msgspec.structs.replace(sealed, key=other),
    ):
        with pytest.raises(SealBroken, match="sealed field name under key"):
            people.open(moved, "name")
    with pytest.raises(SealBroken, match="field title"):
        people.open(sealed, "title")


def test_what_was_sealed_with_a_destroyed_key_stays_closed(people: People, migrated_url: str) -> None:
    sealed = people.seal_person(uuid4(), "name", "Ann")
    with psycopg.connect(migrated_url, autocommit=True) as connection:
        connection.execute("delete from person_keys where key = %s", (sealed.key,))
    people.forget_cached()
    assert people.open(sealed, "name") is None


def test_a_free_text_is_filed_under_every_person_it_concerns(people: People, migrated_url: str) -> None:
    visit, ann, bob = uuid4(), uuid4(), uuid4()
    sealed = people.seal_text(visit, (bob, ann), "outcome", "agreed")
    assert sealed == people.seal_text(visit, (ann, bob), "outcome", "agreed")
    assert sealed.key == text_key(visit, (ann, bob)) != text_key(visit, (ann,))
    with psycopg.connect(migrated_url) as connection:
        filed = connection.execute("select person from person_texts where key = %s", (sealed.key,)).fetchall()
    assert {person for (person,) in filed} == {ann, bob}


def test_many_keys_are_made_and_fetched_in_one_go(people: People, migrated_url: str) -> None:
    persons = [uuid4() for _ in range(50)]
    subject = uuid4()
    people.prepare((person for person in persons), ((subject, (person,)) for person in persons[:3]))
    people.prepare(persons)
    sealed = [people.seal_person(person, "name", str(person)) for person in persons]
    people.forget_cached()
    people.preload(each.key for each in sealed)
    people.preload([])
    assert [people.open(each, "name") for each in sealed] == [str(person) for person in persons]
    with psycopg.connect(migrated_url) as connection:
        assert connection.execute("select count(*) from person_keys").fetchone() == (53,)


def test_those_who_make_the_same_keys_at_once_get_the_same(people: People, migrated_url: str) -> None:
    persons, found = [uuid4() for _ in range(30)], []

    def seal(order: list[UUID]) -> None:
        with pool_of(migrated_url, 1) as pool:
            own = People(pool)
            own.prepare(order)
            found.append({person: own.seal_person(person, "name", "x") for person in order})

    threads = [threading.Thread(target=seal, args=(order,)) for order in (persons, persons[::-1]) * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert all(each == found[0] for each in found)


def test_a_full_memory_of_keys_is_emptied_and_nothing_is_lost(people: People, monkeypatch) -> None:
    monkeypatch.setattr(module, "CACHED_KEYS", 3)
    sealed = [people.seal_person(uuid4(), "name", str(number)) for number in range(10)]
    people.prepare([uuid4() for _ in range(5)])
    assert [people.open(each, "name") for each in sealed] == [str(number) for number in range(10)]


def test_a_fingerprint_names_a_key_without_showing_it() -> None:
    assert len(fingerprint(b"k" * 32)) == 16
    assert fingerprint(b"k" * 32) != fingerprint(b"l" * 32)


class Filled(dict[UUID, bytes]):
    """Secrets that another thread fills at every moment: whoever walks through them falls."""

    def __iter__(self) -> Iterator[UUID]:
        raise RuntimeError("dictionary changed size during iteration")

    keys = __iter__  # type: ignore[assignment]


def test_keys_are_fetched_while_another_thread_fetches_others(people: People) -> None:
    ann = uuid4()
    sealed = people.seal_person(ann, "name", "Ann")
    people._secrets = Filled()
    people.preload([sealed.key])
    people.prepare([ann])
    assert people.open(sealed, "name") == "Ann"


def test_a_key_that_was_destroyed_is_looked_for_once_and_again_after_the_next_look(people: People) -> None:
    sealed = people.seal_person(uuid4(), "name", "Ann")
    people.destroy([sealed.key])
    asked = list[list[UUID]]()
    load = people._load

    def counted(keys: Iterable[UUID]) -> dict[UUID, bytes]:
        asked.append(list(keys))
        return load(asked[-1])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(people, "_load", counted)
        people.preload([sealed.key])
        assert [people.open(sealed, "name") for _ in range(3)] == [None, None, None]
        assert [each for each in asked if each] == [[sealed.key]]
        people.look()
        assert people.open(sealed, "name") is None
        assert [each for each in asked if each] == [[sealed.key]] * 2


def test_a_name_that_was_opened_before_is_looked_up_and_forgotten_with_its_key(people: People) -> None:
    person = uuid4()
    name, long = people.seal_person(person, "name", "Ann"), people.seal_person(person, "name", "A" * 101)
    for _ in range(2):
        people.has_opened = False
        assert (people.open(name, "name"), people.open(long, "name")) == ("Ann", "A" * 101)
        assert people.has_opened
    assert people._opened.get(name, "name") == "Ann"
    assert people._opened.get(long, "name") is None
    with pytest.raises(SealBroken):
        people.open(name, "title")
    with pytest.raises(SealBroken):
        people.open(msgspec.structs.replace(name, fingerprint=bytes(16)), "name")
    people.destroy([person])
    assert people.open(name, "name") is None
    assert people._opened.get(name, "name") is None


def test_a_name_that_is_being_opened_while_its_person_is_forgotten_is_not_kept(people: People) -> None:
    person = uuid4()
    name = people.seal_person(person, "name", "Ann")

    class Slow:
        def __init__(self, secret: bytes) -> None:
            self.real = AESSIV(secret)

        def decrypt(self, *sealed: Any) -> bytes:
            opened = self.real.decrypt(*sealed)
            people.destroy([person])
            return opened

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "AESSIV", Slow)
        people.open(name, "name")
    assert people._opened.get(name, "name") is None


def test_no_more_names_are_kept_than_so_many(people: People) -> None:
    opened = opened_module.Opened()
    sealed = [people.seal_person(uuid4(), "name", f"{n}") for n in range(3)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(opened_module, "MOST_TEXTS", 2)
        for n, each in enumerate(sealed):
            opened.put(each, "name", f"{n}")
    assert [opened.get(each, "name") for each in sealed] == [None, None, "2"]
