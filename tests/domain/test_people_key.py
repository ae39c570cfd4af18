"""The people key: whoever reads the database, without it, reads no personal data."""

from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest

from domain.journal.journal import Journal
from domain.journal.wrapping import (
    PeopleKeyIsAnother,
    PeopleKeyMissing,
    SecretDamaged,
    Wrapping,
    in_use,
    new_people_key,
    see_that_it_fits,
    wrap_all,
    wrap_anew,
)

KEY, OTHER_KEY = new_people_key(), new_people_key()


@pytest.fixture
def connection(migrated_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(migrated_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def journals(migrated_url: str) -> Iterator:
    made = []

    def journal(people_key: bytes | None) -> Journal:
        made.append(Journal(migrated_url, people_key=people_key))
        return made[-1]

    yield journal
    for each in made:
        each.close()


def lengths(connection):
    return sorted(length for (length,) in connection.execute("select length(secret) from person_keys"))


def test_with_a_people_key_the_database_holds_wrapped_secrets(connection, journals):
    wrap_all(connection, Wrapping(KEY))
    name = journals(KEY).people.seal_person(uuid4(), "name", "Ann")
    assert lengths(connection) == [48]
    assert journals(KEY).people.open(name, "name") == "Ann"
    assert in_use(connection) == Wrapping(KEY).fingerprint


def test_a_process_without_the_key_or_with_another_reads_and_writes_nothing(connection, journals):
    wrap_all(connection, Wrapping(KEY))
    name = journals(KEY).people.seal_person(uuid4(), "name", "Ann")
    with pytest.raises(PeopleKeyMissing, match=Wrapping(KEY).fingerprint.hex()):
        journals(None).people.open(name, "name")
    with pytest.raises(PeopleKeyMissing):
        journals(None).people.seal_person(uuid4(), "name", "Bob")
    with pytest.raises(SecretDamaged, match=str(name.key)):
        journals(OTHER_KEY).people.open(name, "name")
    with pytest.raises(PeopleKeyIsAnother):
        journals(OTHER_KEY).people.seal_person(uuid4(), "name", "Bob")
    assert lengths(connection) == [48]


def test_whether_the_key_fits_is_asked_before_anything_is_read(connection):
    see_that_it_fits(connection, None)
    see_that_it_fits(connection, Wrapping(KEY))
    wrap_all(connection, Wrapping(KEY))
    see_that_it_fits(connection, Wrapping(KEY))
    with pytest.raises(PeopleKeyMissing):
        see_that_it_fits(connection, None)
    with pytest.raises(PeopleKeyIsAnother):
        see_that_it_fits(connection, Wrapping(OTHER_KEY))


def test_secrets_from_before_are_wrapped_once(connection, journals):
    people = journals(None).people
    name, other = people.seal_person(uuid4(), "name", "Ann"), people.seal_person(uuid4(), "name", "Bob")
    people.destroy([other.key])
    assert wrap_all(connection, Wrapping(KEY)) == 1
    assert wrap_all(connection, Wrapping(KEY)) == 0
    with pytest.raises(PeopleKeyIsAnother):
        wrap_all(connection, Wrapping(OTHER_KEY))
    reading = journals(KEY).people
    assert (reading.open(name, "name"), reading.open(other, "name")) == ("Ann", None)


def test_the_people_key_is_exchanged_with_every_secret(connection, journals):
    people = journals(None).people
    early = people.seal_person(uuid4(), "name", "Ann")
    wrap_all(connection, Wrapping(KEY))
    late, gone = (journals(KEY).people.seal_person(uuid4(), "name", text) for text in ("Bob", "Cid"))
    people.destroy([gone.key])
    assert wrap_anew(connection, Wrapping(KEY), Wrapping(OTHER_KEY)) == 2
    reading = journals(OTHER_KEY).people
    assert [reading.open(each, "name") for each in (early, late, gone)] == ["Ann", "Bob", None]
    with pytest.raises(SecretDamaged):
        journals(KEY).people.open(late, "name")
    with pytest.raises(PeopleKeyIsAnother):
        wrap_anew(connection, Wrapping(KEY), Wrapping(new_people_key()))


def test_an_exchange_takes_bare_secrets_along(connection, journals):
    wrap_all(connection, Wrapping(KEY))
    connection.execute("insert into person_keys values (%s, %s)", (uuid4(), bytes(32)))
    assert wrap_anew(connection, Wrapping(KEY), Wrapping(OTHER_KEY)) == 1
    assert lengths(connection) == [48]


def test_a_secret_moved_to_another_key_is_noticed(connection, journals):
    wrap_all(connection, Wrapping(KEY))
    people = journals(KEY).people
    ann, bob = people.seal_person(uuid4(), "name", "Ann"), people.seal_person(uuid4(), "name", "Bob")
    connection.execute(
        "update person_keys set secret = (select secret from person_keys where key = %s) where key = %s",
        (ann.key, bob.key),
    )
    with pytest.raises(SecretDamaged, match=str(bob.key)):
        journals(KEY).people.open(bob, "name")
