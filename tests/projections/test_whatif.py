"""What-if over random histories: under the policies that held nothing differs, and nothing is ever written."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from api.policies import POLICIES
from domain.errors import Refused
from projections.suppositions import Supposition
from projections.view import View
from projections.whatif.findings import findings_under
from projections.whatif.funnel import forecast_under, funnel_under
from projections.whatif.gates import gates_under
from projections.whatif.health import health_under
from projections.whatif.portfolio import portfolio_under
from projections.whatif.service import service_under
from projections.whatif.side_by_side import Compared
from projections.whatif.supposing import checked, known_keys, supposed_as_of, supposed_document
from projections.whatif.visits import visits_under
from tests.projections.asking import Office, Questions
from tests.projections.conftest import EngineOf, Journal

QUESTIONS: dict[str, Callable[[Compared], Any]] = {
    "health": health_under,
    "portfolio": portfolio_under,
    "funnel": funnel_under,
    "forecast": forecast_under,
    "findings": findings_under,
    "visits": visits_under,
    "gates": gates_under,
    "service": service_under,
}


@pytest.fixture
def office(journal: Journal, engine_of: EngineOf) -> Office:
    return Office(journal, engine_of)


def checksums(url: str) -> dict[str, str]:
    """Of every table of the database, what its rows come to."""
    sql = "select oid::regclass::text from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"
    with psycopg.connect(url) as connection:
        tables = [name for (name,) in connection.execute(sql)]
        return {
            table: hashlib.sha256(
                "\n".join(sorted(text for (text,) in connection.execute(f"select t::text from {table} t"))).encode()
            ).hexdigest()
            for table in tables
        }


def same_everywhere(view: View, supposed: tuple[Supposition, ...]) -> None:
    """Asks every question under suppositions that change nothing."""
    points = {name: ask(Compared(view, supposed, kinds=POLICIES)) for name, ask in QUESTIONS.items()}
    assert all(not each.fields for answer in points.values() for each in answer.overridden)
    health, portfolio = points["health"].points[0], points["portfolio"].points[0]
    assert (health.changed, health.bands) == (0, health.bands_were)
    assert [line.difference or 0.0 for line in health.accounts] == [0.0] * len(health.accounts)
    assert all(not line.components for line in health.accounts)
    assert portfolio.changed == 0
    assert all(line.rank == line.rank_was for line in portfolio.customers)
    funnel = points["funnel"].points[0]
    assert (funnel.weighted, funnel.won, funnel.lost) == (funnel.weighted_was, funnel.won_was, funnel.lost_was)
    assert all((s.count, s.amount, s.weighted) == (s.count_was, s.amount_was, s.weighted_was) for s in funnel.stages)
    assert all(each.was == each.would_be for point in points["forecast"].points for each in point.figures)
    assert not points["findings"].points[0].findings
    assert points["service"].changed == 0
    visits = points["visits"].points[0]
    assert (visits.changed, visits.kept) == (0, visits.kept_was)
    assert all((s.done, s.visits) == (s.done_was, s.visits_were) for s in visits.steps)


@pytest.mark.parametrize("seed", range(2))
def test_under_the_policies_in_force_nothing_differs(office: Office, seed: int) -> None:
    questions = Questions(office, seed)
    before = checksums(office.journal.url)
    for _ in range(2):
        as_of, known_at = questions.clocks()
        with office.view(as_of, known_at) as view:
            everything = supposed_as_of(view, POLICIES.values(), as_of)
            rated = {each.policy.__name__ for each in everything} & {"ExchangeRates"}
            assert rated
            kept = [each for each in everything if each.policy.__name__ != "ExchangeRates"]
            same_everywhere(view, checked(view, kept))
            documents = []
            for kind, policy in POLICIES.items():
                for key in known_keys(view, policy):
                    if kind == "exchange-rates":
                        continue
                    document = view.policies.held(policy, key).to_document()
                    try:
                        documents.append(supposed_document(view, policy, key, document))
                    except Refused:  # random trees and models are none that a command would take
                        assert kind in ("territories", "selection-model"), kind
            same_everywhere(view, checked(view, documents))
    assert checksums(office.journal.url) == before
