"""Partner programmes: terms by edition, partners, compliance of both sides, rewards, the network behind a partner."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import msgspec
import pytest

from domain.account.merging import AccountHasMerged
from domain.account.profile import AccountKind
from domain.account.stakeholders import StakeholderUnknown
from domain.aggregate import AlreadyOpened, LaterFactForbids
from domain.claims import Claim
from domain.opportunity.amounts import AmountNegative
from domain.opportunity.outcome import ReasonBlank
from domain.partner_programme.compliance import (
    KEPT,
    Held,
    PeriodNotScored,
    PeriodOfOtherUnit,
    ProgrammeEditionUnknown,
    ScoringNotBegun,
)
from domain.partner_programme.network import DownstreamIsPartner, DownstreamUnnamed
from domain.partner_programme.partner_programme import PartnerProgramme
from domain.partner_programme.partners import (
    AgreementUnstated,
    NotAPartner,
    NotAPartnerThen,
    PartnerEnrolledAlready,
    PartnerKindUnusual,
    Stretch,
)
from domain.partner_programme.rewards import (
    RewardGrantedAlready,
    RewardNotGranted,
    Rewards,
    RewardUnknown,
    ScoreBelowReward,
)
from domain.partner_programme.terms import (
    NotAComplianceScore,
    ObligationsUnscored,
    ObligationUnknown,
    ScoringUnit,
    SideWithoutObligations,
    TermBlank,
    TermNamedTwice,
    WeightNotPositive,
)
from domain.policies.company import default_company
from tests.domain.given import (
    ROOT,
    after_snapshot,
    contents,
    day,
    eur,
    given,
    history,
    late,
    on,
    recorded,
    sealed,
    some_id,
    without,
)
from tests.domain.partners import (
    ANNA,
    ENROLLED,
    HUARUI,
    LEFT,
    OBLIGATIONS,
    OPENED,
    OTHER,
    REWARDS,
    SCORES,
    TERMS,
    WANG,
    granted,
    huarui,
    programme,
    scored,
    served,
)

COMPANY = default_company()
APRIL = datetime(2025, 4, 10, 9, tzinfo=UTC)
SCORED = on(APRIL, scored())
GRANTED = on(day(105), granted())
LEAVING = on(datetime(2025, 5, 1, 9, tzinfo=UTC), LEFT)


def at(moment: datetime, *facts):
    """The programme with its partner and these facts, at a moment."""
    return given(PartnerProgramme, OPENED, ENROLLED, *facts, now=moment)


def score(it, **more):
    said = {"account": HUARUI, "period": "2025-Q1", "scores": SCORES, "evidence": sealed("counts")}
    it.compliance.score(**said | more, partner=huarui(), company=COMPANY)


def changed(key, /, **more):
    """The obligations, one of them stated otherwise."""
    return tuple(msgspec.structs.replace(each, **more) if each.key == key else each for each in OBLIGATIONS)


# --- the terms


def test_a_programme_opens_with_obligations_of_both_sides_and_rewards():
    it = PartnerProgramme(id=ROOT)
    it.at(day(1))
    it.open(title=" Golden key ", obligations=OBLIGATIONS, rewards=REWARDS, threshold=Decimal(65), company=COMPANY)
    assert recorded(it) == [OPENED[1]]
    assert (it.title, it.unit, it.terms) == ("Golden key", ScoringUnit.QUARTER, TERMS)
    with pytest.raises(AlreadyOpened):
        it.open(title="Another", obligations=OBLIGATIONS, company=COMPANY)


@pytest.mark.parametrize(
    ("more", "refusal", "words"),
    [
        ({"title": " "}, TermBlank, "The title of a programme is blank"),
        ({"obligations": OBLIGATIONS[:2]}, SideWithoutObligations, "that partner owes"),
        ({"obligations": OBLIGATIONS[2:]}, SideWithoutObligations, "that us owes"),
        ({"obligations": (*OBLIGATIONS, OBLIGATIONS[0])}, TermNamedTwice, "delivery names two obligations"),
        ({"obligations": changed("stock", key=" ")}, TermBlank, "A key among the obligations"),
        ({"obligations": changed("stock", text="")}, TermBlank, "The obligation stock"),
        ({"obligations": changed("stock", weight=Decimal(0))}, WeightNotPositive, "weight 0 of stock"),
        ({"obligations": changed("stock", weight=Decimal("NaN"))}, WeightNotPositive, "weight NaN of stock"),
        ({"obligations": changed("stock", threshold=Decimal(101))}, NotAComplianceScore, "threshold of stock is 101"),
        ({"rewards": (*REWARDS, REWARDS[1])}, TermNamedTwice, "sign names two rewards"),
        ({"rewards": (msgspec.structs.replace(REWARDS[0], text=" "),)}, TermBlank, "The reward trip"),
        (
            {"rewards": (msgspec.structs.replace(REWARDS[0], from_score=Decimal(-1)),)},
            NotAComplianceScore,
            "trip is -1",
        ),
        ({"threshold": Decimal("Infinity")}, NotAComplianceScore, "threshold of the programme is Infinity"),
    ],
)
def test_terms_that_cannot_be_are_refused(more, refusal, words):
    it = PartnerProgramme(id=ROOT)
    it.at(day(1))
    with pytest.raises(refusal, match=words):
        it.open(**{"title": "Golden key", "obligations": OBLIGATIONS, "rewards": REWARDS} | more, company=COMPANY)


def test_an_external_id_is_one_programmes():
    event = PartnerProgramme.Opened(title="Golden key", terms=TERMS, external_id="P-1")
    assert event.claims(ROOT) == [Claim("partnerprogramme", "", "P-1")]
    assert OPENED[1].claims(ROOT) == []


def test_terms_are_revised_with_a_reason_and_the_same_again_records_nothing():
    it = programme()
    it.revise(reason="too strict", threshold=Decimal(50), company=COMPANY)
    expected = msgspec.structs.replace(TERMS, threshold=Decimal(50), holds_from=date(2025, 1, 3))
    assert recorded(it) == [PartnerProgramme.Revised(edition=2, terms=expected, reason="too strict")]
    it.revise(reason="again", obligations=OBLIGATIONS, rewards=REWARDS, threshold=Decimal(50), company=COMPANY)
    assert recorded(it) == []
    assert list(it.editions) == [1, 2]
    with pytest.raises(ReasonBlank, match="Revising a programme"):
        it.revise(reason=" ", threshold=Decimal(40), company=COMPANY)


def test_a_period_is_scored_by_the_edition_that_held_at_its_end():
    revised = PartnerProgramme.Revised(
        edition=4,
        terms=msgspec.structs.replace(TERMS, threshold=Decimal(75), holds_from=date(2025, 4, 2)),
        reason="higher aims",
    )
    facts = on(datetime(2025, 4, 2, 9, tzinfo=UTC), revised)
    it = at(APRIL, facts)
    score(it)
    assert recorded(it) == [scored()]
    score(it, edition=4)
    assert recorded(it) == [scored(edition=4, threshold=Decimal(75), below=True)]
    score(it, period="2025-Q2")
    assert recorded(it)[0].edition == 4
    assert it.edition_on(date(2020, 1, 1)) == 1
    with pytest.raises(ProgrammeEditionUnknown, match="5 is no edition of this programme; there are: 1, 4"):
        score(it, edition=5)


# --- partners


def enrol(it, account=None, **more):
    said = {"account": HUARUI, "member": ANNA, "agreed_by": WANG} | more
    it.partners.enrol(**said, partner=account or huarui(), company=COMPANY)


def test_an_account_enrols_by_the_agreement_of_a_stakeholder():
    it = programme()
    enrol(it)
    assert recorded(it) == [ENROLLED[1]]
    assert it.partners.stretches == {HUARUI: (Stretch(date(2025, 1, 3)),)}
    with pytest.raises(PartnerEnrolledAlready, match="since 2025-01-03"):
        enrol(it)


def test_whoever_agreed_is_named_or_told_of():
    it = programme()
    with pytest.raises(AgreementUnstated):
        enrol(it, agreed_by=None)
    with pytest.raises(StakeholderUnknown):
        enrol(it, agreed_by=some_id("stranger"))
    enrol(it, agreed_by=None, agreement=sealed("the owner, by phone"))
    assert recorded(it)[0].agreement == sealed("the owner, by phone")


def test_who_sells_nothing_on_enrols_with_a_reason():
    it, end = programme(), huarui(AccountKind.END_CUSTOMER)
    with pytest.raises(PartnerKindUnusual, match="partners are distributor, dealer, wholesaler, retailer, agent"):
        enrol(it, end, reason=" ")
    enrol(it, end, reason="resells spare parts")
    assert recorded(it)[0].reason == "resells spare parts"


def test_an_account_that_ended_by_a_merge_does_not_enrol():
    account = huarui()
    account.merge(into=OTHER, reason="one firm")
    with pytest.raises(AccountHasMerged):
        enrol(programme(), account)


def test_a_partner_leaves_with_a_reason_and_may_come_back():
    it = at(datetime(2025, 5, 1, 9, tzinfo=UTC))
    with pytest.raises(ReasonBlank, match="Leaving a programme"):
        it.partners.leave(account=HUARUI, reason=" ", company=COMPANY)
    it.partners.leave(account=HUARUI, reason=" sold ", company=COMPANY)
    assert recorded(it) == [LEFT]
    with pytest.raises(NotAPartner, match="enrol it first"):
        it.partners.leave(account=HUARUI, reason="sold", company=COMPANY)
    it.at(datetime(2025, 9, 1, 9, tzinfo=UTC))
    enrol(it)
    first, second = Stretch(date(2025, 1, 3), date(2025, 5, 1)), Stretch(date(2025, 9, 1))
    assert after_snapshot(it).partners.stretches == {HUARUI: (first, second)}


def test_an_enrolment_on_which_scores_rest_is_not_withdrawn():
    facts = history(OPENED, ENROLLED, SCORED)
    with pytest.raises(LaterFactForbids, match="is no partner"):
        without(PartnerProgramme, facts, 2)
    assert without(PartnerProgramme, facts, 3).compliance.held == {}


# --- compliance


def test_both_sides_are_scored_by_weights():
    it = at(APRIL)
    score(it)
    assert recorded(it) == [scored()]
    assert it.compliance.held == {HUARUI: {"2025-Q1": Held(1, Decimal("70.00"))}}


def test_a_score_of_the_same_period_again_replaces_the_former_and_the_same_records_nothing():
    it = at(APRIL, SCORED)
    it.at(datetime(2025, 4, 20, 9, tzinfo=UTC))
    score(it)
    assert recorded(it) == []
    score(it, scores=SCORES | {"stock": Decimal(40)})
    again = recorded(it)[0]
    assert (again.partner, again.below, again.earned) == (Decimal("40.00"), True, ())
    assert again.broken_by_partner == ("stock", "no-poaching")
    assert it.compliance.held[HUARUI] == {"2025-Q1": Held(1, Decimal("40.00"))}


@pytest.mark.parametrize(
    ("more", "refusal", "words"),
    [
        ({"scores": {"delivery": Decimal(1)}}, ObligationsUnscored, "missing of training, stock, no-poaching"),
        ({"scores": SCORES | {"price": Decimal(1)}}, ObligationUnknown, "price is no obligation of edition 1"),
        ({"scores": SCORES | {"stock": Decimal(101)}}, NotAComplianceScore, "The score of stock is 101"),
        ({"documents": {"price": "R-1"}}, ObligationUnknown, "price is no obligation"),
        ({"period": "2025-03"}, PeriodOfOtherUnit, "2025-03 is no quarter"),
        ({"period": "2025-Q3"}, ScoringNotBegun, "2025-Q3 begins on 2025-07-01"),
        ({"period": "2024-Q4"}, NotAPartnerThen, "from 2024-10-01 to 2024-12-31; it is or was one: 2025-01-03 –"),
        ({"account": OTHER}, NotAPartner, "is no partner"),
        ({"stakeholders": (OTHER,)}, StakeholderUnknown, "stakeholder"),
    ],
)
def test_a_score_that_cannot_be_is_refused(more, refusal, words):
    it = at(APRIL)
    with pytest.raises(refusal, match=words):
        score(it, **more)


def test_a_programme_by_the_month_takes_months():
    opened = msgspec.structs.replace(OPENED[1], unit=ScoringUnit.MONTH)
    it = given(PartnerProgramme, on(day(1), opened), ENROLLED, now=APRIL)
    score(it, period="2025-02", documents={"stock": "count 7"}, stakeholders=(WANG,))
    event = recorded(it)[0]
    assert (event.first, event.last, event.documents) == (date(2025, 2, 1), date(2025, 2, 28), {"stock": "count 7"})
    with pytest.raises(PeriodOfOtherUnit, match="2025-Q1 is no month"):
        score(it)


def test_a_period_until_the_leaving_is_scored_afterwards_and_none_after_it():
    it = at(datetime(2025, 11, 1, 9, tzinfo=UTC), LEAVING)
    score(it, period="2025-Q2")
    assert recorded(it)[0].period == "2025-Q2"
    with pytest.raises(NotAPartnerThen, match="2025-01-03 – 2025-05-01"):
        score(it, period="2025-Q3")


def test_the_programme_remembers_the_newest_periods_alone():
    years = [f"{year}-Q{quarter}" for year in range(2025, 2029) for quarter in (1, 2, 3, 4)]
    scores = [on(APRIL, scored(period=period)) for period in years]
    it = at(datetime(2029, 1, 1, tzinfo=UTC), *scores, on(APRIL, scored()))
    assert list(it.compliance.held[HUARUI]) == years[-KEPT:]
    assert it.compliance.newest[HUARUI].period == "2028-Q4"


# --- rewards


def test_a_reward_that_the_score_earns_is_granted_once():
    it = at(day(110), SCORED)
    it.rewards.grant(account=HUARUI, reward="sign", period="2025-Q1", value=eur(100))
    assert recorded(it) == [granted(value=eur(100))]
    with pytest.raises(RewardGrantedAlready, match="withdraw it"):
        it.rewards.grant(account=HUARUI, reward="sign", period="2025-Q1")


def test_a_reward_above_the_score_needs_a_reason():
    it = at(day(110), SCORED)
    with pytest.raises(ScoreBelowReward, match=r"2025-Q1 is 70.00 and trip is from 90 on"):
        it.rewards.grant(account=HUARUI, reward="trip", period="2025-Q1", reason=" ")
    it.rewards.grant(account=HUARUI, reward="trip", period="2025-Q1", reason="ten years together")
    assert recorded(it) == [granted(reward="trip", reason="ten years together")]


@pytest.mark.parametrize(
    ("more", "refusal", "words"),
    [
        ({"reward": "car"}, RewardUnknown, "there are: trip, sign"),
        ({"period": "2025-Q2"}, PeriodNotScored, "scored are, of the newest: 2025-Q1"),
        ({"account": OTHER}, PeriodNotScored, "none"),
        ({"value": eur(-1)}, AmountNegative, "-1"),
    ],
)
def test_a_reward_that_cannot_be_is_refused(more, refusal, words):
    it = at(day(110), SCORED)
    with pytest.raises(refusal, match=words):
        it.rewards.grant(**{"account": HUARUI, "reward": "sign", "period": "2025-Q1"} | more)


def test_a_reward_is_withdrawn_with_a_reason_and_can_be_granted_again():
    it = at(day(110), SCORED, GRANTED)
    with pytest.raises(ReasonBlank, match="Withdrawing a reward"):
        it.rewards.withdraw(account=HUARUI, reward="sign", period="2025-Q1", reason="")
    it.rewards.withdraw(account=HUARUI, reward="sign", period="2025-Q1", reason="given twice")
    gone = Rewards.RewardWithdrawn(account=HUARUI, reward="sign", period="2025-Q1", reason="given twice")
    assert recorded(it) == [gone]
    with pytest.raises(RewardNotGranted, match="granted are: none"):
        it.rewards.withdraw(account=HUARUI, reward="sign", period="2025-Q1", reason="twice")
    it.rewards.grant(account=HUARUI, reward="sign", period="2025-Q1")
    assert it.rewards.granted == {HUARUI: {"2025-Q1": ("sign",)}}


def test_a_score_that_a_reward_rests_on_is_not_withdrawn():
    with pytest.raises(LaterFactForbids, match="has no score for 2025-Q1"):
        without(PartnerProgramme, history(OPENED, ENROLLED, SCORED, GRANTED), 3)


def test_a_late_score_below_a_granted_reward_is_refused_and_after_it_taken():
    facts = history(OPENED, ENROLLED, SCORED, GRANTED)
    worse = SCORES | {"stock": Decimal(0)}
    with pytest.raises(LaterFactForbids, match=r"2025-Q1 is 10.00 and sign is from 70 on"):
        late(PartnerProgramme, facts, datetime(2025, 4, 12, tzinfo=UTC), lambda it: score(it, scores=worse))
    taken = late(PartnerProgramme, facts, day(120), lambda it: score(it, scores=worse))
    assert [event.partner for event in taken] == [Decimal("10.00")]


# --- the network


def serve(it, **more):
    said = {"account": HUARUI, "document_no": " D-1 ", "what": "valves", "customer_name": sealed("Corner shop")}
    it.network.serve(**said | more, company=COMPANY)


def test_a_downstream_customer_is_known_by_name_or_is_an_account():
    it = at(datetime(2025, 2, 3, 9, tzinfo=UTC))
    serve(it, amount=eur(50))
    serve(it, document_no="D-2", customer=OTHER, customer_name=None)
    expected = [
        served(amount=eur(50)),
        served(document_no="D-2", customer=OTHER, customer_name=None),
    ]
    assert recorded(it) == expected
    assert served().claims(ROOT) == [Claim("downstream", f"{ROOT} {HUARUI}", "D-1")]
    assert contents(it.network) == {}


@pytest.mark.parametrize(
    ("more", "refusal", "words"),
    [
        ({"document_no": " "}, TermBlank, "The document number"),
        ({"what": ""}, TermBlank, "What was served"),
        ({"customer": OTHER}, DownstreamUnnamed, "one of the two"),
        ({"customer_name": None}, DownstreamUnnamed, "one of the two"),
        ({"customer": HUARUI, "customer_name": None}, DownstreamIsPartner, "its own downstream"),
        ({"amount": eur(-5)}, AmountNegative, "-5"),
        ({"account": OTHER}, NotAPartner, "is no partner"),
    ],
)
def test_a_downstream_fact_that_cannot_be_is_refused(more, refusal, words):
    it = at(datetime(2025, 2, 3, 9, tzinfo=UTC))
    with pytest.raises(refusal, match=words):
        serve(it, **more)


def test_nothing_is_served_downstream_after_the_leaving():
    it = at(datetime(2025, 6, 1, 9, tzinfo=UTC), LEAVING)
    with pytest.raises(NotAPartnerThen, match="from 2025-06-01 to 2025-06-01"):
        serve(it)
    facts = history(OPENED, ENROLLED, LEAVING)
    assert late(PartnerProgramme, facts, datetime(2025, 2, 3, 9, tzinfo=UTC), serve) == [served()]


def test_the_state_survives_a_snapshot():
    it = programme(ENROLLED, SCORED, GRANTED, on(day(121), LEFT))
    assert contents(after_snapshot(it)) == contents(it)
