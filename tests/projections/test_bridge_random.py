"""Bridges over random histories close to the cent for random filters, rates and price lists, and say what a person
would say who compares the two moments deal by deal."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
import pytest

from domain.account.account import Account
from domain.member import Member
from domain.money import rounded
from domain.opportunity.opportunity import Opportunity
from domain.policies.exchange_rates import ExchangeRates
from domain.policies.price_list import PriceList
from projections.bridge import ADDED, TAKEN, BridgeAnswer, bridge
from projections.bridge_sums import bridge_part, bridge_sums
from projections.deals import Filters
from projections.view import View
from tests.projections.asking import Office, Questions
from tests.projections.business import Business
from tests.projections.conftest import EngineOf, Journal
from tests.projections.portfolio import ZERO, Deal, Portfolio

BEHIND: dict[str, Any] = {
    "new": Opportunity.Opened,
    "reopened": Opportunity.Reopened,
    "increased": Opportunity.AmountRevised,
    "decreased": Opportunity.AmountRevised,
    "lost": Opportunity.Lost,
    "disqualified": Opportunity.Disqualified,
    "won": Opportunity.Won,
    "revalued": (ExchangeRates.RateSet, PriceList.PriceSet, PriceList.ProductRemoved),
    "moved_in": (
        *(Opportunity.OwnerChanged, Opportunity.CloseDateMoved),
        *(Member.TerritoryAssigned, Member.TerritoryLeft, Account.ProfileChanged),
        *(Account.AccountsMerged, Account.AccountsSeparated),
    ),
}
BEHIND["moved_out"] = BEHIND["moved_in"]
# Not reopened: these histories close again what is closed, which no command does.
OWN = ("new", "increased", "decreased", "lost", "disqualified", "won")
HISTORIES = {
    "months": Business(facts=400),
    "a week": Business(days=7, late=0.6, deals=25),
    "accounts merge and separate": Business(facts=300, deals=10, merges=True),
}


@pytest.mark.parametrize("name", HISTORIES)
def test_every_bridge_closes_and_says_what_became_of_each_deal(
    name: str, journal: Journal, engine_of: EngineOf
) -> None:
    questions = Questions(office := Office(journal, engine_of), 21, HISTORIES[name])
    seen = Counter[str]()
    for _ in range(40):
        (one, known_at), (other, _), filters = questions.clocks(), questions.clocks(), questions.filters()
        start, end = sorted([one, other])
        with office.view(start, known_at) as then, office.view(end, known_at) as now:
            answer = bridge(then, now, filters)
            check_sums(answer, then, now, filters)
        before, after = (Portfolio(questions.facts, moment, known_at) for moment in (start, end))
        assert closes(answer)
        assert answer.start == open_amount(before, filters)
        assert answer.end == open_amount(after, filters)
        told = {(item.opportunity, item.kind): item.amount for item in answer.items}
        expected = {change: amount for change, amount in compared(before, after, filters).items() if amount}
        assert told == expected
        for item in answer.items:
            seen[item.kind] += 1
            events = [questions.facts[position - 1] for position in item.positions]
            assert all(isinstance(fact.event, BEHIND[item.kind]) for fact in events), item
            assert all(start < fact.occurred_at <= end for fact in events), item
            assert events or item.kind not in OWN
            assert item.kind not in OWN or {fact.stream for fact in events} == {item.opportunity}
    assert seen.keys() == {*ADDED, *TAKEN} or name != "months"


def check_sums(answer: BridgeAnswer, then: View, now: View, filters: Filters) -> None:
    """Added up where the rows lie, the bridge is the same, and so are the largest items of each kind."""
    added = bridge_sums(then, now, filters)
    assert added.answer == msgspec.structs.replace(answer, items=[])
    assert {kind: count for kind, count in added.counts.items() if count} == Counter(each.kind for each in answer.items)
    for kind in (*ADDED, *TAKEN):
        items = sorted((each for each in answer.items if each.kind == kind), key=lambda each: -abs(each.amount))
        part = bridge_part(then, now, kind, filters, limit=3)
        assert (part.items, part.count, part.amount) == (items[:3], len(items), getattr(answer, kind))


def closes(answer: BridgeAnswer) -> bool:
    """end = start + what came − what went, and each part is the sum of its items."""
    parts = dict.fromkeys((*ADDED, *TAKEN), ZERO)
    for item in answer.items:
        parts[item.kind] += item.amount
    assert parts == {name: getattr(answer, name) for name in parts}
    return answer.end == answer.start + sum(parts[name] for name in ADDED) - sum(parts[name] for name in TAKEN)


def open_amount(portfolio: Portfolio, filters: Filters) -> Decimal:
    return sum((portfolio.value(deal) for deal in portfolio.within(filters) if not deal.outcome), ZERO)


def compared(before: Portfolio, after: Portfolio, filters: Filters) -> dict[tuple[UUID, str], Decimal]:
    """What became of each deal that the filter holds open at the start, or holds at the end."""
    held_before = {deal.id for deal in before.within(filters) if not deal.outcome}
    held_after = {deal.id for deal in after.within(filters)}
    found: dict[tuple[UUID, str], Decimal] = {}
    for key in held_before | held_after:
        old, new = before.deals.get(key), after.deals[key]
        closed_before = bool(new.closed and new.closed <= before.as_of)
        if key in held_before and key not in held_after:
            assert old
            found[key, "moved_out"] = before.value(old)
        elif not closed_before:
            if key not in held_before:
                entered = "new" if old is None else "reopened" if old.outcome else "moved_in"
                found[key, entered] = after.value(new)
            elif old:
                revised = at_old_rates(before, old, new)
                own = before.value(old) if revised is None else revised
                own = after.value(new) if changed(old, new) and revised is None else own
                step = own - before.value(old)
                found[key, "increased" if step > 0 else "decreased"] = abs(step)
                found[key, "revalued"] = after.value(new) - own
            if new.outcome:
                found[key, new.outcome] = after.value(new)
    return found


def changed(old: Deal, new: Deal) -> bool:
    return new.state.amount is not None and new.state.amount != old.state.amount


def at_old_rates(before: Portfolio, old: Deal, new: Deal) -> Decimal | None:
    """A revised amount at the rates of the start; None where it was not revised, or there was no rate."""
    if not changed(old, new) or new.state.amount is None:
        return None
    rate = before.rate(new.state.amount.currency, old)
    return None if rate is None else rounded(new.state.amount.amount * rate, before.company.currency)
