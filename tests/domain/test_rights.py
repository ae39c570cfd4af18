"""The newest states by which rights are judged: asked for each time, or once for a whole question."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from uuid import UUID

import pytest

from domain.commands import Commands, command_type
from domain.journal.context import Context
from domain.journal.journal import Journal
from domain.member import Member
from domain.rights import Newest, read_once
from tests.domain.given import some_id

ANNA, BEN = some_id("anna"), some_id("ben")


@pytest.fixture
def journal(migrated_url: str) -> Iterator[Journal]:
    real = Journal(migrated_url)
    yield real
    real.close()


def invite(journal: Journal, external_id: str) -> None:
    given = command_type(Member, "invite").body(name="Anna", external_id=external_id)
    Commands(journal).give(Member, ANNA, "invite", given, Context(at=datetime.now(UTC), actor=BEN))


def test_a_state_is_the_newest_whenever_it_is_asked_for(journal: Journal) -> None:
    newest = Newest(journal)
    assert not newest.state(Member, ANNA).opened
    invite(journal, "A1")
    assert newest.state(Member, ANNA).opened


def test_within_one_question_a_state_stays_as_it_was_first_read(journal: Journal) -> None:
    newest = Newest(journal)
    with read_once():
        assert not newest.state(Member, ANNA).opened
        invite(journal, "A1")
        assert not newest.state(Member, ANNA).opened
    assert newest.state(Member, ANNA).opened


def test_within_one_question_each_state_is_asked_for_once(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    newest, asked, versions = Newest(journal), list[Sequence[UUID]](), journal.streams.newest_versions

    def asking(keys: Sequence[UUID]) -> dict[UUID, int]:
        asked.append(keys)
        return versions(keys)

    monkeypatch.setattr(journal.streams, "newest_versions", asking)
    with read_once():
        for _ in range(3):
            newest.state(Member, ANNA)
            newest.states({ANNA: Member, BEN: Member})
    assert asked == [[ANNA], [BEN]]
