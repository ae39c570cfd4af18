"""The first plans of a list, found in columns, are the first of all plans, at whatever clocks and for whoever asks."""

from __future__ import annotations

import random
from collections.abc import Iterator
from uuid import UUID

import msgspec
import pytest

from domain.account_plan.account_plan import AccountPlan
from domain.account_plan.plan_milestones import PlanMilestones
from domain.visibility import Visibility
from projections import kept_columns
from projections.deal_columns import Unkept
from projections.plan_first import _by_columns, first_plans
from projections.plan_progress import PlansAnswer, plans
from projections.view import View
from tests.domain.given import some_id
from tests.projections.asking import Office
from tests.projections.conftest import EngineOf, Journal, Told
from tests.projections.histories_bought import trade
from tests.projections.histories_work import ACCOUNTS, beginnings, of_lineage
from tests.projections.people import at

DAYS = 300
YEARS = (2025, 2026, 2026, 2027)


def others(chance: random.Random) -> Iterator[Told]:
    """More plans of several years, with milestones that are reached, put off, dropped, or none of these."""
    made = [(some_id(f"{account} {n}"), account, year) for account in ACCOUNTS for n, year in enumerate(YEARS)]
    for plan, account, year in made:
        yield plan, AccountPlan.Drafted(account=account, fiscal_year=year), at(chance.uniform(1, 100))
        if chance.random() < 0.1:
            yield plan, AccountPlan.Closed(results=()), at(chance.uniform(100, DAYS))
    for plan, account in [*((plan, account) for plan, account, _ in made), *_of_trade()]:
        for number in range(chance.randint(0, 3)):
            stone, day = some_id(f"stone {number}"), chance.uniform(1, DAYS)
            due = at(chance.uniform(10, DAYS)).date()
            yield plan, PlanMilestones.MilestoneSet(account=account, milestone_id=stone, title="", due=due), at(day)
            after = chance.choice(
                [None, PlanMilestones.MilestoneReached(milestone_id=stone, on=due),
                 PlanMilestones.MilestoneDropped(milestone_id=stone, reason="x")]
            )  # fmt: skip
            if after:
                yield plan, after, at(day + chance.uniform(0, 90))


def _of_trade() -> list[tuple[UUID, UUID]]:
    return [(some_id(f"plan of {account}"), account) for account in ACCOUNTS]


def of_all(view: View, most: int, fiscal_year: int | None) -> PlansAnswer:
    """The first of all that there are."""
    answer = plans(view, fiscal_year=fiscal_year)
    answer.plans.sort(key=lambda each: (-each.fiscal_year, -each.behind - each.missed, each.name))
    answer.cut(most)
    return answer


@pytest.mark.parametrize("seed", [7, 8])
def test_the_first_plans_in_columns_are_the_first_of_all(seed: int, journal: Journal, engine_of: EngineOf) -> None:
    kept_columns.forget("test_")
    office, chance, left_out, refused = Office(journal, engine_of), random.Random(seed), 0, 0
    told = [*beginnings(chance), *trade(chance, 160, DAYS, ACCOUNTS), *others(chance)]
    told += [(chance.choice(ACCOUNTS), of_lineage(chance), at(chance.uniform(2, DAYS))) for _ in range(4)]
    office.tell(*told)
    some = Visibility(member=some_id("member 0"), managers=frozenset({some_id("member 0"), some_id("member 1")}))
    for _ in range(60):
        known_at = chance.choice([None, None, chance.randrange(60, len(told) + 1)])
        who = chance.choice([Visibility.whole(), Visibility.whole(), some])
        with office.view(at(chance.uniform(20, DAYS + 30)), known_at, who) as view:
            most, year = chance.choice([1, 2, 3, 5, 50]), chance.choice([None, None, 2026])
            wanted = of_all(view, most, year)
            view.keeps = True
            found = first_plans(view, most, fiscal_year=year)
            assert found == msgspec.structs.replace(wanted, missing_rates=found.missing_rates)
            try:
                keys, others_there = _by_columns(view, most, year)
            except Unkept:
                refused += 1
            else:
                assert len(keys) + others_there == len(wanted.plans) + wanted.not_shown
                left_out += others_there
    assert left_out > 100
    assert refused < 20
