"""Funnel, board and bridge of a whole company, reckoned in columns, say what the same questions say of the rows: over
random histories with late facts, currencies, rates, price lists and people who see a part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import pytest

from domain.visibility import Visibility
from projections import board as boards
from projections import bridge_sums as sums
from projections import funnel as funnels
from projections.account_list import listed, pipelines
from projections.board_columns import Page
from projections.bridge import ADDED, TAKEN
from projections.bridge_sums import bridge_part
from projections.deals import Filters, stages
from projections.kept_columns import forget
from projections.pipeline_columns import open_with
from projections.view import View
from tests.domain.given import some_id
from tests.projections import business
from tests.projections.asking import Office, Questions
from tests.projections.business import Business
from tests.projections.conftest import EngineOf, Journal

WHO = (
    Visibility.whole(),
    Visibility.whole(),
    Visibility(member=some_id("north"), territories=frozenset(["north"])),
)


@pytest.fixture
def questions(journal: Journal, engine_of: EngineOf, monkeypatch: pytest.MonkeyPatch) -> Iterator[Asking]:
    forget("test_")
    monkeypatch.setattr(business, "CURRENCIES", ("EUR", "USD", "USD", "USD"))  # all of which have a rate
    monkeypatch.setattr(business, "PRODUCTS", ("pump", "valve"))  # and products that have a price
    for stages_of in ("STAGES", "FOREIGN"):  # and stages that both processes have
        monkeypatch.setattr(business, stages_of, ("potential", "confirmed"))
    yield Asking(Office(journal, engine_of), monkeypatch)
    forget("test_")


class Asking:
    """Random questions, which are asked of columns, and of the rows alone."""

    def __init__(self, office: Office, patch: pytest.MonkeyPatch) -> None:
        self.office, self.patch = office, patch
        self.questions = Questions(office, 71, Business(facts=900, deals=18, merges=True, unprices=False))
        self.random = self.questions.random

    @contextmanager
    def view(self) -> Iterator[View]:
        as_of, known_at = self.questions.clocks()
        with self.at(as_of, known_at, self.random.choice(WHO)) as view:
            yield view

    @contextmanager
    def at(self, as_of: datetime, known_at: int, who: Visibility) -> Iterator[View]:
        with self.office.view(as_of, known_at, who) as view:
            view.keeps = True
            yield view

    @contextmanager
    def of_rows(self) -> Iterator[None]:
        """Columns say nothing."""
        with self.patch.context() as patch:
            patch.setattr("projections.valued_columns.kept_then", lambda *_: None)
            yield

    def filters(self) -> Filters:
        """Now and then one of a territory or a product, too, which columns do not know."""
        found, seldom = self.questions.filters(), self.random.random()
        if seldom < 0.1:
            return found
        return Filters(owner=found.owner, account=found.account, period=found.period) if seldom < 0.4 else Filters()


def test_the_funnel(questions: Asking) -> None:
    told = Counter[str]()
    for _ in range(60):
        filters = questions.filters()
        with questions.view() as view:
            since = funnels.first_day_of_year(view)
            found = funnels._funnel(view, filters, None, since), funnels._open_stages(view, filters)
            with questions.of_rows():
                plain = funnels._funnel(view, filters, None, since), funnels._open_stages(view, filters)
            in_columns = funnels.open_lines(view, filters)
        assert found == plain
        told["open"] += bool(in_columns)
        told["closed"] += bool(in_columns is not None and found[0].won.count and found[0].lost.count)
    assert told["open"] > 24
    assert told["closed"] > 6


def test_the_board(questions: Asking) -> None:
    cards = 0
    for _ in range(60):
        filters, choose = questions.filters(), questions.random.choice
        with questions.view() as view:
            process, stage = choose(stages(view))
            accounts = questions.random.sample(questions.questions.chronicle.accounts, 2)
            among = choose([None, None, accounts])
            asked = Page(process, choose([True, False]), choose([1, 2, 20]), choose([0, 0, 1]), "", among)
            if choose([True, False]):
                asked = Page(process, asked.by_amount, asked.limit, asked.skip, stage.key, among)
            order = "amount" if asked.by_amount else "due"
            more = {"limit": asked.limit, "skip": asked.skip, "stage": asked.stage, "among": asked.among}
            found = boards.board(view, process, filters, order=order, **more)  # type: ignore[arg-type]
            in_columns = boards.ranked(view, filters, asked)
            with questions.of_rows():
                plain = boards.board(view, process, filters, order=order, **more)  # type: ignore[arg-type]
        assert found == plain
        cards += len(in_columns or ())
    assert cards > 16


def test_the_bridge(questions: Asking) -> None:
    kinds = Counter[str]()
    for _ in range(90):
        filters, who = questions.filters(), questions.random.choice(WHO)
        (one, known_at), (other, _) = questions.questions.clocks(), questions.questions.clocks()
        start, end = sorted([one, other])
        with questions.at(start, known_at, who) as then, questions.at(end, known_at, who) as now:
            found = sums._bridge_sums(then, now, filters)
            with questions.of_rows():
                plain = sums._bridge_sums(then, now, filters)
            in_columns = sums.changes(then, now, filters)
            assert found.answer == plain.answer
            assert Counter(found.counts) == Counter(plain.counts)
            for kind in (*ADDED, *TAKEN):
                part = bridge_part(then, now, kind, filters, limit=2)
                with questions.of_rows():
                    assert part == bridge_part(then, now, kind, filters, limit=2)
                kinds[kind] += bool(part.items and in_columns)
    assert all(kinds[kind] for kind in (*ADDED, *TAKEN)), kinds


def test_of_some_customers_columns_say_what_is_open_with_them(questions: Asking) -> None:
    told = 0
    for _ in range(40):
        with questions.view() as view:
            wanted = [each.account for each in listed(view) if questions.random.random() < 0.6]
            of_rows = {account: each for account, each in pipelines(view).items() if account in wanted}
            assert pipelines(view, wanted) == of_rows
            told += bool(open_with(view, wanted))
    assert told > 10
