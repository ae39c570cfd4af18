"""What the sample company holds beside its pipeline, through the read models, as of days of its story."""

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from api.cli.session import system
from api.cli.settings import Settings
from api.importing.names import made_id
from domain.policies.calendar import day_end
from projections.balance import balance
from projections.competition import competition
from projections.decision_map import decision_map
from projections.duplicates import duplicates
from projections.findings_answer import FindingFilters, findings
from projections.open_quotes import quotes
from projections.portfolio import PortfolioAnswer, PortfolioLine, portfolio
from projections.store_standing import stores
from projections.visit_discipline import discipline
from projections.winning_cost import cost_of_winning

END = date(2026, 10, 31)
Ask = Callable[..., Any]


def account(external_id: str) -> UUID:
    return made_id("account", external_id)


def opportunity(external_id: str) -> UUID:
    return made_id("opportunity", external_id)


def person(external_id: str) -> UUID:
    return made_id("stakeholder", external_id)


FRAMEWORK = opportunity("O-LH-2")


@pytest.fixture(scope="module")
def ask(sample_home: Path) -> Iterator[Ask]:
    """Asks a question as of the end of a day, as the one who sees everything."""
    with system(Settings(home=sample_home)) as made:
        visibility, company = made.asker().visibility, made.calendar.company

        def asked(question: Ask, day: date, *values: Any, since: date | None = None, **named: Any) -> Any:
            if since is not None:
                named["since"] = day_end(company, since)
            with made.reader.view(visibility, as_of=day_end(company, day)) as view:
                return question(view, *values, **named)

        yield asked


def ranked(answer: PortfolioAnswer) -> dict[str, PortfolioLine]:
    return {line.external_id: line for line in answer.customers}


def rules(answer: Any) -> set[str]:
    return {line.rule for line in answer.findings}


def about(external_id: str) -> FindingFilters:
    return FindingFilters(account=account(external_id))


# which customers


def test_a_changed_objective_ranks_the_same_customers_by_another_edition(ask: Ask) -> None:
    early, late = ask(portfolio, date(2024, 12, 31)), ask(portfolio, END)
    assert (early.edition, late.edition) == (1, 2)
    assert early.objective.startswith("Volume")
    assert late.objective.startswith("Partnership")
    assert (early.key_accounts, late.key_accounts) == (21, 20)
    assert [line.external_id for line in early.customers] != [line.external_id for line in late.customers]
    before, now = ranked(early)["A-01"], ranked(late)["A-01"]
    assert before.status is not None
    assert now.status is not None
    assert (before.status.relationship_type, now.status.relationship_type) == ("ordinary", "partner")
    assert {line.abc for line in late.customers} >= {"A", "B", "C"}


def test_reviews_are_due_where_nobody_looked_again(ask: Ask) -> None:
    due = ask(portfolio, END, reviews_due=True)
    assert {line.external_id for line in due.customers} >= {"A-04", "A-37"}
    assert "A-01" not in {line.external_id for line in due.customers}


def test_one_double_is_merged_and_one_waits_to_be_judged(ask: Ask) -> None:
    (pair,) = ask(duplicates, END).candidates
    assert {pair.first.external_id, pair.second.external_id} == {"A-44", "A-66"}
    pairs = ask(duplicates, date(2026, 2, 13)).candidates
    assert [{pair.first.external_id, pair.second.external_id} for pair in pairs] == [{"A-35", "A-65"}]


# what both sides do


def test_the_balance_has_two_sides(ask: Ask) -> None:
    (found,) = ask(balance, END, account("A-01")).accounts
    assert (found.given.value.amount, found.given.acknowledged.amount) == (Decimal(906_000), Decimal(816_000))
    assert found.received.value.amount == Decimal(210_000)
    kept = [
        (side.made.count, side.kept.count, side.broken.count, side.open.count) for side in (found.ours, found.theirs)
    ]
    assert kept == [(6, 3, 1, 2), (4, 3, 0, 1)]
    assert (found.ours.overdue.count, found.theirs.kept_late.count) == (1, 1)
    needs = found.needs
    assert (needs.recorded.count, needs.met.count, needs.dropped.count, needs.open.count) == (7, 4, 1, 2)
    assert [activity.status for activity in found.activities] == ["given_up", "concluded", "under_way"]
    assert (found.gifts.declared.count, found.gifts.above_limit.count) == (2, 1)


def test_in_the_middle_of_the_silence_the_balance_shows_the_broken_promise(ask: Ask) -> None:
    (before,) = ask(balance, date(2025, 9, 14), account("A-01")).accounts
    (after,) = ask(balance, date(2025, 9, 15), account("A-01")).accounts
    assert (before.ours.overdue.count, before.ours.broken.count) == (1, 0)
    assert (after.ours.overdue.count, after.ours.broken.count) == (0, 1)


# who decides


def test_the_map_changes_between_two_days(ask: Ask) -> None:
    found = ask(decision_map, date(2026, 6, 30), opportunity=FRAMEWORK, since=date(2025, 5, 14))
    changed = {(each.what, each.stakeholder): (each.before, each.after) for each in found.changes}
    assert changed["support", person("S-01-5")] == ("enemy", "supporter")
    assert changed["left", person("S-01-1")][1] is None
    assert ("joined", person("S-01-6")) in changed
    assert ("blocks", person("S-01-5")) in changed
    assert person("S-01-1") not in {node.id for node in found.nodes}
    early = ask(decision_map, date(2025, 5, 14), opportunity=FRAMEWORK)
    assert {edge.kind for edge in early.edges} == {"reports_to", "approves", "advises", "blocks"}


# what a month was like


def test_the_discipline_of_october_knows_who_was_late_and_who_handed_in_nothing(ask: Ask) -> None:
    lines = {line.name or line.external_id: line for line in ask(discipline, END, "2026-10").lines}
    states = {line.external_id: [plan.state for plan in line.plans] for line in lines.values()}
    assert states["M-08"] == ["late"]
    assert states["M-09"] == ["missing"]
    assert states["M-07"] == ["on_time"]


def test_stores_are_seen_together_under_their_wholesaler(ask: Ask) -> None:
    found = ask(stores, END, "2026-10", outlets_of=account("A-14"))
    assert {outlet.external_id for outlet in found.outlets} == {"A-61", "A-62", "A-63", "A-64"}
    assert all(outlet.visits == 1 and outlet.display_score for outlet in found.outlets)
    assert found.value > 0
    steps = {step.step: step for step in ask(discipline, END, "2026", outlets_of=account("A-14")).whole.steps}
    assert len(steps) == 8
    assert steps["greeting"].share == 1.0
    assert min(step.share for step in steps.values()) < 1.0


# what it took


def test_winning_the_framework_cost_129_days(ask: Ask) -> None:
    (found,) = ask(cost_of_winning, END, opportunity=FRAMEWORK).opportunities
    assert (found.person_days, found.cost, found.won_amount) == (Decimal(129), Decimal(491_450), Decimal(10_850_000))
    assert (found.cost_allowed, found.exceeded) == (Decimal(620_000), [])
    assert (found.concessions, found.for_nothing, found.samples_out) == (3, 1, 0)
    (middle,) = ask(cost_of_winning, date(2025, 10, 15), opportunity=FRAMEWORK).opportunities
    assert (middle.person_days, middle.cost_allowed) == (Decimal(29), Decimal(400_000))


def test_every_competitor_was_met_and_some_strategies_won(ask: Ask) -> None:
    lines = ask(competition, END).competitors
    assert {line.competitor for line in lines} == {"Ardenne Antriebe", "Kestrel Drives", "泰岳传动", "Monsun Robotics"}
    assert all(line.won and line.lost and line.open and line.unseen for line in lines)
    assert {record.key for line in lines for record in line.strategies if record.won} >= {"frontal", "flanking"}


def test_quotes_were_revised_accepted_forgotten_and_expired(ask: Ask) -> None:
    told = {line.quote_no: line for line in ask(quotes, END, every=True).quotes}
    assert (told["Q-LH-1"].status, told["Q-LH-1"].version) == ("accepted", 2)
    assert (told["Q-LH-3"].status, told["Q-LH-3"].version, told["Q-LH-3"].total) == ("accepted", 3, Decimal(10_850_000))
    forgotten = {line.quote_no: line for line in ask(quotes, date(2025, 9, 30)).quotes}["Q-LH-2"]
    assert (forgotten.status, forgotten.expired, forgotten.follow_up) == ("issued", True, "overdue")
    assert {line.status for line in told.values()} == {"issued", "accepted", "declined"}
    assert "Q-LH-4" in {line.quote_no for line in ask(quotes, END).quotes}


# what rules of thumb say


def test_findings_are_there_and_go_when_somebody_acts(ask: Ask) -> None:
    now = rules(ask(findings, END, about("A-01")))
    assert now >= {"commitment_overdue", "need_unanswered", "quote_without_follow_up"}
    assert "close_date_pushed_again" not in now
    silent = rules(ask(findings, date(2025, 10, 15), about("A-01")))
    assert silent >= {"no_value_given", "quote_without_follow_up"}
    assert "commitment_overdue" in rules(ask(findings, date(2025, 9, 14), about("A-01")))
    assert "commitment_overdue" not in rules(ask(findings, date(2025, 9, 15), about("A-01")))


def test_almost_every_rule_of_thumb_finds_something_in_the_sample(ask: Ask) -> None:
    assert rules(ask(findings, END)) >= {
        "approver_not_met", "close_date_past", "close_date_pushed_again", "commit_with_unmet_gate",
        "commitment_overdue", "conceded_for_nothing", "key_status_unjustified",
        "monthly_plan_not_handed_in", "more_against_than_for", "need_unanswered", "no_decider_mapped",
        "no_opposition_recorded", "no_value_given", "quote_without_follow_up", "resources_over_limit",
        "strategic_without_bearers", "stuck_in_stage", "todo_untouched",
    }  # fmt: skip
