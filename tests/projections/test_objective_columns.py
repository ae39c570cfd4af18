"""Objectives that lie behind their line are counted on columns as the rule says."""

from __future__ import annotations

import random
from collections import Counter

from projections import kept_columns
from projections.finding_facts import Facts
from projections.findings_plans import objective_behind_its_line
from projections.kept_columns import rows_then
from projections.objective_columns import OPEN_PLAN, OpenPlans
from tests.projections.asking import Office
from tests.projections.conftest import EngineOf, Journal
from tests.projections.histories_bought import trade
from tests.projections.histories_work import ACCOUNTS, beginnings, of_lineage
from tests.projections.people import at

DAYS = 300


def test_what_is_surely_behind_is_what_the_rule_says(journal: Journal, engine_of: EngineOf) -> None:
    kept_columns.forget("test_")
    office, chance, seen = Office(journal, engine_of), random.Random(5), Counter[str]()
    told = [*beginnings(chance), *trade(chance, 260, DAYS, ACCOUNTS)]
    told += [(chance.choice(ACCOUNTS), of_lineage(chance), at(chance.uniform(2, DAYS))) for _ in range(6)]
    office.tell(*told)
    for _ in range(80):
        known_at = chance.choice([None, None, chance.randrange(60, len(told) + 1)])
        with office.view(at(chance.uniform(20, DAYS + 30)), known_at) as view:
            view.keeps = True
            facts = Facts(view)
            ids = rows_then(view, OPEN_PLAN).ids
            found, key = OpenPlans(facts, ids.of(list(facts.accounts))).behind(), ids.key
            said = Counter(each.account for each in objective_behind_its_line.find(facts))
            undecided = {key(code) for code in found.undecided.tolist()}
            surely = Counter(key(code) for code in found.surely.tolist())
            assert surely == {account: n for account, n in said.items() if account not in undecided}
            seen.update(surely=len(surely), undecided=len(undecided), not_behind=len(facts.open_plans) - len(said))
    assert min(seen.values()) > 20
