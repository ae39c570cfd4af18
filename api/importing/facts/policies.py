"""Products, targets, rates, holidays, and what a mapping says about the company, as facts."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Any

from api.importing.desk import Desk
from api.importing.facts.qualification import key_of
from api.importing.facts.ranks import PRODUCT, SETTING, TARGET
from api.importing.kinds.policies import HOLIDAYS, PRODUCTS, RATES, TARGETS, HolidayRow, ProductRow, RateRow, TargetRow
from api.importing.mapping import Process
from api.importing.past import child
from api.importing.refusals import Fault
from domain.language.catalogue import say
from domain.money import Money
from domain.policies.company import Company
from domain.policies.exchange_rates import ExchangeRates
from domain.policies.policy import policy_id
from domain.policies.price_list import PriceList
from domain.policies.process_definition import ForecastCategory, Question, Stage
from domain.policies.sales_process import SalesProcess
from domain.policies.sales_target import SalesTarget, TargetScope

COMPANY, PRICES, ALL_RATES, ALL_TARGETS = (
    (root, policy_id(root.__name__)) for root in (Company, PriceList, ExchangeRates, SalesTarget)
)


def plan(desk: Desk) -> None:
    """Facts of all settings."""
    _plan_mapping(desk)
    for holiday in desk.content.of("holidays"):
        _plan_holiday(desk, holiday)
    for rate in desk.content.of("rates"):
        _plan_rate(desk, rate)
    for product in desk.content.of("products"):
        _plan_product(desk, product)
    for target in desk.content.of("targets"):
        _plan_target(desk, target)


def _plan_mapping(desk: Desk) -> None:
    company = desk.world.newest(Company, COMPANY[1])
    currency = desk.mapping.currency
    if currency and not company.edition:
        desk.ledger.notes.append(
            say(
                "No company was defined: it keeps UTC and calendar years and reports in {currency}, as the "
                "mapping says.",
                currency=currency,
            )
        )
        desk.add_own(Company, "", lambda company, _: company.define(name=company.name, currency=currency))
    if desk.mapping.process:
        asked = _questions(desk) if any(table.answers for table in desk.mapping.tables) else ()
        desk.add_own(SalesProcess, desk.mapping.process.key, partial(_define, desk.mapping.process, asked))


def _questions(desk: Desk) -> tuple[Question, ...]:
    """What the columns of the mapping ask, each its own block: the column that it was made of."""
    asked = sorted({key_of(row.question) for row in desk.content.of("answers")})
    return tuple(Question(key, key, key.partition(": ")[0]) for key in asked)


def _define(stated: Process, asked: tuple[Question, ...], process: Any, _: Any) -> None:
    """The foreign process, unless the company has taken it over: what it decided since must stand. Of one that is
    there new questions are asked as well."""
    known = {question.key for question in process.questionnaire}
    more = tuple(question for question in asked if question.key not in known)
    if not process.edition:
        stages = tuple(
            Stage(each.key, each.name, each.probability / Decimal(100), ForecastCategory(each.category))
            for each in stated.stages
        )
        process.define(key=stated.key, name=stated.name, stages=stages, questionnaire=asked)
    elif more:
        process.define(
            key=process.key,
            name=process.name,
            name_zh=process.name_zh,
            stages=process.stages,
            milestones=process.milestones,
            questionnaire=(*process.questionnaire, *more),
            asks_for_pursuit=process.asks_for_pursuit,
        )


def _plan_holiday(desk: Desk, row: HolidayRow) -> None:
    part = child(row.day)
    if desk.is_settled(HOLIDAYS, row, COMPANY[1], part):
        return
    desk.take_up(row)
    known = row.day in desk.world.newest(Company, COMPANY[1]).holidays
    at = desk.clock.export if known else desk.earliest
    day, name, working = row.day, row.name or "", bool(row.working)
    decide = partial(_call, "set_holiday", {"day": day, "name": name, "working": working})
    desk.add(HOLIDAYS, row, 0, at, SETTING, COMPANY, decide, child=part)


def _plan_rate(desk: Desk, row: RateRow) -> None:
    desk.take_up(row)
    at = desk.day("on", row.on)
    if desk.sound:
        decide = partial(_call, "set_rate", {"currency": row.currency, "rate": row.rate})
        desk.add(RATES, row, 0, at, SETTING, ALL_RATES, decide, child=None)


def _plan_product(desk: Desk, row: ProductRow) -> None:
    key = row.key or row.name
    if row.from_ is None and desk.is_settled(PRODUCTS, row, PRICES[1], key):
        return
    desk.take_up(row)
    if row.price is None:
        desk.fault("price", "", Fault("a product needs a list price", "Fill it."))
        return
    price = desk.money("price", row.price, row.currency)
    known = key in desk.world.newest(PriceList, PRICES[1]).products
    at = desk.day("from", row.from_) if row.from_ else desk.clock.export if known else desk.earliest
    if desk.sound:
        values = {"key": key, "name": row.name, "price": price, "series": row.series or ""}
        part = None if row.from_ else key
        desk.add(PRODUCTS, row, 0, at, PRODUCT, PRICES, partial(_call, "set_price", values), child=part)


def _plan_target(desk: Desk, row: TargetRow) -> None:
    desk.take_up(row)
    key = _key_of(desk, row)
    amount = desk.money("amount", row.amount, row.currency)
    part = child(row.scope, key, row.period)
    if not desk.sound or desk.is_settled(TARGETS, row, ALL_TARGETS[1], part):
        return
    known = part in desk.world.newest(SalesTarget, ALL_TARGETS[1]).targets
    at = desk.clock.export if known else desk.earliest
    decide = partial(_set_target, TargetScope(row.scope), key, row.period, amount)
    desk.add(TARGETS, row, 0, at, TARGET, ALL_TARGETS, decide, child=part)


def _set_target(scope: TargetScope, key: str, period: str, amount: Money, targets: Any, _: Any) -> None:
    targets.set_target(scope=scope, key=key, period=period, amount=amount)


def _key_of(desk: Desk, row: TargetRow) -> str:
    match row.scope:
        case "owner":
            return str(desk.member("key", row.key))
        case "account":
            return str(desk.account("key", row.key))
        case "territory":
            return desk.territory("key", row.key)
        case _:
            return desk.product("key", row.key)


def _call(command: str, values: dict[str, Any], policy: Any, _: Any) -> None:
    getattr(policy, command)(**values)
