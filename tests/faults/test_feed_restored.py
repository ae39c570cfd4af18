"""The feed after a restore from a backup: published anew, equal up to the backup's head; no id is given twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from domain.journal.journal import Journal
from domain.journal.restores import epoch
from domain.subscription.subscription import StreamFilter
from projections.streams.feed import Feed
from projections.streams.journal_rows import Ids
from projections.streams.reading import FeedRow, page
from tests.conftest import new_database
from tests.faults.backups import Ours
from tests.faults.test_backup_restore import restored


@pytest.fixture
def systems(postgres_url: str, fresh_names: Iterator[str], database_url: str) -> Iterator[tuple[str, str]]:
    """Two empty systems."""
    for other in new_database(postgres_url, next(fresh_names)):
        yield database_url, other


def published(journal: Journal) -> list[FeedRow]:
    Feed(journal).publish()
    with journal.pool.connection() as connection:
        return page(connection, 0, 10_000, StreamFilter()).rows


def ids(rows: list[FeedRow]) -> list[Any]:
    return [json.loads(row.event)["id"] for row in rows]


def test_what_was_saved_is_published_equal_and_what_comes_after_has_ids_of_its_own(
    systems: tuple[str, str], tmp_path: Path
) -> None:
    ours = Ours(systems[0])
    ours.seals()
    files, saved = ours.saved(tmp_path)
    ours.registers("Lost", "A-7")
    before = published(ours.journal)
    wrapping = ours.journal.people.wrapping
    assert before[-1].position > saved.head

    restored(systems[1], files, wrapping=wrapping)
    again = Journal(systems[1])
    after = published(again)
    assert after == before[: saved.head]
    ours.journal.close()
    ours.journal = again
    ours.registers("New", "A-8")
    since = published(again)[saved.head :]
    now_in = again.streams.read(epoch)
    assert ids(since) == [f"{now_in}-{row.position}" for row in since]
    assert not set(ids(since)) & set(ids(before))
    assert [row.position for row in since] == [row.position for row in before[saved.head :]]
    ours.close()


def test_an_id_begins_with_the_epoch_of_the_newest_restore_that_cut_off_its_position() -> None:
    named = Ids([(30, 150), (20, 100), (10, 120)]).of_position
    assert named(100) == "100"
    assert named(101) == "20-101"
    assert named(121) == "20-121"
    assert named(150) == "20-150"
    assert named(151) == "30-151"
