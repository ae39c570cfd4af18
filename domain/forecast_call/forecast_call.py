"""A forecast call (预测提交): what a person says that a period will bring, and what owner and manager put beside it.

Calls are layers beside the computed figures, never over them. Every figure is of the whole period, what is closed in
it included, so that it can be held against the revenue of the period once that is over.
"""

from __future__ import annotations

import enum
from datetime import datetime
from decimal import Decimal
from uuid import UUID, uuid5

import msgspec

from domain.aggregate import Aggregate, Event, Withdrawal, command, learn
from domain.errors import Refused
from domain.member import Member
from domain.money import CurrenciesDiffer, Money
from domain.opportunity.amounts import normal, see_that_it_is_not_negative
from domain.opportunity.outcome import stated
from domain.policies.calendar import day_end, period
from domain.policies.company import Company
from domain.policies.exchange_rates import ExchangeRates

NAMESPACE = UUID("5b0c7e9e-2f0d-5d0a-9a57-2f9c1f6f4a10")
ZERO = Decimal(0)
STEPS = ("commit", "best_case", "pipeline")


class Layer(enum.StrEnum):
    """Whose figure stands beside the computed one."""

    OWNER = "owner"
    MANAGER = "manager"


class PeriodIsOver(Refused):
    """{period} was over on {last}: call a period that runs or is to come."""


class CallOfAnother(Refused):
    """The forecast call of {member} for {period} is {expected}: give the command to that one."""


class CallFalls(Refused):
    """{step} is {amount}, less than {below} of {before}: each figure is of the whole period and holds the one before
    it, closed ≤ commit ≤ best case ≤ pipeline."""


class CurrencyWithoutRate(Refused):
    """{currency} has no rate to {reporting} at that moment: state the amount in {reporting}, or record a rate."""


class NotTheLayerOf(Refused):
    """The layer {layer} of {member} is not for {by}: the owner's is his own, the manager's that of somebody else who
    directs his territory."""


class Computed(msgspec.Struct, frozen=True, kw_only=True):
    """What KAMS said of the same person and period at that moment, in the reporting currency.

    `commit`, `best_case` and `pipeline` are cumulative; `weighted` is by the rates of the stages; p10, p50, p90 are of
    the model, and absent without one. `position` is the newest fact that was known.
    """

    currency: str = ""
    closed: Decimal = ZERO
    commit: Decimal = ZERO
    best_case: Decimal = ZERO
    pipeline: Decimal = ZERO
    weighted: Decimal = ZERO
    p10: Decimal | None = None
    p50: Decimal | None = None
    p90: Decimal | None = None
    model: str = "none"
    model_version: str = ""
    position: int = 0

    @property
    def value(self) -> Decimal:
        """The one figure that stands for it: the median of the model, else the amount weighted by stage."""
        return self.weighted if self.p50 is None else self.p50


NOTHING_COMPUTED = Computed()


class Said(msgspec.Struct, frozen=True):
    """What a person calls a period, each figure of the whole of it; None where he says nothing."""

    commit: Money
    best_case: Money | None = None
    pipeline: Money | None = None


class Adjustment(msgspec.Struct, frozen=True):
    """What a layer puts beside the computed figure, why, and who did."""

    amount: Money
    reason: str
    by: UUID


def call_id(member: UUID, period: str) -> UUID:
    """The stream of a person's call for a period such as 2026-Q4."""
    return uuid5(NAMESPACE, f"{member}\n{period}")


@learn
class ForecastCall(Aggregate, eq=False):
    """What one person calls for one period, and the layers beside it: the newest of each."""

    opened: bool = True
    submitted: Said | None = None
    owner: Adjustment | None = None
    manager: Adjustment | None = None

    class Submitted(Event):
        """A person called a period: what he commits to, what it is in the best case, what with all of the pipeline;
        `computed` is what KAMS said at that moment."""

        member: UUID
        period: str
        commit: Money
        computed: Computed
        best_case: Money | None = None
        pipeline: Money | None = None

        def check(self, call: ForecastCall) -> None:
            """Of this stream, not negative, none less than the one before."""
            call.must_be_of(self.member, self.period)
            before, amount = "commit", self.commit
            for step in STEPS:
                found: Money | None = getattr(self, step)
                see_that_it_is_not_negative(found, step)
                if found is None:
                    continue
                if found.currency != amount.currency:
                    raise CurrenciesDiffer(left=amount.currency, right=found.currency)
                if found.amount < amount.amount:
                    raise CallFalls(step=step, amount=found, below=amount, before=before)
                before, amount = step, found

        def apply(self, call: ForecastCall) -> None:
            """It is what he calls now."""
            call.submitted = Said(self.commit, self.best_case, self.pipeline)

    class Adjusted(Event):
        """The owner or the manager put an amount for the whole period beside the computed one, `computed`."""

        member: UUID
        period: str
        layer: Layer
        amount: Money
        reason: str
        by: UUID
        computed: Computed

        def check(self, call: ForecastCall) -> None:
            """Of this stream, not negative, with its reason, by whom the layer is."""
            call.must_be_of(self.member, self.period)
            see_that_it_is_not_negative(self.amount, "amount")
            stated(self.reason, "An adjustment of a forecast")
            if (self.layer is Layer.OWNER) != (self.by == self.member):
                raise NotTheLayerOf(layer=self.layer.value, member=self.member, by=self.by)

        def apply(self, call: ForecastCall) -> None:
            """It is what stands in this layer now."""
            setattr(call, self.layer.value, Adjustment(self.amount, self.reason, self.by))

    class FactWithdrawn(Withdrawal):
        """A call or an adjustment is taken back (冲销)."""

    @command
    def submit(
        self,
        *,
        member: UUID,
        period: str,
        commit: Money,
        person: Member,
        company: Company,
        exchange_rates: ExchangeRates,
        best_case: Money | None = None,
        pipeline: Money | None = None,
        computed: Computed = NOTHING_COMPUTED,
    ) -> None:
        """Call a period: what will be won in it, closed included; again where it changed. Each figure is of the whole
        period; what KAMS computes at that moment is kept beside it."""
        self._must_run(period, person, company)
        commit = _convertible(commit, company, exchange_rates)
        best_case = best_case and _convertible(best_case, company, exchange_rates)
        pipeline = pipeline and _convertible(pipeline, company, exchange_rates)
        if self.submitted != Said(commit, best_case, pipeline):
            self.record(
                self.Submitted(
                    member=member,
                    period=period,
                    commit=commit,
                    best_case=best_case,
                    pipeline=pipeline,
                    computed=computed,
                )
            )

    @command
    def adjust(
        self,
        *,
        member: UUID,
        period: str,
        layer: Layer,
        amount: Money,
        reason: str,
        by: UUID,
        person: Member,
        company: Company,
        exchange_rates: ExchangeRates,
        computed: Computed = NOTHING_COMPUTED,
    ) -> None:
        """Put an amount for the whole period beside the computed one, with its reason: the owner his own, the manager
        for one of his people, called or not. The computed figure stays."""
        self._must_run(period, person, company)
        amount = _convertible(amount, company, exchange_rates)
        if getattr(self, layer.value) != Adjustment(amount, reason, by):
            self.record(
                self.Adjusted(
                    member=member, period=period, layer=layer, amount=amount, reason=reason, by=by, computed=computed
                )
            )

    def must_be_of(self, member: UUID, period: str) -> None:
        """Refuse what is said of another person or period than this call is of."""
        expected = call_id(member, period)
        if self.id != expected:
            raise CallOfAnother(member=member, period=period, expected=expected)

    def _must_run(self, key: str, person: Member, company: Company) -> None:
        """Refuse a person who is not here, what is no period, and one that is over."""
        person.must_be_here()
        must_not_be_over(company, key, self.moment)


def must_not_be_over(company: Company, key: str, moment: datetime) -> None:
    """Refuse what is no period, and one that is over by a moment."""
    days = period(company, key)
    if moment > day_end(company, days.last):
        raise PeriodIsOver(period=key, last=days.last)


def _convertible(amount: Money, company: Company, rates: ExchangeRates) -> Money:
    """The amount at its minor unit; refuses a currency that cannot be held against the reporting one."""
    found = normal(amount)
    if company.currency and found.currency != company.currency and found.currency not in rates.rates:
        raise CurrencyWithoutRate(currency=found.currency, reporting=company.currency)
    return found
