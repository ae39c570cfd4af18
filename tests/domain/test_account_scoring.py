"""Scores of an account by a selection model, and the key status that rests on them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from domain.account.account import Account
from domain.account.standing import (
    NOT_STATED,
    CriterionScoreOutOfRange,
    OverrideMissing,
    PortfolioFull,
    RelationshipType,
    ReviewDecision,
    ShareOutOfRange,
    Standing,
)
from domain.aggregate import Event, LaterFactForbids
from domain.journal.mapper import Decoder
from domain.policies.policy import policy_id
from domain.policies.selection_definition import (
    Criterion,
    CriterionGroup,
    Fuzzy,
    FuzzyGrade,
    SelectionDefinition,
)
from domain.policies.selection_model import (
    CriterionMissing,
    CriterionUnknown,
    GradesDoNotSum,
    GradeUnknown,
    ModelNotFuzzy,
    SelectionModel,
    SelectionModelUnknown,
)
from domain.selection.fuzzy import FuzzyOperator
from tests.domain.given import after_snapshot, contents, day, given, history, late, on, recorded, without

PARTNER = RelationshipType.PARTNER
REGISTERED = on(day(1), Account.Registered(name="Huarui Steel"))
CRITERIA = (
    Criterion("closeness", "Closeness", CriterionGroup.ATTRACTIVENESS, Decimal(20)),
    Criterion("sales", "Sales", CriterionGroup.POTENTIAL, Decimal(50)),
    Criterion("profitability", "Profitability", CriterionGroup.POTENTIAL, Decimal(30)),
)
GRADES = (
    FuzzyGrade("good", "Good", Decimal(9), (Decimal(4), Decimal(8), Decimal(10), Decimal(10))),
    FuzzyGrade("poor", "Poor", Decimal(2), (Decimal(0), Decimal(0), Decimal(4), Decimal(8))),
)
SCORES = {"closeness": Decimal(7), "sales": Decimal(8), "profitability": Decimal(6)}


def model(*editions: int, fuzzy: Fuzzy | None = None, key: str = "key-accounts") -> SelectionModel:
    found = SelectionModel(id=policy_id("SelectionModel", key))
    definition = SelectionDefinition(key=key, name="Ours", objective="margin", criteria=CRITERIA, fuzzy=fuzzy)
    for edition in editions or (1,):
        SelectionModel.Defined(edition=edition, definition=definition).apply(found)
    return found


NOWHERE = SelectionModel(id=policy_id("SelectionModel", "elsewhere"))
FUZZY = model(fuzzy=Fuzzy(GRADES))


def scored(**changed: Any) -> Standing.AccountScored:
    totals = {"attractiveness": Decimal(7), "potential": Decimal("7.25"), "overall": Decimal("7.2")}
    return Standing.AccountScored(
        **{"model": "key-accounts", "edition": 1, "scores": SCORES, "totals": totals, **changed}
    )


def account(*facts: Event) -> Account:
    return given(Account, REGISTERED, *facts)


def test_a_score_keeps_what_each_criterion_got_and_what_it_came_to():
    huarui = account()
    huarui.standing.score(scores=SCORES, selection_model=model())
    assert recorded(huarui) == [scored()]
    assert huarui.standing.scored == {"key-accounts": scored()}


def test_our_share_and_that_of_the_largest_competitor_are_kept():
    huarui = account()
    shares = {"wallet_share": Decimal("0.3"), "rival_share": Decimal("0.45")}
    huarui.standing.score(scores=SCORES, selection_model=model(), **shares)
    assert recorded(huarui) == [scored(**shares)]


def test_the_same_score_again_records_nothing_and_by_another_edition_it_is_a_new_one():
    huarui = account(scored())
    huarui.standing.score(scores=SCORES, selection_model=model(1))
    assert recorded(huarui) == []
    huarui.standing.score(scores=SCORES, selection_model=model(1, 2))
    assert recorded(huarui) == [scored(edition=2)]


def test_a_fuzzy_model_grades_each_criterion_by_its_score():
    huarui = account()
    huarui.standing.score(scores=SCORES, selection_model=FUZZY)
    (event,) = recorded(huarui)
    assert isinstance(event, Standing.AccountScored)
    assert event.grades == {
        "closeness": {"good": Decimal("0.75"), "poor": Decimal("0.25")},
        "sales": {"good": Decimal(1), "poor": Decimal(0)},
        "profitability": {"good": Decimal("0.5"), "poor": Decimal("0.5")},
    }
    assert event.evaluation == {"good": Decimal("0.8"), "poor": Decimal("0.2")}
    assert event.fuzzy_total == Decimal("7.6")


def test_the_grades_of_a_panel_stand_instead_of_those_of_the_score():
    huarui = account()
    votes = {"closeness": {"good": Decimal("0.25"), "poor": Decimal("0.75")}, "sales": {"good": Decimal(1)}}
    huarui.standing.score(scores=SCORES, grades=votes, selection_model=FUZZY)
    (event,) = recorded(huarui)
    assert isinstance(event, Standing.AccountScored)
    assert event.grades["closeness"] == {"good": Decimal("0.25"), "poor": Decimal("0.75")}
    assert event.grades["sales"] == {"good": Decimal(1), "poor": Decimal(0)}
    assert event.evaluation == {"good": Decimal("0.7"), "poor": Decimal("0.3")}


def test_another_operator_lets_the_decisive_criterion_count():
    huarui = account()
    decisive = model(fuzzy=Fuzzy(GRADES, FuzzyOperator.MAX_MIN))
    huarui.standing.score(scores=SCORES, selection_model=decisive)
    (event,) = recorded(huarui)
    assert isinstance(event, Standing.AccountScored)
    assert event.evaluation == {"good": Decimal("0.625"), "poor": Decimal("0.375")}


def test_every_criterion_is_scored_and_none_other():
    with pytest.raises(CriterionUnknown, match="no criterion charm; it scores: closeness, sales, profitability"):
        account().standing.score(scores={**SCORES, "charm": Decimal(1)}, selection_model=model())
    with pytest.raises(CriterionMissing, match="missing: sales, profitability"):
        account().standing.score(scores={"closeness": Decimal(1)}, selection_model=model())
    with pytest.raises(SelectionModelUnknown, match="no selection model elsewhere"):
        account().standing.score(model="elsewhere", scores=SCORES, selection_model=NOWHERE)


@pytest.mark.parametrize("score", ["-0.1", "10.1", "NaN"])
def test_a_score_lies_between_0_and_10(score: str):
    with pytest.raises(CriterionScoreOutOfRange, match=f"{score} is no score of sales"):
        account().standing.score(scores={**SCORES, "sales": Decimal(score)}, selection_model=FUZZY)


def test_grades_are_those_of_a_fuzzy_model_and_sum_to_one():
    votes = {"sales": {"good": Decimal("0.5"), "poor": Decimal("0.4")}}
    with pytest.raises(GradesDoNotSum, match="grades of sales sum to 0.9"):
        account().standing.score(scores=SCORES, grades=votes, selection_model=FUZZY)
    negative = {"sales": {"good": Decimal("1.5"), "poor": Decimal("-0.5")}}
    with pytest.raises(GradesDoNotSum):
        account().standing.score(scores=SCORES, grades=negative, selection_model=FUZZY)
    with pytest.raises(GradeUnknown, match="no grade fine for sales; there are: good, poor"):
        account().standing.score(scores=SCORES, grades={"sales": {"fine": Decimal(1)}}, selection_model=FUZZY)
    with pytest.raises(CriterionUnknown):
        account().standing.score(scores=SCORES, grades={"charm": {"good": Decimal(1)}}, selection_model=FUZZY)
    with pytest.raises(ModelNotFuzzy, match="has no grades"):
        account().standing.score(scores=SCORES, grades=votes, selection_model=model())


@pytest.mark.parametrize("shares", [("1.1", None), (None, "-0.1"), ("0.6", "0.5"), ("0.5", "NaN")])
def test_shares_of_a_customer_are_at_most_the_whole(shares: tuple[str | None, str | None]):
    ours, theirs = (Decimal(share) if share else None for share in shares)
    with pytest.raises(ShareOutOfRange, match="from 0 to 1"):
        account().standing.score(scores=SCORES, wallet_share=ours, rival_share=theirs, selection_model=model())


@pytest.mark.parametrize("shares", [("0.6", "0.4"), ("1", "0"), ("0", None)])
def test_both_shares_together_may_be_the_whole_and_a_share_nothing(shares: tuple[str, str | None]):
    ours, theirs = (Decimal(share) if share else None for share in shares)
    it = account()
    it.standing.score(scores=SCORES, wallet_share=ours, rival_share=theirs, selection_model=model())
    (scored,) = recorded(it)
    assert (scored.wallet_share, scored.rival_share) == (ours, theirs)


# Key status by a score


def granted(huarui: Account, **more: Any) -> list[Event]:
    huarui.standing.grant(
        **{"relationship_type": PARTNER, "justification": "a fifth", "selection_model": model(), **more}
    )
    return recorded(huarui)


def grant(**more: Any) -> Standing.KeyStatusGranted:
    told = {"relationship_type": PARTNER, "justification": "a fifth", "model": "key-accounts", "edition": 1}
    return Standing.KeyStatusGranted(**{**told, "key_accounts": 0, **more})


def test_a_score_by_the_newest_edition_makes_an_override_needless():
    assert granted(account(scored())) == [grant()]


def test_a_score_by_an_earlier_edition_or_another_model_does_not_speak_for_the_account():
    with pytest.raises(OverrideMissing, match=r"edition 2 of .*key-accounts \(its score is by edition 1\)"):
        granted(account(scored()), selection_model=model(1, 2))
    with pytest.raises(OverrideMissing, match="score it, or state in `override`"):
        granted(account(scored(model="wholesale")))
    assert granted(account(scored()), selection_model=model(1, 2), override="no time") == [
        grant(edition=2, override="no time")
    ]


def test_a_grant_names_a_model_that_there_is():
    with pytest.raises(SelectionModelUnknown):
        granted(account(), model="elsewhere", selection_model=NOWHERE, override="known")


def test_beyond_the_portfolio_limit_there_is_a_reason():
    with pytest.raises(PortfolioFull, match="35 key accounts, and the selection model key-accounts limits .* to 35"):
        granted(account(scored()), key_accounts=35)
    assert granted(account(scored()), key_accounts=34) == [grant(key_accounts=34)]
    assert granted(account(scored()), key_accounts=35, portfolio_reason="two will go") == [
        grant(key_accounts=35, portfolio_reason="two will go")
    ]


def test_a_score_on_which_a_grant_rests_is_not_withdrawn():
    facts = history(REGISTERED, scored(), grant())
    with pytest.raises(LaterFactForbids, match="no score by edition 1"):
        without(Account, facts, 2)
    assert without(Account, facts, 3).standing.relationship_type is None


def test_a_score_that_was_given_late_stands_in_its_place():
    facts = history(REGISTERED, on(day(9), scored()))
    other = {**SCORES, "sales": Decimal(2)}
    (event,) = late(Account, facts, day(5), lambda a: a.standing.score(scores=other, selection_model=model()))
    assert isinstance(event, Standing.AccountScored)
    assert event.totals["overall"] == Decimal("4.2")


def test_scores_come_back_from_a_snapshot():
    huarui = account(scored(), grant())
    assert contents(after_snapshot(huarui)) == contents(huarui)
    assert after_snapshot(huarui).standing.scored == {"key-accounts": scored()}


# What was recorded before


def test_a_grant_of_the_first_version_is_read_as_it_was():
    old = {"relationship_type": "partner", "justification": "a fifth", "review_due": None, "override": "known"}
    assert _read(Standing.KeyStatusGranted, old) == Standing.KeyStatusGranted(
        relationship_type=PARTNER, justification="a fifth", override="known"
    )


@pytest.mark.parametrize(
    ("decision", "said", "read"), [("keep", " ", NOT_STATED), ("keep", "prices", "prices"), ("promote", "", "")]
)
def test_a_review_of_the_first_version_that_kept_in_silence_says_so(decision: str, said: str, read: str):
    old = {"decision": decision, "relationship_type": "partner", "justification": "x", "improvement": said}
    assert _read(Standing.KeyStatusReviewed, {**old, "review_due": None}) == Standing.KeyStatusReviewed(
        decision=ReviewDecision(decision), relationship_type=PARTNER, justification="x", improvement=read
    )


def _read(kind: type[Event], fields: dict[str, Any]) -> Any:
    import msgspec

    rest = ("moment", "person", None, None, None, None, None)
    state = msgspec.msgpack.encode([1, day(1), fields, *rest])
    return Decoder(kind).full(1, state).event
