"""The public export replayed: the same bytes twice, and no worse than what the methods without a model reach."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import pytest

from domain.journal.journal import Journal
from domain.journal.mapper import JournalMapper
from domain.visibility import Visibility
from projections import READ_MODELS
from projections.engine import Engine
from projections.forecast_backtest import MONTH_ENDS, BacktestAsked, backtest
from projections.view import Reader
from tests.api.importing import Company

NOW = datetime(2026, 1, 16, tzinfo=UTC)
ASKED = BacktestAsked(
    first=date(2017, 6, 30), last=date(2017, 9, 30), every=MONTH_ENDS, horizon="month", by="territory"
)


@pytest.fixture
def reader(tmp_path: Path, migrated_url: str, real_data: Path) -> Iterator[Reader]:
    journal = Journal(migrated_url)
    Company(tmp_path / "export", journal).imported(paths=[real_data / "maven"], mapping="maven", on=None)
    engine = Engine(journal.pool, READ_MODELS, JournalMapper())
    engine.migrate()
    engine.catch_up()
    yield Reader(journal, engine)
    journal.close()


def test_a_backtest_of_the_public_export_is_repeatable_to_the_byte(reader: Reader) -> None:
    with reader.view(Visibility.whole(), now=NOW) as view:
        first, again = (backtest(view, ASKED, processes=each) for each in (1, 2))
    assert msgspec.json.encode(first) == msgspec.json.encode(again)
    wins = next(line for line in first.wins if line.method == "hazard")
    assert wins.n == 8617
    assert (wins.auc or 0) >= 0.77
    assert (wins.brier or 1) <= 0.175
    simple = {line.method: line for line in first.methods if line.by == "territory"}
    assert (simple["hazard"].n, simple["last_quarter"].n) == (24, 24)
    assert (simple["hazard"].wape or 9) < (simple["last_quarter"].wape or 0)
    assert first.proposed == "hazard"
