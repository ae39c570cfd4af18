"""The first issues and plans of a list are the first of all of them, with the counts of all."""

from __future__ import annotations

import random

import pytest

from domain.account_plan.account_plan import AccountPlan
from domain.account_plan.plan_milestones import PlanMilestones
from domain.policies.company import MONDAY_TO_FRIDAY, NINE_TO_SIX, Company
from domain.policies.policy import policy_id
from projections import kept_answers
from projections.issue_first import first_issues
from projections.issue_list import issues
from projections.issues import OVER
from projections.plan_first import first_plans
from projections.plan_progress import plans
from projections.view import View
from tests.domain.given import some_id
from tests.projections.asking import Office
from tests.projections.conftest import EngineOf, Journal, Told
from tests.projections.histories_issues import of_issue, raises
from tests.projections.histories_team import of_lineage
from tests.projections.people import at, registered

ACCOUNTS = [some_id(f"customer {n}") for n in range(4)]
ISSUES = [some_id(f"issue {n}") for n in range(12)]
DEFINED = Company.Defined(
    edition=1, name="Works", currency="EUR", gift_limit=None, language="en", fiscal_year_start=1, time_zone="UTC",
    working_days=MONDAY_TO_FRIDAY, working_hours=NINE_TO_SIX,
)  # fmt: skip


def history(chance: random.Random) -> list[Told]:
    told = [registered(0, account) for account in ACCOUNTS]
    for number in range(150):
        day = 1 + number / 3
        if number < len(ISSUES):
            told.append((ISSUES[number], raises(chance, chance.choice(ACCOUNTS), at(day)), at(day)))
        elif chance.random() < 0.1:
            told.append((chance.choice(ACCOUNTS), of_lineage(chance, ACCOUNTS), at(day)))
        else:
            moment = at(chance.uniform(0, day) if chance.random() < 0.2 else day)
            told.append((chance.choice(ISSUES), of_issue(chance), moment))
    return told


@pytest.mark.parametrize("seed", [3, 4])
def test_the_first_are_the_first_of_all(seed: int, journal: Journal, engine_of: EngineOf) -> None:
    chance, office, asked = random.Random(seed), Office(journal, engine_of), 0
    office.journal.append_all([[fact] for fact in history(chance)])
    office.engine.catch_up()
    for _ in range(25):
        known_at = chance.choice([None, None, chance.randrange(10, 150)])
        with office.view(at(chance.uniform(0, 60)), known_at) as view:
            account, only_open = chance.choice([None, None, *ACCOUNTS]), chance.random() < 0.4
            every = issues(view, account=account, only_open=only_open).issues
            found = first_issues(view, most := chance.choice([1, 4, 50]), account=account, only_open=only_open)
            assert found.lines == every[:most]
            open_ones = [each for each in every if each.status not in OVER]
            overdue = sum(each.overdue_since is not None for each in open_ones)
            if every:
                assert found[1:] == (len(every), len(open_ones), overdue)
            asked += len(every)
    assert asked > 50


def test_the_first_plans_are_the_first_of_all(
    journal: Journal, engine_of: EngineOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, still_holds = list[bool](), kept_answers._still_holds

    def noted(view: View, kept: kept_answers.Kept) -> bool:
        held.append(still_holds(view, kept))
        return held[-1]

    monkeypatch.setattr(kept_answers, "_still_holds", noted)
    kept_answers.ANSWERS.forget()
    chance, office = random.Random(5), Office(journal, engine_of)
    told = [registered(0, account) for account in ACCOUNTS]
    told.append((policy_id("Company"), DEFINED, at(0)))
    for year, account in ((year, account) for year in (2026, 2027, 2028) for account in ACCOUNTS):
        plan, day = some_id(f"{account} {year}"), at(chance.uniform(1, 20))
        told.append((plan, AccountPlan.Drafted(account=account, fiscal_year=year), day))
        for number in range(chance.randint(0, 3)):
            stone, due = some_id(f"stone {number}"), at(chance.uniform(10, 60)).date()
            made = PlanMilestones.MilestoneSet(account=account, milestone_id=stone, title="Workshop", due=due)
            told.append((plan, made, day))
        if chance.random() < 0.3:
            told.append((plan, AccountPlan.Closed(results=()), at(40)))
    office.journal.append_all([[fact] for fact in told])
    office.engine.catch_up()
    for _ in range(20):
        with office.view(at(chance.uniform(0, 60))) as view:
            account, every, most = (
                chance.choice([None, None, *ACCOUNTS]),
                chance.random() < 0.5,
                chance.choice([1, 5, 90]),
            )
            answer = plans(view, account=account, every=every)
            answer.plans.sort(key=lambda each: (-each.fiscal_year, -each.behind - each.missed, each.name))
            answer.cut(most)
            assert first_plans(view, most, account=account, every=every) == answer
            view.keeps = True
            for _ in range(2):
                assert first_plans(view, most, account=account, every=every) == answer
    assert {True} == set(held)
