"""Questions asked at once do not wait for each other."""

from __future__ import annotations

from contextlib import ExitStack

from domain.journal.journal import Journal
from domain.journal.mapper import JournalMapper
from domain.visibility import Visibility
from projections import READ_MODELS
from projections.engine import Engine
from projections.view import Reader


def test_as_many_questions_as_the_journal_has_connections_can_each_ask_the_journal_meanwhile(migrated_url: str) -> None:
    journal = Journal(migrated_url, pool_size=2)
    engine = Engine(migrated_url, READ_MODELS, JournalMapper())
    engine.migrate()
    reader = Reader(journal, engine)
    try:
        with ExitStack() as asked:
            for _ in range(4):
                asked.enter_context(reader.view(Visibility.whole()))
            assert journal.streams.head() == 0
            journal.people.look()
    finally:
        engine.close()
        journal.close()
