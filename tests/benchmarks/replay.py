"""Replay of an account of 10,000 events at any moment, and any of its steps, against loading and folding its stream."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from statistics import median, quantiles
from uuid import UUID, uuid4

from api.replay import Replay
from domain.account.account import Account
from domain.account.purchases import Purchases
from domain.aggregate import Recorded
from domain.changes import changes
from domain.journal.bulk import MOST_AT_ONCE
from domain.journal.journal import Journal
from domain.journal.mapper import JournalMapper
from domain.journal.migrate import migrate
from domain.visibility import Visibility
from projections import READ_MODELS
from projections.engine import Engine
from projections.view import Reader
from tests.benchmarks.large_account import BEGINNING, NOW, history
from tests.benchmarks.report import Report

EVENTS = 10_000
TIMES = 25
STEPS = 400
LATE = 0.35
SHOWN = 100
REPLAY_MUST, REPLAY_MS = 1.5, 150
STEP_MUST, STEP_MS = 0.1, 20
CHANGES_MUST = 25
"""What an event changed against applying it alone, which takes a microsecond or two."""


def run(report: Report, events: int = EVENTS) -> None:
    """Replay and fold in turns, so that what else happens on the machine falls on both."""
    with report.database() as url:
        migrate(
            url,
            (
                "domain.journal",
                "projections.engine",
                "projections.forecasting",
                "projections.health_days",
                "workers",
                "api",
            ),
        )
        with closing(Journal(url)) as journal:
            engine = Engine(journal.pool, READ_MODELS, JournalMapper())
            engine.migrate()
            account = written(journal, events)
            engine.catch_up()
            bench = Bench(journal, Reader(journal, engine), account, events)
            bench.moments(report)
            bench.steps(report)
            bench.changes(report)


def written(journal: Journal, events: int) -> UUID:
    """An account with so many events over ten years, one in ten of them dated back."""
    account, chance = uuid4(), random.Random(events)
    step, facts = (NOW - BEGINNING) / events, []
    for number, event in enumerate(history(events, uuid4(), chance)):
        late = isinstance(event, Purchases.PurchaseRecorded) and chance.random() < LATE
        at = BEGINNING + step * (number * chance.random() if late else number)
        facts.append(Recorded(originator_id=account, originator_version=number + 1, event=event, occurred_at=at))
    for first in range(0, events, MOST_AT_ONCE):
        journal.append_in_bulk(facts[first : first + MOST_AT_ONCE], uuid4())
    return account


class Bench:
    """One account, replayed again and again."""

    def __init__(self, journal: Journal, reader: Reader, account: UUID, events: int) -> None:
        self._journal, self._reader, self._account, self._events = journal, reader, account, events
        self._chance = random.Random(5)

    def moments(self, report: Report) -> None:
        """The replay at random moments, its last steps and the state after them."""
        moments = [BEGINNING + (NOW - BEGINNING) * self._chance.random() for _ in range(TIMES)]
        pairs = [(seconds(lambda at=at: self._fold(at)), seconds(lambda at=at: self._replay(at))) for at in moments]
        fold, *took = (median(each) * 1e3 for each in zip(*pairs, strict=True))
        worst = max(replay for _, replay in pairs) * 1e3
        report.line(
            f"replay of {self._events:,} events at any moment / loading and folding them",
            must=REPLAY_MUST,
            reached=median(replay / fold for fold, replay in pairs),
            at_most=True,
            beside=f"p50 {took[0]:.0f} worst {worst:.0f} ms (≤ {REPLAY_MS}), fold p50 {fold:.0f} ms",
        )

    def steps(self, report: Report) -> None:
        """Single steps forward, back and by jumps, with the state after each."""
        replay = self._replay(NOW)
        fold = median(seconds(lambda: self._fold(NOW)) for _ in range(7))
        ways: dict[str, Callable[[int], int]] = {
            "forward": lambda n: n + 1,
            "back": lambda n: n - 1,
            "jump": lambda _: self._chance.randint(1, len(replay)),
        }
        for name, go in ways.items():
            number, taken = len(replay) // 2, []
            for _ in range(STEPS):
                number = go(number)
                taken.append(seconds(lambda n=number: (replay.line(n), replay.state(n))))
            p50, p95, worst = (each * 1e3 for each in (median(taken), quantiles(taken, n=20)[-1], max(taken)))
            report.line(
                f"a step {name} in {self._events:,} events / loading and folding them, p95",
                must=STEP_MUST,
                reached=p95 / 1e3 / fold,
                at_most=True,
                beside=f"p50 {p50:.2f} p95 {p95:.2f} worst {worst:.2f} ms (≤ {STEP_MS})",
            )

    def changes(self, report: Report) -> None:
        """Before and after of every event of the stream, against applying them."""
        facts = self._journal.streams.history(self._account)
        applied, compared = Account(id=self._account), Account(id=self._account)
        plain = seconds(lambda: [applied.fold(fact) for fact in facts])
        with_changes = seconds(lambda: [changes(compared, fact) for fact in facts])
        each, alone = (took / len(facts) * 1e6 for took in (with_changes, plain))
        report.line(
            "before and after of every event / applying it",
            must=CHANGES_MUST,
            reached=with_changes / plain,
            at_most=True,
            beside=f"{each:.1f} µs per event (aim 20), applying {alone:.1f} µs",
        )

    def _fold(self, at: datetime) -> None:
        self._journal.streams.state_at(Account, self._account, at, self._journal.streams.head())

    def _replay(self, at: datetime) -> Replay:
        with self._reader.view(Visibility.whole(), as_of=at) as view:
            found = Replay(self._journal, view, self._account, lambda _sealed, _field: None)
            found.stretch(SHOWN, None)
        return found


def seconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
