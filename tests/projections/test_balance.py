"""The balance of both sides: what was given, received and promised, at two clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from domain.account.account import Account
from domain.account.commitments import Commitments
from domain.account.dealings import Side
from domain.account.joint_activities import Contributor, Input, InputKind, JointActivities
from domain.account.needs import Needs
from domain.account.purchases import Purchases
from domain.account.value import Value, ValueKind
from domain.aggregate import Event
from domain.errors import NotFound
from domain.money import Money
from domain.policies.company import MONDAY_TO_FRIDAY, NINE_TO_SIX, Company
from domain.policies.exchange_rates import ExchangeRates
from domain.policies.policy import policy_id
from domain.visibility import Visibility
from projections.balance import balance
from projections.balance_answer import AccountBalance, BalanceAnswer, Count, Sum
from projections.balance_answer import Commitments as Promises
from projections.joint_activities import JointActivityStatus
from tests.domain.dealings import (
    ACTIVITY,
    ANNA,
    BEN,
    NEED,
    OTHER,
    OURS,
    PROMISE,
    THEIRS,
    VALUE,
    WANG,
    conclusion,
    gift,
    need,
    promise,
    proposal,
    value,
)
from tests.domain.given import day, eur, sealed, some_id
from tests.projections.asking import Office
from tests.projections.conftest import EngineOf, Journal

HUARUI, BAOLI, OLD = some_id("huarui"), some_id("baoli"), some_id("old huarui")
ZONE = "Asia/Shanghai"


def usd(amount: int | str) -> Money:
    return Money.of(amount, "USD")


@pytest.fixture
def office(journal: Journal, engine_of: EngineOf) -> Office:
    """A company in Shanghai that reports euros, with two customers; a dollar is worth 0.9 and from day 20 on 0.8."""
    opened = Office(journal, engine_of)
    company = Company.Defined(
        edition=1,
        name="Ours",
        currency="EUR",
        gift_limit=None,
        language="en",
        fiscal_year_start=1,
        time_zone=ZONE,
        working_days=MONDAY_TO_FRIDAY,
        working_hours=NINE_TO_SIX,
    )
    opened.tell(
        (policy_id("Company"), company, day(0)),
        (policy_id("ExchangeRates"), ExchangeRates.RateSet(currency="USD", rate=Decimal("0.9")), day(0)),
        (policy_id("ExchangeRates"), ExchangeRates.RateSet(currency="USD", rate=Decimal("0.8")), day(20)),
        (HUARUI, Account.Registered(name="Huarui", external_id="H-1"), day(0)),
        (BAOLI, Account.Registered(name="Baoli"), day(0)),
    )
    return opened


FIRST = 6
"""The position of the first fact that a test tells."""


def tell(office: Office, *facts: tuple[int, Event], account: Any = HUARUI) -> int:
    return office.tell(*((account, event, day(number)) for number, event in facts))


def asked(office: Office, number: int, account: Any = HUARUI, known_at: int | None = None, **more: Any) -> Any:
    """The balance of one account at nine o'clock of a day."""
    with office.view(day(number), known_at) as view:
        (found,) = balance(view, account, **more).accounts
        return found


def everything(office: Office, number: int, visibility: Visibility | None = None) -> BalanceAnswer:
    with office.view(day(number), visibility=visibility) as view:
        return balance(view)


def summed(amount: int | str, *positions: int, count: int = 1, unvalued: int = 0) -> Sum:
    return Sum(count, list(positions), Decimal(amount), unvalued)


def test_value_counts_by_kind_at_the_rate_of_its_day_and_is_acknowledged_at_the_receivers_worth(
    office: Office,
) -> None:
    tell(
        office,
        (10, value(worth=usd("1000"), reckoned=sealed("so"), cost=eur(200))),
        (25, value(value_id=OTHER, kind=ValueKind.LEAD, worth=usd("100"), reckoned=sealed("so"))),
        (30, Value.ValueAcknowledged(value_id=VALUE, stakeholder=WANG, worth=usd("500"))),
        (31, Value.ValueAcknowledged(value_id=OTHER, stakeholder=WANG)),
    )
    found = asked(office, 40).given
    assert (found.total, found.cost) == (Decimal("980.00"), summed("200.00", FIRST, FIRST + 2))
    assert (found.value.amount, found.value.count) == (Decimal("980.00"), 2)
    assert found.acknowledged == summed("480.00", FIRST, FIRST + 2, FIRST + 1, FIRST + 3, count=2)
    training, lead = sorted(found.by_kind, key=lambda each: each.kind is ValueKind.LEAD)
    assert [each.kind for each in found.by_kind] == [ValueKind.LEAD, ValueKind.TRAINING]
    assert (training.value.amount, training.acknowledged.amount) == (Decimal("900.00"), Decimal("400.00"))
    assert (lead.value, lead.acknowledged.amount) == (summed("80.00", FIRST + 1, FIRST + 3), Decimal("80.00"))


def test_value_without_a_worth_counts_and_a_missing_rate_is_named(office: Office) -> None:
    pounds = Money.of(70, "GBP")
    tell(office, (10, value()), (11, value(value_id=OTHER, worth=pounds, reckoned=sealed("so"))))
    answer = everything(office, 40)
    (found,) = answer.accounts
    assert found.given.value == summed("0.00", FIRST, FIRST + 1, count=2, unvalued=2)
    assert (found.given.total, answer.missing_rates) == (Decimal("0.00"), {"GBP": 1})


def test_what_the_customer_gives_stands_on_the_other_side(office: Office) -> None:
    tell(office, (10, value(given_by=Side.CUSTOMER, worth=eur(300), reckoned=sealed("so"))))
    found = asked(office, 40)
    assert (found.received.total, found.received.value) == (Decimal("300.00"), summed("300.00", FIRST))
    assert (found.given.total, found.given.value.count, found.given.by_kind) == (Decimal("0.00"), 0, [])


def test_a_commitment_is_overdue_after_its_due_day_and_kept_late_counts_as_kept(office: Office) -> None:
    """PROMISE is due on 20 January 2025, which in Shanghai ends at 16:00 UTC; day 19 is 20 January."""
    kept = Commitments.CommitmentKept(commitment_id=PROMISE)
    theirs = promise(commitment_id=OTHER, made_by=Side.CUSTOMER, due_on=date(2025, 3, 1))
    tell(office, (5, promise()), (6, theirs), (30, kept))
    made = Count(1, [FIRST])
    assert asked(office, 19).ours == Promises(made, Count(), Count(), Count(), made, Count())
    assert asked(office, 20).ours == Promises(made, Count(), Count(), Count(), made, made)
    both = Count(1, [FIRST, FIRST + 2])
    assert asked(office, 40).ours == Promises(both, both, both, Count(), Count(), Count())
    made = Count(1, [FIRST + 1])
    assert asked(office, 40).theirs == Promises(made, Count(), Count(), Count(), made, Count())


def test_a_commitment_that_was_broken_is_neither_kept_nor_overdue(office: Office) -> None:
    tell(office, (5, promise()), (30, Commitments.CommitmentBroken(commitment_id=PROMISE, reason="no coils")))
    both = Count(1, [FIRST, FIRST + 1])
    assert asked(office, 40).ours == Promises(both, Count(), Count(), both, Count(), Count())


def test_a_commitment_kept_on_its_due_day_is_kept_in_time(office: Office) -> None:
    tell(office, (5, promise()), (19, Commitments.CommitmentKept(commitment_id=PROMISE)))
    found = asked(office, 40).ours
    assert (found.kept.count, found.kept_late.count) == (1, 0)


def test_needs_are_open_met_or_dropped_as_of_the_moment(office: Office) -> None:
    dropped = Needs.NeedDropped(need_id=OTHER, reason="gone")
    tell(
        office,
        (5, need()),
        (6, need(need_id=OTHER)),
        (7, need(need_id=some_id("third"))),
        (20, Needs.NeedMet(need_id=NEED)),
        (21, dropped),
    )
    before, after = asked(office, 10).needs, asked(office, 40).needs
    assert (before.recorded.count, before.open.count, before.met.count, before.dropped.count) == (3, 3, 0, 0)
    assert (after.recorded.count, after.open) == (3, Count(1, [FIRST + 2]))
    assert (after.met, after.dropped) == (Count(1, [FIRST, FIRST + 3]), Count(1, [FIRST + 1, FIRST + 4]))


def test_inputs_count_for_both_sides_once_the_activity_has_started(office: Office) -> None:
    time = Input(by=Contributor.CUSTOMER, kind=InputKind.TIME, days=Decimal("2.5"))
    started = JointActivities.JointActivityStarted(activity_id=ACTIVITY)
    tell(office, (5, proposal(inputs=(OURS, THEIRS, time))), (10, started), (30, conclusion(attendance=21)))
    proposed = asked(office, 7)
    assert (proposed.given.inputs.count, proposed.received.total) == (0, Decimal("0.00"))
    assert [line.status for line in proposed.activities] == [JointActivityStatus.PROPOSED]
    over = asked(office, 40)
    behind = [FIRST, FIRST + 1, FIRST + 2]
    assert (over.given.inputs, over.given.total) == (summed("5000.00", *behind), Decimal("5000.00"))
    assert (over.received.inputs, over.received.input_days) == (summed("2000.00", *behind), Decimal("2.5"))
    (line,) = over.activities
    assert (line.title, line.status, line.attendance) == ("Coil week", JointActivityStatus.CONCLUDED, 21)
    assert (line.us.worth, line.customer.worth, line.customer.kinds) == (5000, 2000, ["space", "time"])
    assert (line.partner.worth, line.partner.kinds, line.positions) == (None, [], behind)


def test_inputs_in_a_currency_without_a_rate_are_unvalued(office: Office) -> None:
    pounds = Input(by=Contributor.US, kind=InputKind.MONEY, amount=Money.of(70, "GBP"))
    tell(office, (5, proposal(inputs=(pounds,))), (6, JointActivities.JointActivityStarted(activity_id=ACTIVITY)))
    found = asked(office, 40)
    assert found.given.inputs == summed("0.00", FIRST, FIRST + 1, unvalued=1)
    assert found.activities[0].us.worth is None


def test_purchases_are_received_at_the_rate_of_their_day(office: Office) -> None:
    def buy(number: str, revenue: Money, margin: Money | None = None) -> Event:
        return Purchases.PurchaseRecorded(document_no=number, revenue=revenue, margin=margin)

    tell(
        office,
        (10, buy("R-1", usd("100.05"), usd("10"))),
        (25, buy("R-2", usd("100.05"))),
        (26, buy("R-3", eur(50), eur(5))),
        (27, buy("R-4", Money.of(9, "GBP"), Money.of(1, "GBP"))),
    )
    found, behind = asked(office, 40).purchases, [FIRST, FIRST + 1, FIRST + 2, FIRST + 3]
    # 100.05 × 0.9 = 90.045, half to even 90.04; 100.05 × 0.8 = 80.04
    assert (found.revenue.amount, found.revenue.count, found.revenue.unvalued) == (Decimal("220.08"), 4, 1)
    assert (found.margin.amount, found.margin.count, found.margin.unvalued) == (Decimal("14.00"), 4, 2)
    assert sorted(found.revenue.positions) == behind
    assert everything(office, 40).missing_rates == {"GBP": 1}
    assert asked(office, 11).purchases.revenue == summed("90.04", FIRST)
    assert asked(office, 40, since=date(2025, 1, 27)).purchases.revenue.count == 2


def test_gifts_are_summed_and_those_above_the_limit_counted(office: Office) -> None:
    approved = gift(gift_id=OTHER, value=usd(100), approved_by=BEN, above_limit=True, limit=eur(50))
    tell(office, (5, gift()), (6, approved))
    found = asked(office, 40).gifts
    assert found.declared == summed("130.00", FIRST, FIRST + 1, count=2)
    assert found.above_limit == Count(1, [FIRST + 1])


def test_since_counts_what_happened_from_that_day_on(office: Office) -> None:
    """Day 19 is 20 January; in Shanghai it begins at 16:00 UTC of the day before."""
    acknowledged = Value.ValueAcknowledged(value_id=VALUE, stakeholder=WANG)
    started = JointActivities.JointActivityStarted(activity_id=ACTIVITY)
    tell(
        office,
        (5, value(worth=eur(10), reckoned=sealed("so"))),
        (6, need()),
        (7, promise()),
        (8, gift()),
        (9, proposal(inputs=(OURS,))),
        (10, started),
        (11, conclusion()),
        (25, acknowledged),
        (26, Needs.NeedMet(need_id=NEED)),
        (27, Commitments.CommitmentKept(commitment_id=PROMISE)),
    )
    found = asked(office, 40, since=date(2025, 1, 20))
    assert (found.given.value.count, found.given.acknowledged.amount, found.given.total) == (0, 10, 0)
    assert (found.needs.recorded.count, found.needs.met.count) == (0, 1)
    assert (found.ours.made.count, found.ours.kept.count, found.ours.kept_late.count) == (0, 1, 1)
    assert (found.gifts.declared.count, found.activities, found.given.inputs.count) == (0, [], 0)
    whole = asked(office, 40, since=date(2025, 1, 6))
    assert (whole.given.value.count, whole.given.inputs.amount, len(whole.activities)) == (1, 5000, 1)
    assert asked(office, 40, since=date(2025, 1, 28)).ours.kept.count == 1
    assert asked(office, 40, since=date(2025, 1, 29)).ours.kept.count == 0


def test_a_late_fact_is_not_there_before_it_was_known(office: Office) -> None:
    known = tell(office, (5, promise()))
    tell(office, (10, Commitments.CommitmentKept(commitment_id=PROMISE)))
    assert asked(office, 30, known_at=known).ours.overdue == Count(1, [FIRST])
    assert asked(office, 30).ours.overdue == Count()
    assert asked(office, 30).ours.kept == Count(1, [FIRST, FIRST + 1])
    tell(office, (31, Account.FactWithdrawn(position=FIRST + 1, reason="typo")))
    assert asked(office, 30).ours.overdue == Count(1, [FIRST])


def test_merged_accounts_stand_with_the_one_that_goes_on(office: Office) -> None:
    tell(office, (0, Account.Registered(name="Old Huarui")), (5, promise()), account=OLD)
    tell(office, (6, promise(commitment_id=OTHER)))
    tell(office, (20, Account.AccountsMerged(into=HUARUI, reason="one company")), account=OLD)
    merged = everything(office, 40).accounts
    assert [(each.name, each.ours.made) for each in merged] == [("Huarui", Count(2, [FIRST + 1, FIRST + 2]))]
    assert asked(office, 40, OLD).name == "Huarui"
    assert [each.name for each in everything(office, 10).accounts] == ["Huarui", "Old Huarui"]


def test_an_open_commitment_that_goes_on_elsewhere_after_a_merge_counts_once(office: Office) -> None:
    tell(office, (0, Account.Registered(name="Old Huarui")), (5, promise()), account=OLD)
    tell(office, (6, promise(commitment_id=OTHER)))
    united = Account.AccountsMerged(into=HUARUI, reason="one company", open_items={PROMISE: OTHER})
    tell(office, (20, united), account=OLD)
    assert asked(office, 40).ours.open == Count(1, [FIRST + 2])
    assert asked(office, 10, OLD).ours.open == Count(1, [FIRST + 1])


def test_an_account_with_nothing_is_empty_when_asked_for_and_left_out_of_all(office: Office) -> None:
    tell(office, (5, value()))
    found = asked(office, 40, BAOLI)
    assert isinstance(found, AccountBalance)
    assert (found.name, found.given.total, found.ours.made, found.activities) == ("Baoli", 0, Count(), [])
    assert [each.external_id for each in everything(office, 40).accounts] == ["H-1"]


def test_one_sees_the_balance_of_ones_own_accounts(office: Office) -> None:
    tell(office, (5, value()), (6, Account.ManagerAssigned(manager=ANNA)))
    tell(office, (5, value()), account=BAOLI)
    annas = Visibility(member=ANNA, managers=frozenset([ANNA]), scope="own accounts")
    assert [each.name for each in everything(office, 40, annas).accounts] == ["Huarui"]
    with office.view(day(40), visibility=annas) as view, pytest.raises(NotFound):
        balance(view, BAOLI)
    with office.view(datetime(2024, 1, 1, tzinfo=UTC)) as view, pytest.raises(NotFound):
        balance(view, HUARUI)
