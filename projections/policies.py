"""The policies as rows, and as they stood at any moment: domain states rebuilt from their own events."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID, uuid5

import msgspec
import psycopg

from domain.aggregate import BEGINNING, END_OF_TIME, EVENTS, ROOTS, Aggregate, Event
from domain.decodable import decodable
from domain.policies.company import Company
from domain.policies.exchange_rates import ExchangeRates
from domain.policies.forecast_policy import ForecastPolicy
from domain.policies.policy import policy_id
from domain.policies.price_list import PriceList
from domain.policies.rate_card import RateCard
from domain.policies.sales_process import SalesProcess
from domain.policies.sales_target import SalesTarget
from domain.policies.segments import Segments
from domain.policies.selection_model import SelectionModel
from domain.policies.service_policy import ServicePolicy
from domain.policies.shipped_processes import SHIPPED
from domain.policies.shipped_selection import DEFAULT_MODEL
from domain.policies.skill_model import SkillModel
from domain.policies.territories import Territories
from domain.policies.visit_template import VisitTemplate
from projections.engine import Envelope, ReadModel, Row, as_of_sql, on
from projections.versions import versions_sql

P = TypeVar("P", bound=Aggregate)
Child = Callable[[Any], str]
States = dict[tuple[type[Aggregate], str], Aggregate]
Rates = list[tuple[str, datetime, Any]]
Segment = tuple[tuple[int, int], ...]

_encode = msgspec.msgpack.Encoder(uuid_format="bytes").encode


class PolicyRow(Row):
    """The newest event about one part of a policy: a product, a territory, a target, a whole process."""

    topic: str = ""
    event: bytes = b""


def _child(of: Child) -> Callable[[Envelope, Any], UUID]:
    """The row of a part of a policy, by what the event says alone."""
    return lambda envelope, event: uuid5(envelope.aggregate_id, of(event))


def _dated(envelope: Envelope, event: Any) -> UUID:
    """A row for each dated rate, since closed amounts convert at the rate of their closing day."""
    return uuid5(envelope.aggregate_id, f"{event.currency} {envelope.occurred_at.isoformat()}")


class PolicyModel(ReadModel):
    """Policies: a row per part."""

    name = "policy"
    version = 2
    row = PolicyRow

    @on(Company.Defined, SalesProcess.Defined, ServicePolicy.Defined, key=_child(lambda _: "whole"))
    @on(RateCard.Defined, VisitTemplate.Defined, SelectionModel.Defined, key=_child(lambda _: "whole"))
    @on(ForecastPolicy.Defined, SkillModel.Defined, Segments.Defined, key=_child(lambda _: "whole"))
    @on(Company.HolidaySet, key=_child(lambda event: f"holiday {event.day}"))
    @on(Territories.TerritorySet, PriceList.PriceSet, key=_child(lambda event: f"{event.key}"))
    @on(ExchangeRates.RateSet, key=_dated)
    @on(SalesTarget.TargetSet, key=_child(lambda event: f"{event.scope} {event.key} {event.period}"))
    def set(self, row: PolicyRow | None, event: Event, envelope: Envelope) -> PolicyRow | None:
        """What was set last holds."""
        return PolicyRow(topic=event.topic, event=_encode(event))

    @on(Company.HolidayRemoved, key=_child(lambda event: f"holiday {event.day}"))
    @on(Territories.TerritoryRemoved, PriceList.ProductRemoved, key=_child(lambda event: f"{event.key}"))
    def removed(self, row: PolicyRow | None, event: Event, envelope: Envelope) -> PolicyRow | None:
        """What was removed is gone."""
        return None


POLICIES = PolicyModel()


class Policies:
    """The company's policies as they stood at two clocks. `read` are those that were asked for, by kind and key."""

    def __init__(self, facts: Iterable[tuple[datetime, Event]]) -> None:
        self._states: States = {}
        self._rates: Rates = []
        self.read: set[tuple[str, str]] = set()
        self.segment: Segment | None = None
        """Which stretch of time and knowledge this is of those in which no policy changed, where that is known."""
        for moment, event in facts:
            if isinstance(event, ExchangeRates.RateSet):
                self._rates.append((event.currency, moment, event.rate))
            event.apply(self.held(ROOTS[event.topic.partition(".")[0]], key_of(event)))

    @classmethod
    def of(cls, states: States, rates: Rates, segment: Segment) -> Policies:
        """Policies of states and dated rates that are there already, and that nobody changes."""
        made = cls(())
        made._states, made._rates, made.segment = states, rates, segment
        return made

    def held(self, root: type[P], key: str = "") -> P:
        """A policy by its kind and key, as it holds; as shipped where nobody defined it."""
        state = self._states.get((root, key))
        if not isinstance(state, root):
            state = self._states[root, key] = root(id=policy_id(root.__name__, key))
        return state

    def put(self, state: Aggregate, key: str = "") -> None:
        """Let another state hold instead."""
        self._states[type(state), key] = state

    def put_rates(self, rates: Mapping[str, Any], *, only: bool) -> None:
        """Let rates hold for ever; `only` these, or beside those of other currencies."""
        kept = [] if only else [each for each in self._rates if each[0] not in rates]
        self._rates = [*kept, *((currency, BEGINNING, rate) for currency, rate in rates.items())]

    def _state(self, root: type[P], key: str = "") -> P:
        self.read.add((root.__name__, key))
        return self.held(root, key)

    @property
    def rates(self) -> Rates:
        """Every dated rate: currency, since when, what one unit is worth."""
        self.read.add((ExchangeRates.__name__, ""))
        return self._rates

    @property
    def company(self) -> Company:
        """The company."""
        return self._state(Company)

    @property
    def territories(self) -> Territories:
        """The tree of territories."""
        return self._state(Territories)

    @property
    def price_list(self) -> PriceList:
        """Products and list prices."""
        return self._state(PriceList)

    @property
    def rate_card(self) -> RateCard:
        """What a person-day of each kind of resource costs."""
        return self._state(RateCard)

    @property
    def service(self) -> ServicePolicy:
        """Cadences, half-lives, weights and borders of health."""
        return self._state(ServicePolicy)

    @property
    def forecasting(self) -> ForecastPolicy:
        """The method in use, when forecasts are kept, how much history is enough."""
        return self._state(ForecastPolicy)

    @property
    def targets(self) -> SalesTarget:
        """Sales targets."""
        return self._state(SalesTarget)

    @property
    def skill_model(self) -> SkillModel:
        """The dimensions of skill, their levels and the rules that propose them."""
        return self._state(SkillModel)

    @property
    def visit_template(self) -> VisitTemplate:
        """The steps of each kind of visit."""
        return self._state(VisitTemplate)

    @property
    def segments(self) -> Segments:
        """Which customers belong together."""
        return self._state(Segments)

    def selection_model(self, key: str = DEFAULT_MODEL) -> SelectionModel:
        """A selection model by its key; without criteria where nobody defined or shipped one."""
        return self._state(SelectionModel, key)

    def process(self, key: str) -> SalesProcess:
        """A sales process by its key; without stages where nobody defined or shipped one."""
        return self._state(SalesProcess, key)

    def processes(self) -> list[SalesProcess]:
        """Every process that was defined or is shipped, by key."""
        keys = {definition.key for definition in SHIPPED.values()}
        keys |= {state.key for state in self._states.values() if isinstance(state, SalesProcess) and state.stages}
        return [self.process(key) for key in sorted(keys)]


EVERYTHING = 2**62 - 1
_ROWS = "select valid_from, topic, event from (" + as_of_sql(POLICIES, "valid_from, topic, event") + ") policy"
_FIRST_COMPANY = (
    f"select topic, event from ({versions_sql(POLICIES, 'topic, event', 'key = %(company)s')}) version"
    " order by valid_from, cause limit 1"
)


def policies_as_of(connection: psycopg.Connection, parameters: dict[str, Any]) -> Policies:
    """The policies as of `as_of`, known at `known_at`. Before its first definition, or before that was recorded, the
    company is what it says: currency, calendar and fiscal year of the past are read as they were first stated."""
    return Policies(facts_as_of(connection, parameters))


def facts_as_of(connection: psycopg.Connection, parameters: dict[str, Any]) -> list[tuple[datetime, Event]]:
    """The facts of `policies_as_of`, each with the moment since which it holds, in the order in which they apply."""
    rows = connection.execute(_ROWS + " order by valid_from, topic", parameters, prepare=True).fetchall()
    facts = [(moment, decoded(topic, event)) for moment, topic, event in rows]
    if not any(isinstance(event, Company.Defined) for _, event in facts):
        asked = {**parameters, "as_of": END_OF_TIME, "company": uuid5(policy_id("Company"), "whole")}
        first = connection.execute(_FIRST_COMPANY.encode(), asked).fetchall()
        if not first:
            first = connection.execute(_FIRST_COMPANY.encode(), {**asked, "known_at": EVERYTHING}).fetchall()
        facts += [(BEGINNING, decoded(topic, event)) for topic, event in first]
    return facts


def key_of(event: Event) -> str:
    """The key of the policy that an event is about; empty where there is one policy of the kind."""
    return event.definition.key if isinstance(event, SalesProcess.Defined | SelectionModel.Defined) else ""


def decoded(topic: str, event: bytes) -> Event:
    """The event of a policy's row."""
    return msgspec.msgpack.decode(event, type=decodable(EVENTS[topic]))
