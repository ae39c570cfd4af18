"""Models of forecasts are fitted by workers: after an import, when a question asked for one, and each night."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from domain.visibility import Visibility
from projections.forecast_learning import model_wanted
from projections.forecasting.model import Model
from projections.forecasting.store import Wanted, all_wanted, note_wanted, serving
from projections.view import Reader
from tests.api.past_deals import bring, past_deals
from tests.workers.following import Company, snapshots_of, until, watch_of
from workers.access_log import AccessSealing
from workers.actors import waking
from workers.broker import make_broker
from workers.projecting import Projecting
from workers.training import Training
from workers.work import WorkerProcess, jobs

NOW = datetime(2026, 9, 1, 9, tzinfo=UTC)
PAST = datetime(2026, 3, 31, 23, 59, 59, 999999, tzinfo=UTC)


class Trained:
    """A company with imported deals, and what trains its models, whose clock the test turns."""

    def __init__(self, company: Company) -> None:
        self.company, self.now = company, NOW
        self.reader = Reader(company.journal, company.engine)
        self.training = Training(company.journal, self.reader, lambda: self.now)

    def imports(self) -> int:
        """An import of deals; its position."""
        return bring(self.company.journal, past_deals([uuid4()], [uuid4()], 120))

    def serves(self, as_of: datetime) -> Model | None:
        """The model that serves a question as of a moment."""
        with self.reader.view(Visibility.whole(), as_of=as_of, now=self.now) as view:
            return serving(view.connection, model_wanted(view, self.now))

    def asks(self, as_of: datetime) -> None:
        """A question as of a moment that finds no model."""
        with self.reader.view(Visibility.whole(), as_of=as_of, now=self.now) as view:
            asked = model_wanted(view, self.now)
        with self.company.journal.pool.connection() as connection:
            note_wanted(connection, asked)

    def wanted(self) -> list[Wanted]:
        """What is noted."""
        with self.company.journal.pool.connection() as connection:
            return all_wanted(connection)


@pytest.fixture
def trained(company: Company) -> Trained:
    return Trained(company)


def test_after_an_import_there_is_a_model_as_of_now(trained: Trained) -> None:
    trained.imports()
    trained.company.engine.catch_up()
    assert trained.serves(NOW) is None
    assert trained.training.fit_wanted() == 1
    found = trained.serves(NOW)
    assert found is not None
    assert (found.enough, found.deals > 60) == (True, True)
    assert trained.training.fit_wanted() == 0


def test_what_a_question_asked_for_is_fitted_and_struck_out(trained: Trained) -> None:
    trained.imports()
    trained.company.engine.catch_up()
    trained.training.fit_now()
    trained.asks(PAST)
    assert trained.training.fit_wanted() == 1
    assert trained.wanted() == []
    found = trained.serves(PAST)
    now = trained.serves(NOW)
    assert found is not None
    assert now is not None
    assert found.day == (PAST.date() - datetime(1970, 1, 1, tzinfo=UTC).date()).days
    assert found.deals < now.deals


def test_each_night_a_model_is_fitted_though_one_would_serve(trained: Trained) -> None:
    trained.imports()
    trained.company.engine.catch_up()
    trained.training.fit_now()
    first = trained.serves(NOW)
    trained.now += timedelta(days=1)
    assert trained.serves(trained.now) == first
    assert trained.training.fit_now() == 1
    second = trained.serves(trained.now)
    assert first is not None
    assert second is not None
    assert second.day == first.day + 1


def test_a_company_without_deals_has_a_model_that_says_so(trained: Trained) -> None:
    assert trained.training.fit_wanted() == 1
    found = trained.serves(NOW)
    assert found is not None
    assert (found.enough, found.deals) == (False, 0)
    assert trained.training.fit_wanted() == 0


def test_while_read_models_lag_nothing_is_fitted_and_the_note_stays(trained: Trained) -> None:
    trained.asks(PAST)
    trained.imports()
    assert trained.training.fit_wanted() == 0
    assert len(trained.wanted()) == 1


def test_two_who_fit_the_same_keep_one(trained: Trained) -> None:
    trained.imports()
    trained.company.engine.catch_up()
    other = Training(trained.company.journal, trained.reader, lambda: trained.now)
    trained.training.fit_now()
    other.fit_now()
    with trained.company.journal.pool.connection() as connection:
        (count,) = connection.execute("select count(*) from forecast_models").fetchone() or (0,)
    assert count == 1


def test_a_woken_worker_fits_what_is_wanted(trained: Trained, valkey_url: str) -> None:
    trained.imports()
    trained.company.engine.catch_up()
    trained.asks(PAST)
    worker = WorkerProcess(
        trained.company.url, valkey_url, trained.company.engine, trained.company.journal, namespace="training"
    )
    worker.start()
    broker = make_broker(valkey_url, namespace="training")
    waking(broker)()
    try:
        assert until(lambda: trained.serves(PAST) is not None)
        assert until(lambda: trained.wanted() == [])
    finally:
        worker.stop()
        broker.close()


def test_waking_says_nothing_where_valkey_is_away(tmp_path: Path) -> None:
    broker = make_broker(f"unix://{tmp_path}/nobody.sock")
    assert waking(broker)() is None


def test_the_schedule_fits_where_there_is_no_valkey(trained: Trained) -> None:
    company = trained.company
    projecting, sealing = Projecting(company.engine), AccessSealing(company.journal)
    listed = jobs(projecting, watch_of(company), sealing, trained.training, snapshots_of(company), None)
    trained.company.engine.catch_up()
    expression, job = listed["fit_forecasts"]
    assert (expression, job()) == ("* * * * *", 1)
    assert listed["fit_forecast_of_today"][0] == "17 2 * * *"
