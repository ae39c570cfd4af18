"""Findings by rule are the findings, counted, with the first of each; counted on columns they say what rows say."""

from __future__ import annotations

import random
from heapq import merge
from operator import itemgetter

import msgspec
import pytest

from domain.opportunity.opportunity import Opportunity
from domain.policies.shipped_processes import FOUR_FUNNEL
from domain.visibility import Visibility
from projections import finding_facts, kept_columns
from projections.finding_groups import finding_groups
from projections.findings_answer import FindingFilters, FindingLine, findings
from projections.kept_answers import ANSWERS
from tests.projections.asking import Office
from tests.projections.conftest import EngineOf, Journal, Told
from tests.projections.histories_bought import trade
from tests.projections.histories_work import ACCOUNTS, DEALS, OURS, work
from tests.projections.people import at

DAYS = 300


def by_rule(found: list[FindingLine], shown: int) -> list[tuple[str, int, list[FindingLine]]]:
    of = {each.rule: [one for one in found if one.rule == each.rule] for each in found}
    order = sorted(of, key=lambda rule: (-of[rule][0].weight, -len(of[rule]), rule))
    return [(rule, len(of[rule]), of[rule][:shown]) for rule in order]


def partly_imported(chance: random.Random, told: list[Told]) -> list[Told]:
    """The same, of which some opportunities were imported as they stood, and some moved on by hand or by an import."""
    keys = [stage.key for stage in FOUR_FUNNEL.stages]
    moves: list[Told] = []
    for deal in (chance.choice(list(DEALS)) for _ in range(60)):
        by = chance.choice(["imported", "they asked for it"])
        moved = Opportunity.StageAdvanced(
            from_=keys[0], to=chance.choice(keys), process_edition=0, after=(), override=by
        )
        moves.append((deal, moved, at(chance.uniform(0, DAYS))))
    opened = [
        (stream, msgspec.structs.replace(event, override="imported"), moment)
        if isinstance(event, Opportunity.Opened) and chance.random() < 0.5
        else (stream, event, moment)
        for stream, event, moment in told
    ]
    return list(merge(opened, sorted(moves, key=itemgetter(2)), key=itemgetter(2)))


@pytest.mark.parametrize("merges", [False, True])
def test_findings_by_rule_are_the_findings(
    merges: bool, journal: Journal, engine_of: EngineOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept_columns.forget("test_")
    office, chance, said, counted = Office(journal, engine_of), random.Random(11), set[str](), 0
    told = list(merge(work(chance, 420, DAYS, merges=merges), trade(chance, 150, DAYS, ACCOUNTS), key=itemgetter(2)))
    told = partly_imported(random.Random(4), told)
    for size in (440, 1, 40, len(told)):
        few, told = told[:size], told[size:]
        office.journal.append_all([[fact] for fact in few])
        office.engine.catch_up()
        for _ in range(8):
            member, account = chance.choice([None, None, None, *OURS]), chance.choice([None, None, None, *ACCOUNTS])
            filters, shown = FindingFilters(member=member, account=account), chance.choice([1, 3, 100])
            seen = chance.choice([Visibility.whole(), Visibility(member=OURS[0], managers=frozenset(OURS[:2]))])
            known_at = chance.choice([None, None, chance.randrange(60, len(office.journal.facts) + 1)])
            with office.view(at(chance.uniform(20, DAYS + 30)), known_at, seen) as view:
                every = findings(view, filters).findings
                view.keeps = chance.random() < 0.8
                monkeypatch.setattr(finding_facts, "FEW", 0)
                monkeypatch.setattr(kept_columns, "FEW", chance.choice([0, 300]))
                ANSWERS.forget()
                found = finding_groups(view, shown, filters)
                counts = finding_groups(view, 0, filters, most=0)
                monkeypatch.undo()
                assert [(each.rule, each.count, each.lines) for each in found.groups] == by_rule(every, shown)
                assert found.count == len(every)
                assert [(each.rule, each.count, each.lines) for each in counts.groups] == by_rule(every, 0)
                said |= {each.rule for each in found.groups}
                counted += view.keeps
    assert counted > 14
    assert said >= {"commit_with_unmet_gate", "monthly_plan_not_handed_in"}
    assert len(said) > (8 if merges else 11)
