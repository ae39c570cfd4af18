"""A what-if under a policy says what a company says in which that policy was defined from the beginning, one test for
each kind of policy: two journals with the same facts, but for those of that kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from domain.account.visits import VisitKind
from domain.aggregate import ROOTS, Event
from domain.issue.issue import Issue
from domain.money import Money
from domain.policies.company import MONDAY_TO_FRIDAY, NINE_TO_SIX, Company
from domain.policies.exchange_rates import ExchangeRates
from domain.policies.policy import Policy, policy_id
from domain.policies.price_list import PriceList
from domain.policies.process_definition import Definition, ForecastCategory, Gate, Stage
from domain.policies.sales_process import SalesProcess
from domain.policies.sales_target import SalesTarget, TargetScope
from domain.policies.selection_definition import SelectionDefinition
from domain.policies.selection_model import SelectionModel
from domain.policies.service_policy import ServiceLevel, ServicePolicy
from domain.policies.shipped_processes import FOUR_FUNNEL
from domain.policies.shipped_selection import DEFAULT_MODEL
from domain.policies.territories import Territories
from domain.policies.visit_template import Step, Template, VisitTemplate
from projections.deals import Filters
from projections.findings_answer import findings
from projections.forecast import current_period, forecast
from projections.funnel import By, funnel
from projections.portfolio import Method, portfolio
from projections.relationship_health import health
from projections.suppositions import Supposition
from projections.view import View
from projections.visit_discipline import DisciplineBy, discipline
from projections.whatif.supposing import supposed_document
from tests.domain.given import some_id
from tests.projections.asking import Office
from tests.projections.business import CURRENCIES, Business, Chronicle
from tests.projections.conftest import START, EngineOf, Journal, Told
from tests.projections.test_visits import logged

BEFORE = START - timedelta(hours=1)
SEED, FACTS = 11, 220
NOT_COMPARED = {"known_at", "positions", "edition", "current", "proposals", "model_name"}
"""What names facts or editions of the one journal or the other; proposals ask whether a score is of this edition."""


def service() -> list[Event]:
    levels = dict(zip(ServiceLevel, (90, 20, 9, 3), strict=True))
    policy = ServicePolicy(id=policy_id("ServicePolicy"))
    policy.define(
        visit_cadence_days=levels, contact_half_life_days=levels, review_period_months=2,
        health_weights={"contact": Decimal(50), "coverage": Decimal(20), "exposure": Decimal(7)},
        red_up_to=30, yellow_up_to=60, opinion_half_life_days=20, seat_share=Decimal("0.1"),
        effect_half_life_days=30, effect_points={}, thread_half_life_days=9,
    )  # fmt: skip
    return [fact.event for fact in policy.pending]


def selection() -> list[Event]:
    shipped = SelectionModel(id=policy_id("SelectionModel", DEFAULT_MODEL))
    document: dict[str, Any] = {name: getattr(shipped, name) for name in SelectionDefinition.__struct_fields__}
    weights = [msgspec.structs.replace(each, weight=Decimal(n)) for n, each in enumerate(shipped.criteria, start=1)]
    definition = SelectionDefinition(**document | {"criteria": tuple(weights), "period_months": 2, "fuzzy": None})
    return [SelectionModel.Defined(edition=1, definition=definition)]


def process() -> list[Event]:
    stages = (
        Stage("Prospecting", "Early", Decimal("0.3"), ForecastCategory.BEST_CASE),
        Stage("Engaging", "Late", Decimal("0.9"), ForecastCategory.COMMIT, gate=Gate("real", Decimal("0.5"))),
    )
    definition = Definition(key="foreign", name="Ours", stages=stages, questionnaire=FOUR_FUNNEL.questionnaire)
    return [SalesProcess.Defined(edition=1, definition=definition)]


def company() -> list[Event]:
    return [
        Company.Defined(
            edition=1, name="Werke", currency="EUR", gift_limit=None, language="zh", fiscal_year_start=7,
            time_zone="America/New_York", working_days=MONDAY_TO_FRIDAY, working_hours=NINE_TO_SIX,
        )
    ]  # fmt: skip


def prices() -> list[Event]:
    return [PriceList.PriceSet(key=key, name=key, price=Money.of("77", "EUR")) for key in ("pump", "seal")]


def rates() -> list[Event]:
    return [ExchangeRates.RateSet(currency=each, rate=Decimal("0.7")) for each in CURRENCIES[1:4]]


def tree() -> list[Event]:
    pairs = (("south", ""), ("north", "south"), ("harbour", "north"))
    return [Territories.TerritorySet(key=key, name=key, parent=parent) for key, parent in pairs]


def targets() -> list[Event]:
    amount = Money.of("5000", "EUR")
    return [
        SalesTarget.TargetSet(scope=scope, key=key, period=period, amount=amount, previous=None)
        for scope, key in ((TargetScope.TERRITORY, "north"), (TargetScope.ACCOUNT, str(some_id("account 1"))))
        for period in ("2026-Q1", "2026-Q4", "2027-Q1")
    ]


def templates() -> list[Event]:
    steps = (Step("preparation", "Preparation"), Step("toast", "Toast"))
    return [VisitTemplate.Defined(edition=1, templates=tuple(Template(kind, steps) for kind in VisitKind))]


KINDS: dict[str, tuple[str, Callable[[], list[Event]]]] = {
    "ServicePolicy": ("", service),
    "SelectionModel": (DEFAULT_MODEL, selection),
    "SalesProcess": ("foreign", process),
    "Company": ("", company),
    "PriceList": ("", prices),
    "ExchangeRates": ("", rates),
    "Territories": ("", tree),
    "SalesTarget": ("", targets),
    "VisitTemplate": ("", templates),
}


def answers(view: View) -> dict[str, Any]:
    """What every question says."""
    key = current_period(view)
    north = Filters(territory="north")
    found = {
        "health": health(view),
        "portfolio": portfolio(view),
        "abc": portfolio(view, method=Method.ABC),
        "funnel": funnel(view, by=By.TERRITORY),
        "periods": funnel(view, by=By.PERIOD),
        "north": funnel(view, north),
        "forecast": forecast(view, key, by=By.TERRITORY),
        "findings": findings(view),
        "visits": discipline(view, by=DisciplineBy.ACCOUNT),
        "quarter": discipline(view, key, by=DisciplineBy.MANAGER),
    }
    return {name: _bare(msgspec.to_builtins(answer)) for name, answer in found.items()}


def _bare(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _bare(each) for key, each in value.items() if key not in NOT_COMPARED}
    return [_bare(each) for each in value] if isinstance(value, list | tuple) else value


def moments() -> list[datetime]:
    """One in the middle, one at the end."""
    return [START + timedelta(days=days) for days in (61, 119)]


@dataclass
class Original:
    """A company with policies of its own: what it would say under each of the others."""

    under: dict[str, list[dict[str, Any]]]
    was: list[dict[str, Any]]


def written() -> list[list[Told]]:
    """A history, append by append."""
    journal = _Paper()
    Chronicle(SEED, Business(facts=FACTS, merges=True)).write(journal)  # type: ignore[arg-type]
    visits = [
        (some_id(f"account {n}"), logged(visit_id=some_id(f"call {n}"), what=VisitKind.OTHER, steps=("toast",)), moment)
        for n, moment in enumerate(moments())
    ]
    appends = [[(stream, _unpromised(event), at) for stream, event, at in each] for each in journal.appends]
    return [*appends, *([visit] for visit in visits)]


def _unpromised(event: Event) -> Event:
    """By when an issue is due is fixed when it is raised; tests of its own look at that."""
    if isinstance(event, Issue.Raised):
        return msgspec.structs.replace(event, response_due=None, resolution_due=None)
    return event


class _Paper:
    def __init__(self) -> None:
        self.appends: list[list[Told]] = []

    def append_all(self, appends: list[list[Told]]) -> None:
        """Keeps what would be recorded."""
        self.appends = appends


def elsewhere(kind: str, appends: list[list[Told]]) -> list[list[Told]]:
    """The same history in a company that has had another policy from the beginning: each fact of that policy is one
    of the other's, and all of the other's stand at the end."""
    key, of = KINDS[kind]
    stream, other = policy_id(kind, key), of()
    count = iter(range(10**6))

    def instead(told: Told) -> Told:
        if told[0] != stream or told[1].topic.endswith("FactWithdrawn"):
            return told
        return stream, other[next(count) % len(other)], BEFORE

    return [[instead(told) for told in each] for each in appends] + [[(stream, event, BEFORE)] for event in other]


@pytest.fixture(scope="module")
def original() -> dict[str, Original]:
    return {}


def first(office: Office, known: dict[str, Original]) -> Original:
    """The original, asked once for all kinds."""
    if "" not in known:
        appends = written()
        office.journal.append_all(appends)
        office.engine.catch_up()
        found = Original({kind: [] for kind in KINDS}, [])
        for moment in moments():
            with office.view(moment) as view:
                found.was.append(answers(view))
                for kind, (key, of) in KINDS.items():
                    found.under[kind].append(answers(view.under([supposed(view, kind, key, of())])))
        office.journal.wipe()
        known[""] = found
    return known[""]


def supposed(view: View, kind: str, key: str, events: list[Event]) -> Supposition:
    """The other policy: as its document where that is the whole, else as what was recorded of it."""
    root: Any = ROOTS[kind]
    if root in (SalesTarget,):
        return Supposition(policy=root, key=key, source="then", events=tuple(events))
    state: Policy = root(id=policy_id(kind, key))
    for event in events:
        event.apply(state)
    return supposed_document(view, root, key, state.to_document())


@pytest.mark.parametrize("kind", KINDS)
def test_another_policy_says_what_a_company_says_that_always_had_it(
    journal: Journal, engine_of: EngineOf, original: dict[str, Original], kind: str
) -> None:
    office = Office(journal, engine_of)
    expected = first(office, original)
    assert expected.under[kind] != expected.was, "the other policy must matter"
    office.journal.append_all(elsewhere(kind, written()))
    office.engine.catch_up()
    for moment, under in zip(moments(), expected.under[kind], strict=True):
        with office.view(moment) as view:
            found = answers(view)
        for question, said in under.items():
            assert said == found[question], (question, moment)
