"""What is to be done about one customer is what everybody's lists say of it."""

from __future__ import annotations

import random

from domain.visibility import Visibility
from projections.customer_todo import todo_of
from projections.finding_facts import Facts
from projections.findings import RULES
from projections.kept_columns import forget
from projections.todo import todo, weightiest
from tests.projections.asking import Office
from tests.projections.conftest import EngineOf, Journal
from tests.projections.histories_work import OURS, work
from tests.projections.people import at

DAYS = 330
VISIBILITIES = [Visibility.whole(), Visibility(member=OURS[0], managers=frozenset(OURS[:1]))]


def test_of_each_customer_the_lists_say_the_same_whoever_asks(journal: Journal, engine_of: EngineOf) -> None:
    forget("test_")
    office, chance, kinds = Office(journal, engine_of), random.Random(21), set[str]()
    journal.append_all([[fact] for fact in work(chance, 420, DAYS, merges=True)])
    office.engine.catch_up()
    for _ in range(6):
        known_at = chance.choice([None, chance.randrange(60, len(journal.facts) + 1)])
        with office.view(at(chance.uniform(40, DAYS)), known_at, chance.choice(VISIBILITIES)) as view:
            for account in Facts(view).accounts:
                among = view.among([account])
                every = [each for each in todo(among).items if each.account == account]
                assert todo_of(view, account) == sorted(every, key=weightiest)
                kinds |= {each.kind for each in every}
    assert len(kinds) > 5


def test_rules_that_are_not_about_customers_name_none(journal: Journal, engine_of: EngineOf) -> None:
    office, chance, found = Office(journal, engine_of), random.Random(22), set[str]()
    journal.append_all([[fact] for fact in work(chance, 420, DAYS)])
    office.engine.catch_up()
    for day in range(20, DAYS, 40):
        with office.view(at(day)) as view:
            facts = Facts(view)
            for rule in RULES:
                named = {each.account for each in rule.find(facts)}
                assert rule.of_customers or named <= {None}
                assert not rule.of_customers or None not in named
                found |= {rule.name} if named else set()
    assert {"monthly_plan_not_handed_in", "todo_untouched"} & found
