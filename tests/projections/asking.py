"""Questions to read models over a journal that tests write into."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from domain.visibility import Visibility
from projections import READ_MODELS
from projections.deals import Filters
from projections.engine import Clock
from projections.view import KnownAt, View
from tests.projections.business import PERIODS, PRODUCTS, TERRITORIES, Business, Chronicle
from tests.projections.conftest import EngineOf, Journal, Told


class Office:
    """A journal with the product's read models over it: tell, then ask."""

    def __init__(self, journal: Journal, engine_of: EngineOf) -> None:
        self.journal = journal
        self.engine = engine_of(*READ_MODELS)

    def tell(self, *facts: Told) -> int:
        """Record facts, each an append of its own, and bring the rows up to them; returns the last position."""
        position = self.journal.append_all([[fact] for fact in facts])
        self.engine.catch_up()
        return position

    @contextmanager
    def view(
        self, as_of: datetime, known_at: int | None = None, visibility: Visibility | None = None
    ) -> Iterator[View]:
        """A view at two clocks."""
        position = len(self.journal.facts) if known_at is None else known_at
        with self.journal.reading() as connection:
            clock, known = Clock(as_of, position), KnownAt(position, None)
            yield View(connection, clock, known, visibility or Visibility.whole(), True)


class Questions:
    """Random questions to a random history."""

    def __init__(self, office: Office, seed: int, business: Business | None = None) -> None:
        self.random = random.Random(seed)
        self.chronicle = Chronicle(seed, business or Business())
        self.chronicle.write(office.journal)
        office.engine.catch_up()
        self.facts = office.journal.facts

    def clocks(self) -> tuple[datetime, int]:
        """A fact's moment or just beside it; as known at the end, at a step, or just before one."""
        beside = timedelta(hours=self.random.choice([-1, 0, 0, 5]))
        last, step = len(self.facts), self.random.choice(self.facts).step
        known_at = self.random.choice([last, last, step, step - 1])
        return self.random.choice(self.facts).occurred_at + beside, max(known_at, self.chronicle.beginning)

    def filters(self) -> Filters:
        """Mostly one filter, sometimes none or two."""
        choose, known = self.random.choice, self.chronicle
        found = {
            "owner": choose(known.members),
            "territory": choose(TERRITORIES),
            "product": choose(PRODUCTS),
            "account": choose(known.accounts),
            "period": choose(PERIODS),
        }
        return Filters(**{name: found[name] for name in self.random.sample(sorted(found), choose([0, 1, 1, 2]))})
