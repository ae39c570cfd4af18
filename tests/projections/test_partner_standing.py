"""The standing of partners over time: scores of both sides, rewards due and granted, customers downstream; as of two
clocks, with the events behind each figure."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from domain.account.account import Account
from domain.account.profile import AccountKind
from domain.aggregate import Event
from domain.errors import NotFound
from domain.money import Money
from domain.partner_programme.partner_programme import PartnerProgramme
from domain.partner_programme.partners import Partners
from domain.partner_programme.rewards import Rewards
from domain.policies.company import MONDAY_TO_FRIDAY, NINE_TO_SIX, Company
from domain.policies.exchange_rates import ExchangeRates
from domain.policies.policy import policy_id
from domain.visibility import Visibility
from projections.partner_answer import (
    DownstreamCustomer,
    Network,
    PartnerAnswer,
    PartnerState,
    PartnerTrend,
    UnscoredPeriod,
)
from projections.partner_rewards import RewardStatus
from projections.programmes import find_programme, partner, partner_of, programme, programmes
from tests.domain.given import some_id
from tests.domain.partners import HUARUI, SCORES, TERMS, granted, scored, served
from tests.projections.asking import Office
from tests.projections.conftest import EngineOf, Journal, Told

KEY, ANNA, BEN, OTHER, SHOP, HEIR = (some_id(name) for name in ("key", "Anna", "Ben", "Other", "shop", "heir"))


def on(month: int, day_of_month: int, year: int = 2025) -> datetime:
    return datetime(year, month, day_of_month, 9, tzinfo=UTC)


def enrolled(account: UUID, moment: datetime) -> Told:
    event = Partners.PartnerEnrolled(
        account=account, kind=AccountKind.WHOLESALER, enrolled_on=moment.date(), member=ANNA, agreed_by=some_id("Wang")
    )
    return KEY, event, moment


def second_quarter(**more: object) -> Event:
    period = {"period": "2025-Q2", "first": date(2025, 4, 1), "last": date(2025, 6, 30)}
    worse = SCORES | {"stock": Decimal(50), "delivery": Decimal(70)}
    said = {"scores": worse, "us": Decimal("62.00"), "partner": Decimal("47.50"), "below": True, "earned": ()}
    broken = {"broken_by_us": ("delivery", "training"), "broken_by_partner": ("stock", "no-poaching")}
    return scored(**{**period, **said, **broken, "scored_on": date(2025, 7, 5), **more})


COMPANY = Company.Defined(
    edition=1,
    name="Ours",
    currency="EUR",
    gift_limit=None,
    language="en",
    fiscal_year_start=1,
    time_zone="UTC",
    working_days=MONDAY_TO_FRIDAY,
    working_hours=NINE_TO_SIX,
)
STORY: list[Told] = [
    (policy_id("Company"), COMPANY, on(1, 1)),  # 1
    (policy_id("ExchangeRates"), ExchangeRates.RateSet(currency="USD", rate=Decimal("0.5")), on(1, 1)),
    (HUARUI, Account.Registered(name="Huarui", external_id="A-1", kind=AccountKind.WHOLESALER), on(1, 1)),
    (OTHER, Account.Registered(name="Other", external_id="A-2"), on(1, 1)),
    (SHOP, Account.Registered(name="Shop", external_id="A-3"), on(1, 1)),  # 5
    (HUARUI, Account.ManagerAssigned(manager=ANNA), on(1, 1)),
    (OTHER, Account.ManagerAssigned(manager=BEN), on(1, 1)),
    (KEY, PartnerProgramme.Opened(title="Golden key", terms=TERMS, external_id="G-1"), on(1, 2)),
    enrolled(HUARUI, on(1, 3)),
    enrolled(OTHER, on(2, 1)),  # 10
    (KEY, served(amount=Money.of(100, "EUR")), on(2, 3)),
    (KEY, served(document_no="D-2", amount=Money.of(100, "USD")), on(2, 4)),
    (KEY, served(document_no="D-3", customer=SHOP, customer_name=None, served_on=date(2025, 5, 5)), on(5, 5)),
    (KEY, scored(), on(4, 10)),
    (KEY, second_quarter(), on(7, 5)),  # 15
    (KEY, scored(scores=SCORES | {"stock": Decimal(100)}, partner=Decimal("85.00")), on(7, 6)),
    (KEY, granted(value=Money.of(40, "USD")), on(7, 7)),
    (KEY, Partners.PartnerLeft(account=HUARUI, left_on=date(2025, 8, 1), reason="sold"), on(8, 1)),
]


@pytest.fixture
def office(journal: Journal, engine_of: EngineOf) -> Office:
    office = Office(journal, engine_of)
    office.tell(*STORY)
    return office


def asked(office: Office, moment: datetime, known_at: int | None = None, account: UUID = HUARUI) -> PartnerAnswer:
    with office.view(moment, known_at) as view:
        return partner(view, KEY, account, read=lambda text, field: f"{field}: {text.ciphertext.decode()}")


def test_a_partner_stands_by_its_newest_score_with_the_events_behind_it(office: Office) -> None:
    one = asked(office, on(7, 31)).partner
    assert (one.name, one.external_id, one.enrolled_on, one.left_on) == ("Huarui", "A-1", date(2025, 1, 3), None)
    assert (one.state, one.trend, one.positions) == (PartnerState.BELOW, PartnerTrend.FALLING, [9])
    second, first = one.periods
    assert (second.period, second.us, second.partner, second.threshold) == (
        "2025-Q2",
        Decimal(62),
        Decimal("47.5"),
        Decimal(65),
    )
    assert (second.below, second.change, second.positions) == (True, Decimal("-37.5"), [15])
    assert (second.broken_by_us, second.broken_by_partner) == (["delivery", "training"], ["stock", "no-poaching"])
    assert (second.due, second.rewards, second.scores["stock"]) == ([], [], Decimal(50))
    assert (first.partner, first.change, first.times_scored, first.positions) == (Decimal(85), None, 2, [14, 16])
    (reward,) = first.rewards
    assert (reward.reward, reward.status, reward.worth, reward.currency) == (
        "sign",
        RewardStatus.GRANTED,
        Decimal(40),
        "USD",
    )
    assert (reward.value, reward.positions) == (Decimal("20.00"), [17])


def test_as_of_an_earlier_day_it_stood_otherwise_and_earned_what_was_not_granted_yet(office: Office) -> None:
    one = asked(office, on(4, 30)).partner
    assert (one.state, one.trend, [each.period for each in one.periods]) == (
        PartnerState.KEPT,
        PartnerTrend.UNKNOWN,
        ["2025-Q1"],
    )
    assert (one.periods[0].partner, one.periods[0].due, one.periods[0].positions) == (Decimal(70), ["sign"], [14])
    assert one.unscored == []
    before = asked(office, on(4, 2)).partner
    assert (before.state, before.periods, before.newest) == (PartnerState.UNSCORED, [], None)
    assert before.unscored == [UnscoredPeriod("2025-Q1", date(2025, 3, 31))]


def test_what_was_recorded_later_is_not_known_before(office: Office) -> None:
    known = asked(office, on(7, 31), known_at=15).partner
    assert [(each.period, each.partner, each.due) for each in known.periods] == [
        ("2025-Q2", Decimal("47.5"), []),
        ("2025-Q1", Decimal(70), ["sign"]),
    ]


def test_a_reward_that_was_withdrawn_is_not_due_again(office: Office) -> None:
    gone = Rewards.RewardWithdrawn(account=HUARUI, reward="sign", period="2025-Q1", reason="in error")
    office.tell((KEY, gone, on(7, 9)))
    first = asked(office, on(7, 10)).partner.periods[1]
    assert [(each.status, each.reason, each.positions) for each in first.rewards] == [
        (RewardStatus.WITHDRAWN, "in error", [17, 19])
    ]
    assert first.due == []


def test_customers_downstream_are_counted_once_with_amounts_at_the_rates_of_their_days(office: Office) -> None:
    one = asked(office, on(7, 31)).partner
    corner, shop = one.downstream
    name = "customer_name: Corner shop"
    assert corner == DownstreamCustomer(None, name, 2, Decimal("150.00"), 0, date(2025, 2, 3), [11, 12])
    assert shop == DownstreamCustomer(SHOP, "Shop", 1, Decimal("0.00"), 1, date(2025, 5, 5), [13])
    assert one.network == Network(2, 3, Decimal("150.00"), 1, [11, 12, 13])
    assert asked(office, on(2, 3)).partner.network.amount == Decimal("100.00")
    office.tell((KEY, served(document_no="D-4", amount=Money.of(1, "GBP")), on(6, 1)))
    answer = asked(office, on(7, 31))
    assert (answer.missing_rates, answer.partner.network.unvalued) == ({"GBP": 1}, 2)


def test_who_left_stays_in_sight_with_day_and_reason_and_no_period_is_missed_after_it(office: Office) -> None:
    one = asked(office, on(12, 31)).partner
    assert (one.state, one.left_on, one.leaving_reason) == (PartnerState.LEFT, date(2025, 8, 1), "sold")
    assert one.unscored == [UnscoredPeriod("2025-Q3", date(2025, 9, 30))]
    assert one.positions == [9, 18]


def test_a_programme_lists_its_partners_those_below_first_and_counts_them(office: Office) -> None:
    with office.view(on(7, 31)) as view:
        answer = programme(view, KEY, periods=1)
        (line,) = programmes(view).programmes
    assert [(each.name, each.state, len(each.periods)) for each in answer.partners] == [
        ("Huarui", PartnerState.BELOW, 1),
        ("Other", PartnerState.UNSCORED, 0),
    ]
    assert answer.programme == line
    assert (line.title, line.partners, line.below, line.unscored, line.left) == ("Golden key", 2, 1, 1, 0)
    assert (line.rewards_due, line.positions) == (0, [8, 9, 10])
    (edition,) = answer.editions
    assert (edition.edition, edition.holds_from, edition.position) == (1, date(2025, 1, 2), 8)
    assert (edition.obligations, edition.rewards) == (TERMS.obligations, TERMS.rewards)


def test_the_newest_edition_comes_first(office: Office) -> None:
    terms = TERMS.__class__(obligations=TERMS.obligations, threshold=Decimal(70), holds_from=date(2025, 7, 20))
    office.tell((KEY, PartnerProgramme.Revised(edition=12, terms=terms, reason="higher aims"), on(7, 20)))
    with office.view(on(7, 31)) as view:
        answer = programme(view, KEY)
    assert [(each.edition, each.reason, each.threshold) for each in answer.editions] == [
        (12, "higher aims", Decimal(70)),
        (1, "", Decimal(65)),
    ]
    assert (answer.programme.edition, answer.programme.threshold) == (12, Decimal(70))


def test_only_partners_whose_account_one_may_see_are_seen_and_counted(office: Office) -> None:
    annas = Visibility(member=ANNA, managers=frozenset({ANNA}), personal=True, scope="own accounts")
    with office.view(on(7, 31), visibility=annas) as view:
        answer = programme(view, KEY)
        assert [each.name for each in answer.partners] == ["Huarui"]
        assert (answer.programme.partners, answer.programme.unscored, answer.scope) == (1, 0, "own accounts")
        with pytest.raises(NotFound):
            partner(view, KEY, OTHER)
        assert partner(view, KEY, HUARUI).partner.downstream[1].name is None  # nothing of the shop is hers


def test_a_programme_is_found_by_id_external_id_or_title(office: Office) -> None:
    with office.view(on(7, 31)) as view:
        assert [find_programme(view, text) for text in (str(KEY), "G-1", "Golden key")] == [KEY] * 3
        with pytest.raises(NotFound, match="no such"):
            find_programme(view, "no such")
        with pytest.raises(NotFound):
            programme(view, some_id("nothing"))
        with pytest.raises(NotFound):
            partner(view, some_id("nothing"), HUARUI)
    with office.view(on(1, 1)) as view:
        assert programmes(view).programmes == []


def test_a_merged_partner_is_shown_as_the_account_that_goes_on(office: Office) -> None:
    heir = Account.Registered(name="Heir", external_id="A-9")
    merged = Account.AccountsMerged(into=HEIR, reason="one firm")
    office.tell((HEIR, heir, on(1, 1)), (HUARUI, merged, on(7, 15)))
    for named in (HUARUI, HEIR):
        one = asked(office, on(7, 31), account=named).partner
        assert (one.account, one.name, one.enrolled_as) == (HEIR, "Heir", [HUARUI])
        assert [each.period for each in one.periods] == ["2025-Q2", "2025-Q1"]
    with office.view(on(7, 31)) as view:
        assert [each.account for each in partner_of(view, view.together(HEIR))] == [HEIR]
    assert asked(office, on(7, 10)).partner.account == HUARUI
