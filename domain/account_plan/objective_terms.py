"""What an objective is made of, and which of that makes sense."""

from __future__ import annotations

import enum
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from domain.currencies import currency_code
from domain.errors import Refused
from domain.money import rounded
from domain.objective import Metric
from domain.policies.calendar import fiscal_year, period
from domain.policies.company import Company

NPS, CSAT = "nps", "csat"
IN_MONEY = (Metric.REVENUE, Metric.MARGIN)
FROM_FACTS = (Metric.REVENUE, Metric.MARGIN, Metric.SATISFACTION, Metric.SHARE_OF_WALLET)
RANGES = {NPS: (Decimal(-100), Decimal(100)), CSAT: (Decimal(1), Decimal(5))}


class MeasuredBy(enum.StrEnum):
    """Where the value of an objective comes from: recorded by hand, or derived from facts (purchases for revenue and
    margin, surveys for satisfaction, the newest score for share of wallet)."""

    RECORDED = "recorded"
    FACTS = "facts"


class ObjectiveUntitled(Refused):
    """The title of the objective is blank: say what is to be reached."""


class ObjectiveNotOpen(Refused):
    """There is no objective {objective} in this plan at that moment. There are: {known}."""


class ObjectiveSetAlready(Refused):
    """The objective {objective} is set already: state it anew by the command, or use a new identifier."""


class ObjectiveHasParts(Refused):
    """The objective {objective} has others below it: {below}. Drop those first, or put them below another."""


class ObjectiveIsItsOwnPart(Refused):
    """The objective {objective} cannot lie below {parent}, which is the objective itself or lies below it: put
    it below another."""


class ParentUnknown(Refused):
    """There is no objective {parent} in this plan that others could lie below. There are: {known}."""


class ValueNotPossible(Refused):
    """{found} is not possible as {field} of the objective: state {accepted}."""


class UnitMissing(Refused):
    """An objective of the metric {metric} needs its {field}: state {accepted}."""


class UnitNotWanted(Refused):
    """An objective of the metric {metric} has no {field}, and {found} was stated: leave it out."""


class NotFromFacts(Refused):
    """Nothing that is recorded tells the {metric} of a customer: measure it by hand (`recorded`). From facts come
    {accepted}."""


class MeasuredByFacts(Refused):
    """The objective {objective} is derived from facts ({metric}): record those, or set it anew as recorded by hand."""


class DueBeforeStart(Refused):
    """The objective would be due on {due}, which is not after its start on {start}: state a later day."""


class YearOutsideHorizon(Refused):
    """The fiscal year {found} is not within the plan's horizon: state {first} to {last}."""

    about = ("fiscal_year",)


class ObjectiveTerms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an objective is, stated as a whole: a title, the metric, from `baseline` on `start` to `target` when it is
    `due`. Revenue and margin have a currency, satisfaction the unit nps (−100 to 100) or csat (1 to 5), share of
    wallet is 0 to 1, other has a unit of its own."""

    objective_id: UUID
    title: str
    metric: Metric
    baseline: Decimal
    target: Decimal
    currency: str = ""
    unit: str = ""
    fiscal_year: int = 0
    start: date | None = None
    due: date | None = None
    parent: UUID | None = None
    goal: UUID | None = None
    private: bool = False
    measured_by: MeasuredBy = MeasuredBy.RECORDED


class Objective(msgspec.Struct, frozen=True):
    """An objective as it holds, and the newest value recorded of it, with its day."""

    terms: ObjectiveTerms
    value: Decimal | None = None
    on: date | None = None


def terms_of(event: Any) -> ObjectiveTerms:
    """The terms that an event states."""
    return ObjectiveTerms(**{name: getattr(event, name) for name in ObjectiveTerms.__struct_fields__})


def normal(terms: ObjectiveTerms, company: Company, plan_year: int) -> ObjectiveTerms:
    """The same with everything stated: the year (that of the due day, else the plan's), its days, the currency's code,
    amounts at its minor unit, the unit of satisfaction (nps)."""
    year = terms.fiscal_year or (fiscal_year(company, terms.due) if terms.due else plan_year)
    days = period(company, f"{year:04}")
    currency, baseline, target = terms.currency.strip(), terms.baseline, terms.target
    unit = terms.unit.strip()
    if terms.metric in IN_MONEY and currency and baseline.is_finite() and target.is_finite():
        currency = currency_code(currency)
        baseline, target = rounded(baseline, currency), rounded(target, currency)
    elif terms.metric is Metric.SATISFACTION:
        unit = unit.lower() or NPS
    return msgspec.structs.replace(
        terms,
        title=terms.title.strip(),
        fiscal_year=year,
        start=terms.start or days.first,
        due=terms.due or days.last,
        currency=currency,
        unit=unit,
        baseline=baseline,
        target=target,
    )


def see_that_they_make_sense(terms: ObjectiveTerms) -> None:
    """Refuse a blank title, numbers and units that its metric cannot have, and a due day that does not come after."""
    if not terms.title.strip():
        raise ObjectiveUntitled
    _see_the_unit(terms)
    for field in ("baseline", "target"):
        _see_the_number(terms, field, getattr(terms, field))
    if terms.measured_by is MeasuredBy.FACTS and terms.metric not in FROM_FACTS:
        accepted = ", ".join(metric.value for metric in FROM_FACTS)
        raise NotFromFacts(metric=terms.metric.value, accepted=accepted)
    if terms.start and terms.due and terms.due <= terms.start:
        raise DueBeforeStart(due=terms.due, start=terms.start)


def _see_the_unit(terms: ObjectiveTerms) -> None:
    metric = terms.metric
    if metric in IN_MONEY and not terms.currency:
        raise UnitMissing(metric=metric.value, field="currency", accepted="a currency such as EUR")
    if metric not in IN_MONEY and terms.currency:
        raise UnitNotWanted(metric=metric.value, field="currency", found=terms.currency)
    if metric is Metric.OTHER and not terms.unit:
        raise UnitMissing(metric=metric.value, field="unit", accepted="what is counted, such as visits")
    if metric is Metric.SATISFACTION and terms.unit not in RANGES:
        raise UnitMissing(metric=metric.value, field="unit", accepted=" or ".join(RANGES))
    if metric in (*IN_MONEY, Metric.SHARE_OF_WALLET) and terms.unit:
        raise UnitNotWanted(metric=metric.value, field="unit", found=terms.unit)


def _see_the_number(terms: ObjectiveTerms, field: str, found: Decimal) -> None:
    if not found.is_finite():
        raise ValueNotPossible(field=field, found=found, accepted="a number")
    least, most = None, None
    if terms.metric is Metric.SATISFACTION:
        least, most = RANGES[terms.unit]
    elif terms.metric is Metric.SHARE_OF_WALLET:
        least, most = Decimal(0), Decimal(1)
    elif terms.metric in (Metric.REVENUE, Metric.NEW_PRODUCT):
        least = Decimal(0)
    if (least is not None and found < least) or (most is not None and found > most):
        accepted = f"{least} to {most}" if most is not None else f"{least} or more"
        raise ValueNotPossible(field=field, found=found, accepted=accepted)
