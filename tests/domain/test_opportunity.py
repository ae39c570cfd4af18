"""An opportunity: opened, moved through its process, revised, ended, reopened."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest

from domain.account.account import Account
from domain.aggregate import AlreadyOpened, LaterFactForbids, NotYetOpened
from domain.claims import Claim
from domain.currencies import NotACurrency
from domain.errors import Refused
from domain.journal.mapper import JournalMapper
from domain.language import Language, speaking
from domain.money import Money
from domain.opportunity.amounts import AmountNegative
from domain.opportunity.opportunity import AccountUnknown, Driver, Opportunity, TitleBlank
from domain.opportunity.outcome import OpportunityClosed, Outcome, ReasonBlank, SignedAmountMissing, StillOpen
from domain.opportunity.qualification import Qualification
from domain.opportunity.stages import GateUnmet, NotBackward, NotForward
from domain.policies.gates import Answer, GateFinding
from domain.policies.policy import policy_id
from domain.policies.process_definition import ForecastCategory, Stage, StageUnknown
from domain.policies.sales_process import ProcessUnknown, SalesProcess
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
    some_id,
    without,
)

STEEL, ANNA, BO = some_id("steel works"), some_id("anna"), some_id("bo")


def process(key: str = "four-funnel") -> SalesProcess:
    return SalesProcess(id=policy_id("SalesProcess", key))


def process_of(*stages: str, edition: int = 7) -> SalesProcess:
    """A foreign process without gates."""
    plain = SalesProcess(id=some_id("foreign"), key="foreign", edition=edition)
    plain.stages = tuple(Stage(stage, stage.title(), Decimal("0.5")) for stage in stages)
    return plain


def customer() -> Account:
    return Account(id=STEEL, opened=True)


def opened(**fields: object) -> Opportunity.Opened:
    stated = {
        "account": STEEL,
        "title": "Press line",
        "process": "four-funnel",
        "process_edition": 0,
        "stage": "potential",
        "amount": eur(90_000),
        **fields,
    }
    return Opportunity.Opened(**stated)  # type: ignore[arg-type]


def advanced(to: str, *after: str, came: str = "potential") -> Opportunity.StageAdvanced:
    return Opportunity.StageAdvanced(from_=came, to=to, process_edition=0, after=after)


def answers(**given_answers: str) -> list[Qualification.QualificationAnswered]:
    return [
        Qualification.QualificationAnswered(question=key.strip("q"), answer=Answer(answer), process_edition=0)
        for key, answer in given_answers.items()
    ]


WON = Opportunity.Won(signed=eur(80_000))
LOST = Opportunity.Lost(reasons=("price",), winner="Acme")
DISQUALIFIED = Opportunity.Disqualified(reasons=("no money",))


def deal(*facts: object, **fields: object) -> Opportunity:
    return given(Opportunity, opened(**fields), *facts)  # type: ignore[arg-type]


def open_deal(**stated: object) -> list[object]:
    """What opening records, with what is stated over a plain command."""
    new = Opportunity(id=ROOT)
    new.at(day(1))
    said = {"account": STEEL, "title": "Press line", "sales_process": process(), "customer": customer(), **stated}
    new.open(**said)  # type: ignore[arg-type]
    return list(recorded(new))


# Opening


def test_an_opportunity_opens_in_the_first_stage_of_its_process() -> None:
    assert open_deal(amount=eur(90_000)) == [opened()]


def test_opening_keeps_what_is_known_about_the_deal() -> None:
    known = {
        "products": ("press", "robot"),
        "close_on": date(2025, 6, 30),
        "owner": ANNA,
        "driver": Driver.OPERATIONS,
        "expected_return": "a third shift less",
        "risk": "downtime",
        "external_id": "D-1",
    }
    assert open_deal(amount=eur(90_000), **known) == [opened(**known)]


def test_an_opportunity_without_an_amount_opens_without_one() -> None:
    assert open_deal() == [opened(amount=None)]


def test_amounts_are_kept_at_the_minor_unit() -> None:
    assert open_deal(amount=Money(Decimal("90000.004"), "eur")) == [opened()]


def test_the_external_id_belongs_to_one_opportunity() -> None:
    assert opened(external_id="D-1").claims(ROOT) == [Claim("opportunity", "", "D-1")]
    assert opened().claims(ROOT) == []


def test_a_foreign_pipeline_may_open_in_a_later_stage() -> None:
    foreign = process_of("prospecting", "engaging")
    assert open_deal(process="foreign", stage="engaging", sales_process=foreign) == [
        opened(process="foreign", process_edition=7, stage="engaging", amount=None)
    ]


def test_opening_behind_a_gate_needs_an_override() -> None:
    with pytest.raises(GateUnmet, match="block “real” 0% speak for us, 80% are asked for, not answered yet: 1 "):
        open_deal(stage="confirmed")
    (event,) = open_deal(stage="confirmed", override=" imported ")
    assert isinstance(event, Opportunity.Opened)
    assert event.override == "imported"
    assert [(gate.stage, gate.met) for gate in event.gates] == [("confirmed", False)]


@pytest.mark.parametrize(
    ("stated", "refusal"),
    [
        ({"title": " "}, TitleBlank),
        ({"amount": Money(Decimal(-1), "EUR")}, AmountNegative),
        ({"amount": Money(Decimal(1), "euro")}, NotACurrency),
        ({"customer": Account(id=STEEL)}, AccountUnknown),
        ({"process": "other", "sales_process": process("other")}, ProcessUnknown),
        ({"stage": "winning"}, StageUnknown),
    ],
)
def test_opening_is_refused(stated: dict[str, object], refusal: type[Refused]) -> None:
    with pytest.raises(refusal):
        open_deal(**stated)


def test_an_opportunity_opens_once() -> None:
    with pytest.raises(AlreadyOpened):
        deal().open(account=STEEL, title="Again", sales_process=process(), customer=customer())


def test_nothing_happens_to_an_opportunity_that_was_never_opened() -> None:
    never = Opportunity(id=ROOT)
    never.at(day(1))
    with pytest.raises(NotYetOpened):
        never.advance(to="confirmed", sales_process=process())
    with pytest.raises(NotYetOpened):
        never.win(signed=eur(1))


# Stages and gates

FIRST_FOUR = {"q1": "yes", "q2": "yes", "q3": "yes", "q4": "yes"}


def test_a_stage_behind_a_met_gate_is_reached_with_its_finding() -> None:
    it = deal(*answers(**FIRST_FOUR))
    it.advance(to="confirmed", sales_process=process())
    finding = GateFinding("confirmed", "real", Decimal("0.8"), Decimal("0.8"), ("5",), True)
    assert recorded(it) == [
        Opportunity.StageAdvanced(
            from_="potential", to="confirmed", process_edition=0, after=("potential",), gates=(finding,)
        )
    ]
    assert it.stage == "confirmed"


def test_an_unmet_gate_is_said_in_chinese_with_its_block_and_questions() -> None:
    with speaking(Language.CHINESE), pytest.raises(GateUnmet) as refusal:
        deal(*answers(q1="yes", q3="yes", q5="yes")).advance(to="confirmed", sales_process=process())
    with speaking(Language.CHINESE):
        assert "“真实性”问题中 60% 对我方有利，要求 80%, 尚未回答：2 需求是否明确？, 4 资金是否到位？" in str(
            refusal.value
        )


def test_an_unmet_gate_names_each_missing_question() -> None:
    it = deal(*answers(q1="yes", q2="no", q3="yes", q4="unknown"))
    with pytest.raises(GateUnmet) as refusal:
        it.advance(to="confirmed", sales_process=process())
    assert "not answered yet: 4 Money in place?, 5 Compelling event?, answered against us: 2 Need clear?" in str(
        refusal.value
    )
    assert recorded(it) == []


def test_a_mandatory_question_keeps_the_gate_shut_whatever_the_score() -> None:
    it = deal(*answers(q1="yes", q2="no", q3="yes", q4="yes", q5="yes"))
    with pytest.raises(GateUnmet, match="block “real” 80% speak for us, 80% are asked for"):
        it.advance(to="confirmed", sales_process=process())


def test_a_reason_overrides_an_unmet_gate_and_is_kept() -> None:
    it = deal()
    it.advance(to="confirmed", override="the board wants it", sales_process=process())
    (event,) = recorded(it)
    assert isinstance(event, Opportunity.StageAdvanced)
    assert event.override == "the board wants it"
    assert event.gates[0].open == ("1", "2", "3", "4", "5")


def test_an_override_that_was_not_needed_is_not_kept() -> None:
    it = deal(*answers(**FIRST_FOUR))
    it.advance(to="confirmed", override="just in case", sales_process=process())
    (event,) = recorded(it)
    assert isinstance(event, Opportunity.StageAdvanced)
    assert event.override == ""


def test_a_blank_override_is_none() -> None:
    with pytest.raises(GateUnmet):
        deal().advance(to="confirmed", override="  ", sales_process=process())


def test_whoever_skips_stages_passes_every_gate_on_the_way() -> None:
    it = deal(*answers(**FIRST_FOUR))
    with pytest.raises(GateUnmet, match="block “ours”") as refusal:
        it.advance(to="ours", sales_process=process())
    assert "block “real”" not in str(refusal.value)


def test_two_questions_count_against_us_when_yes() -> None:
    block = {"q11": "yes", "q12": "yes", "q13": "no", "q14": "no", "q15": "unknown"}
    it = deal(*answers(**block), stage="ours")
    it.advance(to="winnable", sales_process=process())
    assert it.stage == "winnable"
    leaning = deal(*answers(**{**block, "q13": "yes"}), stage="ours")
    with pytest.raises(GateUnmet, match="13 A leaning towards another vendor"):
        leaning.advance(to="winnable", sales_process=process())


def test_answers_for_a_competitor_do_not_open_our_gate() -> None:
    theirs = [
        Qualification.QualificationAnswered(question=q, answer=Answer.YES, process_edition=0, competitor="Acme")
        for q in "12345"
    ]
    with pytest.raises(GateUnmet):
        deal(*theirs).advance(to="confirmed", sales_process=process())


def test_advancing_to_the_stage_where_it_stands_records_nothing() -> None:
    it = deal(stage="confirmed")
    it.advance(to="confirmed", sales_process=process())
    it.revert(to="confirmed", reason="none", sales_process=process())
    assert recorded(it) == []


def test_an_advance_leads_forward() -> None:
    it = deal(stage="ours")
    with pytest.raises(NotForward):
        it.advance(to="potential", sales_process=process())


def test_an_advance_leads_to_a_stage_of_the_process() -> None:
    with pytest.raises(StageUnknown, match="potential, confirmed, ours, winnable, negotiation"):
        deal().advance(to="engaging", sales_process=process())


def test_a_revert_leads_back_with_its_reason() -> None:
    it = deal(stage="winnable")
    it.revert(to="confirmed", reason="budget gone", sales_process=process())
    assert recorded(it) == [
        Opportunity.StageReverted(
            from_="winnable",
            to="confirmed",
            process_edition=0,
            before=("ours", "winnable", "negotiation"),
            reason="budget gone",
        )
    ]
    assert it.stage == "confirmed"


def test_a_revert_does_not_lead_forward() -> None:
    with pytest.raises(NotBackward):
        deal().revert(to="ours", reason="oops", sales_process=process())


def test_a_revert_needs_its_reason() -> None:
    with pytest.raises(ReasonBlank, match="Going back a stage"):
        deal(stage="ours").revert(to="potential", reason=" ", sales_process=process())


def test_a_stage_that_the_process_has_dropped_may_be_left_in_both_directions() -> None:
    for move in ("advance", "revert"):
        it = deal(stage="dropped")
        if move == "advance":
            it.advance(to="b", sales_process=process_of("a", "b", "c"))
        else:
            it.revert(to="b", reason="new process", sales_process=process_of("a", "b", "c"))
        assert it.stage == "b"
        assert recorded(it)[0].process_edition == 7  # type: ignore[attr-defined]


# Amount, close date, category, owner


def test_an_amount_is_revised_and_keeps_what_was_believed() -> None:
    it = deal()
    it.revise_amount(amount=Money.of(700_000, "CNY"), reason="two lines")
    assert recorded(it) == [
        Opportunity.AmountRevised(previous=eur(90_000), amount=Money.of(700_000, "CNY"), reason="two lines")
    ]


def test_an_amount_is_not_negative() -> None:
    with pytest.raises(AmountNegative):
        deal().revise_amount(amount=eur(-1))


def test_a_close_date_moves() -> None:
    it = deal(close_on=date(2025, 3, 31))
    it.move_close_date(close_on=date(2025, 6, 30), reason="tender late")
    assert recorded(it) == [
        Opportunity.CloseDateMoved(previous=date(2025, 3, 31), close_on=date(2025, 6, 30), reason="tender late")
    ]


def test_a_category_is_set() -> None:
    it = deal()
    it.categorise(category=ForecastCategory.COMMIT)
    assert recorded(it) == [Opportunity.ForecastCategorySet(previous=None, category=ForecastCategory.COMMIT)]


def test_an_owner_changes_even_when_the_deal_is_closed() -> None:
    for facts in ([], [WON]):
        it = deal(*facts, owner=ANNA)
        it.change_owner(owner=BO, reason="handover")
        assert recorded(it) == [Opportunity.OwnerChanged(previous=ANNA, owner=BO, reason="handover")]


def test_nobody_owns_what_was_never_opened() -> None:
    with pytest.raises(NotYetOpened):
        Opportunity(id=ROOT).change_owner(owner=BO)


def test_repeating_what_holds_records_nothing() -> None:
    it = deal(
        Opportunity.ForecastCategorySet(previous=None, category=ForecastCategory.COMMIT),
        owner=ANNA,
        close_on=date(2025, 3, 31),
    )
    it.revise_amount(amount=Money(Decimal("90000.0"), "EUR"))
    it.move_close_date(close_on=date(2025, 3, 31))
    it.categorise(category=ForecastCategory.COMMIT)
    it.change_owner(owner=ANNA)
    assert recorded(it) == []


# The end


def test_a_deal_is_won_with_its_signed_amount() -> None:
    it = deal()
    it.win(signed=eur(80_000), reasons=("fit",))
    assert recorded(it) == [Opportunity.Won(signed=eur(80_000), reasons=("fit",))]
    assert it.amount == eur(90_000)


def test_a_deal_is_won_with_its_amount_where_no_other_is_stated() -> None:
    it = deal()
    it.win()
    assert recorded(it) == [Opportunity.Won(signed=eur(90_000))]


def test_a_signed_amount_of_nothing_is_an_amount() -> None:
    it = deal()
    it.win(signed=eur(0))
    assert recorded(it) == [Opportunity.Won(signed=eur(0))]


def test_a_deal_without_an_amount_needs_a_signed_one() -> None:
    with pytest.raises(SignedAmountMissing):
        deal(amount=None).win()


def test_a_signed_amount_is_not_negative() -> None:
    with pytest.raises(AmountNegative):
        deal().win(signed=eur(-1))


def test_a_deal_is_lost_to_somebody() -> None:
    it = deal()
    it.lose(reasons=("price",), winner="Acme")
    assert recorded(it) == [LOST]


def test_a_deal_is_disqualified() -> None:
    it = deal()
    it.disqualify(reasons=("no money",))
    assert recorded(it) == [DISQUALIFIED]


def test_the_same_end_again_records_nothing() -> None:
    won, lost, gone = deal(WON), deal(LOST), deal(DISQUALIFIED)
    won.win(signed=eur(80_000))
    lost.lose(reasons=("price",), winner="Acme")
    gone.disqualify(reasons=("no money",))
    assert recorded(won) == recorded(lost) == recorded(gone) == []


@pytest.mark.parametrize(("end", "outcome"), [(WON, "won"), (LOST, "lost"), (DISQUALIFIED, "disqualified")])
def test_after_an_end_nothing_is_decided(end: object, outcome: str) -> None:
    it = deal(end)
    attempts: list[Callable[[], None]] = [
        lambda: it.advance(to="confirmed", sales_process=process()),
        lambda: it.revert(to="potential", reason="why not", sales_process=process()),
        lambda: it.revise_amount(amount=eur(1)),
        lambda: it.move_close_date(close_on=date(2025, 1, 1)),
        lambda: it.categorise(category=ForecastCategory.OMITTED),
        lambda: it.win(signed=eur(1)),
        lambda: it.lose(reasons=("other",)),
        lambda: it.disqualify(reasons=("other",)),
    ]
    for attempt in attempts:
        with pytest.raises(OpportunityClosed, match=outcome):
            attempt()
    assert recorded(it) == []


def test_only_reopening_follows_an_end() -> None:
    it = deal(LOST, stage="ours")
    it.reopen(reason="the winner failed")
    assert recorded(it) == [Opportunity.Reopened(previous=Outcome.LOST, reason="the winner failed")]
    it.revise_amount(amount=eur(1))
    assert it.stage == "ours"


def test_an_open_deal_is_not_reopened() -> None:
    with pytest.raises(StillOpen):
        deal().reopen(reason="why not")


def test_reopening_needs_its_reason() -> None:
    with pytest.raises(ReasonBlank, match="Reopening"):
        deal(WON).reopen(reason="")


# Late facts and withdrawals


def test_an_advance_recorded_late_before_a_win_stands() -> None:
    facts = history(opened(), on(day(9), WON))
    events = late(
        Opportunity, facts, day(5), lambda it: it.advance(to="confirmed", override="seen", sales_process=process())
    )
    assert [type(event) for event in events] == [Opportunity.StageAdvanced]


def test_an_advance_after_a_win_is_refused() -> None:
    facts = history(opened(), on(day(9), WON))
    with pytest.raises(OpportunityClosed):
        late(Opportunity, facts, day(10), lambda it: it.advance(to="confirmed", override="x", sales_process=process()))


def test_a_win_recorded_late_before_an_advance_is_refused_and_names_it() -> None:
    facts = history(opened(), on(day(9), advanced("confirmed", "potential")))
    with pytest.raises(LaterFactForbids, match=r"Opportunity\.StageAdvanced at position 2"):
        late(Opportunity, facts, day(5), lambda it: it.win())


def test_a_late_advance_must_leave_the_later_ones_possible() -> None:
    facts = history(opened(), on(day(9), advanced("ours", "potential", "confirmed")))

    def advance(to: str) -> list[object]:
        return list(
            late(Opportunity, facts, day(5), lambda it: it.advance(to=to, override="late", sales_process=process()))
        )

    assert len(advance("confirmed")) == 1
    with pytest.raises(LaterFactForbids, match="does not lead forward"):
        advance("winnable")


def test_a_late_revert_of_a_later_advance_is_possible_and_a_later_revert_is_checked() -> None:
    reverted = Opportunity.StageReverted(
        from_="ours", to="confirmed", process_edition=0, before=("ours",), reason="budget"
    )
    facts = history(opened(stage="ours"), on(day(9), reverted))
    with pytest.raises(LaterFactForbids, match="does not lie before"):
        late(Opportunity, facts, day(5), lambda it: it.revert(to="potential", reason="x", sales_process=process()))


def test_a_withdrawn_win_lets_the_deal_go_on() -> None:
    it = without(Opportunity, history(opened(), WON), 2)
    it.at(day(5))
    it.revise_amount(amount=eur(95_000))
    assert len(recorded(it)) == 1


def test_an_end_that_was_reopened_later_is_not_withdrawn() -> None:
    facts = history(opened(), LOST, Opportunity.Reopened(previous=Outcome.LOST, reason="again"))
    with pytest.raises(LaterFactForbids, match="nothing to reopen"):
        without(Opportunity, facts, 2)


def test_a_second_end_shows_what_a_late_win_would_contradict() -> None:
    with pytest.raises(LaterFactForbids, match=r"Opportunity\.Lost"):
        late(Opportunity, history(opened(), on(day(9), LOST)), day(5), lambda it: it.win())
    with pytest.raises(LaterFactForbids, match=r"Opportunity\.Disqualified"):
        late(Opportunity, history(opened(), on(day(9), DISQUALIFIED)), day(5), lambda it: it.win())


def test_a_snapshot_keeps_all_that_decisions_need() -> None:
    it = deal(*answers(q1="yes"), advanced("confirmed", "potential"), WON, owner=ANNA)
    copy = after_snapshot(it)
    assert contents(copy) == contents(it)
    assert isinstance(copy.account, UUID)
    with pytest.raises(OpportunityClosed):
        copy.revise_amount(amount=eur(1))


def test_what_an_opportunity_records_is_read_from_the_journal_as_it_was() -> None:
    it = deal(*answers(**FIRST_FOUR))
    it.advance(to="confirmed", sales_process=process())
    it.revert(to="potential", reason="budget", sales_process=process())
    it.win()
    it.reopen(reason="not signed after all")
    facts, mapper = it.collect_events(), JournalMapper()
    assert len(facts) == 4
    assert [mapper.to_domain_event(mapper.to_stored_event(fact)) for fact in facts] == facts
