"""Writes to a journal as one of several processes: `python -m tests.faults.writers URL commands|bulk COUNT`."""

import sys
import threading
from datetime import UTC, datetime
from uuid import uuid4

from domain.aggregate import Recorded
from domain.journal.context import Context
from domain.journal.journal import Journal
from tests.domain.ledger import Ledger

NOW = Context(at=datetime(2026, 3, 2, 9, tzinfo=UTC))
THREADS = 4
BATCH = 1_000
PER_LEDGER = 10


def new_ledger(puts: int) -> list[Recorded]:
    """The facts of a ledger into which 1 is put so many times."""
    ledger = Ledger(id=uuid4())
    ledger.at(NOW.at)
    ledger.open()
    for _ in range(puts):
        ledger.put(amount=1)
    return ledger.collect_events()


def give_commands(journal: Journal, count: int) -> None:
    """`count` events by commands, of several threads at once."""

    def work() -> None:
        ledger = uuid4()
        journal.run(Ledger, ledger, lambda it: it.open(), NOW)
        for _ in range(count // THREADS - 1):
            journal.run(Ledger, ledger, lambda it: it.put(amount=1), NOW)

    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def append_batches(journal: Journal, count: int) -> None:
    """`count` events in bulk."""
    for _ in range(count // BATCH):
        facts = [fact for _ in range(BATCH // PER_LEDGER) for fact in new_ledger(PER_LEDGER - 1)]
        journal.append_in_bulk(facts, uuid4())


def main(url: str, kind: str, count: int) -> None:
    journal = Journal(url)
    (give_commands if kind == "commands" else append_batches)(journal, count)
    journal.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
