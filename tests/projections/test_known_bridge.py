"""What changed between two moments, and between two states of knowledge about one: bridges and forecasts close to the
cent on random histories, by account, owner and quarter, and name the facts that make the difference."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import msgspec
import pytest

from domain.account.account import Account
from domain.aggregate import Withdrawal
from domain.money import Money
from domain.opportunity.opportunity import Opportunity
from domain.policies.exchange_rates import ExchangeRates
from domain.policies.policy import policy_id
from projections.bridge import ADDED, TAKEN, BridgeAnswer, bridge
from projections.deals import Filters
from projections.forecast import forecast
from projections.forecast_change import FIGURES, forecast_change
from projections.known_bridge import known_bridge
from tests.domain.given import day, eur, some_id
from tests.projections.asking import Office, Questions
from tests.projections.business import PERIODS, Business
from tests.projections.conftest import EngineOf, Journal, Told
from tests.projections.test_policies import defined

ACCOUNT, DEAL = some_id("account"), some_id("deal")
HISTORIES = {
    "late": Business(facts=400, late=0.5),
    "accounts merge and separate": Business(facts=300, deals=10, merges=True, withdrawn=0.12, calls=False),
}


def opened(amount: int | None) -> Opportunity.Opened:
    return Opportunity.Opened(
        account=ACCOUNT, title="Line", process="four-funnel", process_edition=1, stage="potential",
        amount=eur(amount) if amount else None, external_id="O-1",
    )  # fmt: skip


def items(answer: BridgeAnswer) -> list[tuple[str, str, list[int]]]:
    return [(item.kind, str(item.amount), item.positions) for item in answer.items]


def closes(answer: BridgeAnswer) -> bool:
    gained = sum((getattr(answer, name) for name in ADDED), start=answer.start)
    return gained - sum(getattr(answer, name) for name in TAKEN) == answer.end


def test_a_late_revision_is_what_increased_between_two_states_of_knowledge(
    journal: Journal, engine_of: EngineOf
) -> None:
    office = Office(journal, engine_of)
    late, not_yet = (Opportunity.AmountRevised(previous=None, amount=eur(amount)) for amount in (150, 900))
    then = office.tell((ACCOUNT, Account.Registered(name="Nova"), day(1)), (DEAL, opened(100), day(1)))
    now = office.tell((DEAL, late, day(3)), (DEAL, not_yet, day(50)))
    with office.view(day(9), then) as before, office.view(day(9), now) as after:
        answer = known_bridge(before, after)
    assert (str(answer.start), str(answer.end)) == ("100.00", "150.00")
    assert items(answer) == [("increased", "50.00", [3])]


def test_a_late_end_a_late_opening_and_a_withdrawn_end_are_named(journal: Journal, engine_of: EngineOf) -> None:
    office, other, third = Office(journal, engine_of), some_id("other"), some_id("third")
    then = office.tell(
        (ACCOUNT, Account.Registered(name="Nova"), day(1)), (DEAL, opened(100), day(1)), (third, opened(30), day(1)),
        (third, Opportunity.Lost(), day(2)),
    )  # fmt: skip
    now = office.tell(
        (DEAL, Opportunity.Won(signed=eur(90)), day(3)), (other, opened(70), day(4)),
        (third, Opportunity.FactWithdrawn(position=4, reason="typo"), day(60)),
    )  # fmt: skip
    with office.view(day(9), then) as before, office.view(day(9), now) as after:
        answer = known_bridge(before, after)
    assert sorted(items(answer)) == [("new", "70.00", [6]), ("reopened", "30.00", [7]), ("won", "100.00", [5])]
    assert (str(answer.start), str(answer.end), str(answer.signed)) == ("100.00", "100.00", "90.00")
    with office.view(day(9), then) as before, office.view(day(9), now) as after:
        moves = forecast_change(before, after, "2025-Q1").moves
    assert {move.opportunity: move.positions for move in moves} == {DEAL: [5], other: [6], third: [7]}


def test_a_forecast_moves_by_what_its_opportunities_changed(journal: Journal, engine_of: EngineOf) -> None:
    office = Office(journal, engine_of)
    known = office.tell(
        (ACCOUNT, Account.Registered(name="Nova"), day(1)), (DEAL, opened(100), day(1)),
        (DEAL, Opportunity.CloseDateMoved(previous=None, close_on=day(20).date()), day(5)),
        (DEAL, Opportunity.Won(signed=eur(90)), day(12)),
    )  # fmt: skip
    with office.view(day(2), known) as before, office.view(day(9), known) as after:
        dated = forecast_change(before, after, "2025-Q1")
    (move,) = dated.moves
    assert {name: str(amount) for name, amount in move.changes.items() if name != "weighted"} == {
        "pipeline": "100.00", "undated": "-100.00",
    }  # fmt: skip
    assert move.positions == [3]
    with office.view(day(9), known) as before, office.view(day(13), known) as after:
        won = forecast_change(before, after, "2025-Q1")
    assert (str(won.start["pipeline"]), str(won.end["closed"]), won.moves[0].positions) == ("100.00", "90.00", [4])


def dollars(moment: int, rate: str) -> Told:
    return policy_id("ExchangeRates"), ExchangeRates.RateSet(currency="USD", rate=Decimal(rate)), day(moment)


def in_dollars() -> Opportunity.Opened:
    return msgspec.structs.replace(opened(None), amount=Money.of(100, "USD"))


def test_what_only_a_rate_moved_names_the_rate(journal: Journal, engine_of: EngineOf) -> None:
    office = Office(journal, engine_of)
    known = office.tell(
        (policy_id("Company"), defined(), day(0)), dollars(0, "0.5"),
        (ACCOUNT, Account.Registered(name="Nova"), day(1)), (DEAL, in_dollars(), day(1)),
        dollars(5, "0.8"),
    )  # fmt: skip
    with office.view(day(2), known) as before, office.view(day(9), known) as after:
        (move,) = forecast_change(before, after, "2025-Q1").moves
        assert (str(move.changes["undated"]), move.positions) == ("30.00", [5])
        assert items(bridge(before, after)) == [("revalued", "30.00", [5])]
    later = office.tell(dollars(6, "0.9"))
    with office.view(day(9), known) as before, office.view(day(9), later) as after:
        (move,) = forecast_change(before, after, "2025-Q1").moves
        assert (str(move.changes["undated"]), move.positions) == ("10.00", [6])


def test_what_was_lost_late_is_valued_at_the_rate_of_that_day_and_names_its_end(
    journal: Journal, engine_of: EngineOf
) -> None:
    office = Office(journal, engine_of)
    known = office.tell(
        (policy_id("Company"), defined(), day(0)), dollars(0, "0.5"),
        (ACCOUNT, Account.Registered(name="Nova"), day(1)), (DEAL, in_dollars(), day(1)),
        dollars(5, "0.8"),
    )  # fmt: skip
    later = office.tell((DEAL, Opportunity.Lost(), day(3)))
    with office.view(day(9), known) as before, office.view(day(9), later) as after:
        assert items(known_bridge(before, after)) == [("revalued", "-30.00", [6]), ("lost", "50.00", [6])]


@pytest.mark.parametrize("name", HISTORIES)
def test_every_bridge_between_two_states_of_knowledge_closes_and_names_what_came_in_between(
    name: str, journal: Journal, engine_of: EngineOf
) -> None:
    questions = Questions(office := Office(journal, engine_of), 31, HISTORIES[name])
    withdrawals = {fact.position for fact in questions.facts if isinstance(fact.event, Withdrawal)}
    seen = Counter[str]()
    for _ in range(45):
        (as_of, one), (_, other), filters = questions.clocks(), questions.clocks(), questions.filters()
        earlier, later = sorted([one, other])
        with office.view(as_of, earlier) as then, office.view(as_of, later) as now:
            answer = known_bridge(then, now, filters)
        assert closes(answer)
        for item in answer.items:
            seen[item.kind] += 1
            for position in item.positions:
                assert earlier < position <= later
                assert position in withdrawals or questions.facts[position - 1].occurred_at <= as_of
            if item.kind in ("increased", "decreased", "new") and not filters.period:
                seen["named"] += bool(item.positions)
                seen["unnamed"] += not item.positions
        if earlier == later:
            assert answer.items == []
    assert seen["increased"] + seen["decreased"] > 5
    assert seen["named"] > 3 * seen["unnamed"]


@pytest.mark.parametrize("name", HISTORIES)
def test_every_change_of_a_forecast_closes_at_both_ends(name: str, journal: Journal, engine_of: EngineOf) -> None:
    questions = Questions(office := Office(journal, engine_of), 32, HISTORIES[name])
    moved = unnamed = 0
    for _ in range(20):
        (one, known), (other, learned) = questions.clocks(), questions.clocks()
        start, end = sorted([one, other])
        quarter, filters = questions.random.choice(PERIODS), questions.filters()
        filters = Filters(owner=filters.owner, account=filters.account, territory=filters.territory)
        clocks = [((start, known), (end, known)), ((end, min(known, learned)), (end, max(known, learned)))]
        for before, after in clocks:
            with office.view(*before) as then, office.view(*after) as now:
                answer = forecast_change(then, now, quarter, filters)
                ends = [forecast(view, quarter, filters) for view in (then, now)]
            for figure in FIGURES:
                assert answer.start[figure] == getattr(ends[0], figure)
                assert answer.end[figure] == getattr(ends[1], figure)
                change = sum(move.changes.get(figure, 0) for move in answer.moves)
                assert answer.start[figure] + change == answer.end[figure]
            unnamed += sum(not move.positions for move in answer.moves if before[1] == after[1])
            moved += len(answer.moves)
    assert moved > 15
    assert unnamed == 0
