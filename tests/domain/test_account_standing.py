"""Key status: granted with a justification, reviewed, withdrawn."""

from __future__ import annotations

from datetime import date

import pytest

from domain.account.account import Account
from domain.account.standing import (
    AlreadyKeyAccount,
    DecisionContradicts,
    ImprovementBlank,
    JustificationBlank,
    NotKeyAccount,
    OverrideMissing,
    RelationshipType,
    ReviewDecision,
    Standing,
    WithdrawalReasonBlank,
)
from domain.aggregate import Event, LaterFactForbids
from domain.policies.policy import policy_id
from domain.policies.selection_model import SelectionModel
from tests.domain.given import after_snapshot, contents, day, given, history, late, on, recorded, without

ORDINARY, PARTNER, STRATEGIC = RelationshipType
KEEP, PROMOTE, DEMOTE = ReviewDecision
MODEL = SelectionModel(id=policy_id("SelectionModel", "key-accounts"))
REGISTERED = on(day(1), Account.Registered(name="Huarui Steel"))
WITHDRAWN = Standing.KeyStatusWithdrawn(reason="bought by a competitor")


def granted(relationship_type: RelationshipType = PARTNER) -> Standing.KeyStatusGranted:
    return Standing.KeyStatusGranted(
        relationship_type=relationship_type,
        justification="a fifth of our margin",
        override="no model yet",
        model="key-accounts",
        edition=0,
        key_accounts=0,
    )


def reviewed(decision: ReviewDecision, relationship_type: RelationshipType) -> Standing.KeyStatusReviewed:
    return Standing.KeyStatusReviewed(
        decision=decision,
        relationship_type=relationship_type,
        justification="still a fifth",
        improvement="answer within a day",
    )


def account(*facts: Event) -> Account:
    return given(Account, REGISTERED, *facts)


def test_key_status_is_granted_with_justification_override_and_review():
    huarui = account()
    huarui.standing.grant(
        relationship_type=STRATEGIC,
        justification="a fifth of our margin",
        review_due=date(2026, 1, 1),
        override="no model yet",
        selection_model=MODEL,
    )
    assert recorded(huarui) == [
        Standing.KeyStatusGranted(
            relationship_type=STRATEGIC,
            justification="a fifth of our margin",
            review_due=date(2026, 1, 1),
            override="no model yet",
            model="key-accounts",
            edition=0,
            key_accounts=0,
        )
    ]
    assert huarui.standing.relationship_type is STRATEGIC


def test_key_status_needs_a_justification_and_a_score_or_the_reason_for_none():
    with pytest.raises(JustificationBlank, match="Why is this customer in the key position"):
        account().standing.grant(
            relationship_type=PARTNER, justification=" ", override="no model yet", selection_model=MODEL
        )
    with pytest.raises(OverrideMissing, match="no score by edition 0 of the selection model key-accounts: score it"):
        account().standing.grant(relationship_type=PARTNER, justification="a fifth", selection_model=MODEL)


def test_granting_the_same_type_twice_records_nothing_and_another_is_for_a_review():
    huarui = account(granted(PARTNER))
    huarui.standing.grant(
        relationship_type=PARTNER, justification="a fifth of our margin", override="no model yet", selection_model=MODEL
    )
    assert recorded(huarui) == []
    with pytest.raises(AlreadyKeyAccount, match="as partner"):
        huarui.standing.grant(
            relationship_type=STRATEGIC, justification="more", override="no model yet", selection_model=MODEL
        )


@pytest.mark.parametrize(
    ("held", "decision", "stated", "after"),
    [
        (PARTNER, KEEP, None, PARTNER),
        (PARTNER, KEEP, PARTNER, PARTNER),
        (ORDINARY, PROMOTE, None, PARTNER),
        (ORDINARY, PROMOTE, STRATEGIC, STRATEGIC),
        (STRATEGIC, DEMOTE, None, PARTNER),
        (STRATEGIC, DEMOTE, ORDINARY, ORDINARY),
    ],
)
def test_a_review_keeps_promotes_or_demotes(held, decision, stated, after):
    huarui = account(granted(held))
    huarui.standing.review(
        decision=decision,
        justification="still a fifth",
        improvement="answer within a day",
        relationship_type=stated,
    )
    assert recorded(huarui) == [reviewed(decision, after)]
    assert huarui.standing.relationship_type is after


@pytest.mark.parametrize(
    ("held", "decision", "stated"),
    [
        (PARTNER, KEEP, STRATEGIC),
        (PARTNER, KEEP, ORDINARY),
        (STRATEGIC, PROMOTE, None),
        (PARTNER, PROMOTE, ORDINARY),
        (PARTNER, PROMOTE, PARTNER),
        (ORDINARY, DEMOTE, ORDINARY),
        (PARTNER, DEMOTE, STRATEGIC),
    ],
)
def test_a_decision_fits_the_types_before_and_after(held, decision, stated):
    with pytest.raises(DecisionContradicts, match=f"{decision} does not lead from {held}"):
        account(granted(held)).standing.review(
            decision=decision, justification="still a fifth", improvement="prices", relationship_type=stated
        )


def test_every_review_is_recorded_with_what_we_change_and_when_the_next_is_due():
    huarui = account(granted(), reviewed(KEEP, PARTNER))
    huarui.standing.review(
        decision=KEEP, justification="still a fifth", improvement="answer within a day", review_due=date(2026, 7, 1)
    )
    assert recorded(huarui) == [
        Standing.KeyStatusReviewed(
            decision=KEEP,
            relationship_type=PARTNER,
            justification="still a fifth",
            improvement="answer within a day",
            review_due=date(2026, 7, 1),
        )
    ]


def test_a_review_needs_key_status_and_a_justification():
    with pytest.raises(NotKeyAccount):
        account().standing.review(decision=KEEP, justification="still a fifth")
    with pytest.raises(JustificationBlank):
        account(granted()).standing.review(decision=KEEP, justification="", improvement="prices")


def test_who_keeps_a_key_account_says_what_we_ourselves_will_change():
    with pytest.raises(ImprovementBlank, match="improvement"):
        account(granted()).standing.review(decision=KEEP, justification="still a fifth", improvement=" ")
    promoted = account(granted())
    promoted.standing.review(decision=PROMOTE, justification="a third now")
    assert promoted.standing.relationship_type is STRATEGIC


def test_a_demotion_below_ordinary_takes_key_status_away():
    huarui = account(granted(ORDINARY))
    huarui.standing.review(decision=DEMOTE, justification="bought by a competitor")
    assert recorded(huarui) == [WITHDRAWN]
    assert huarui.standing.relationship_type is None
    with pytest.raises(JustificationBlank):
        account(granted(ORDINARY)).standing.review(decision=DEMOTE, justification=" ")


def test_key_status_is_withdrawn_with_its_reason_and_can_be_granted_again():
    huarui = account(granted())
    huarui.standing.withdraw(reason="bought by a competitor")
    huarui.standing.grant(
        relationship_type=PARTNER, justification="a fifth of our margin", override="no model yet", selection_model=MODEL
    )
    assert recorded(huarui) == [WITHDRAWN, granted()]


def test_withdrawing_needs_key_status_and_a_reason():
    with pytest.raises(NotKeyAccount):
        account(granted(), WITHDRAWN).standing.withdraw(reason="bought by a competitor")
    with pytest.raises(WithdrawalReasonBlank):
        account(granted()).standing.withdraw(reason=" ")


def test_a_review_recorded_late_is_refused_where_a_later_one_contradicts():
    facts = history(REGISTERED, on(day(2), granted(ORDINARY)), on(day(9), reviewed(PROMOTE, PARTNER)))
    assert late(
        Account,
        facts,
        day(5),
        lambda a: a.standing.review(decision=KEEP, justification="still a fifth", improvement="answer within a day"),
    ) == [reviewed(KEEP, ORDINARY)]
    with pytest.raises(LaterFactForbids, match="promote does not lead from partner to partner"):
        late(Account, facts, day(5), lambda a: a.standing.review(decision=PROMOTE, justification="more"))


@pytest.mark.parametrize("later", [reviewed(KEEP, PARTNER), WITHDRAWN])
def test_a_grant_on_which_others_rest_is_not_withdrawn(later: Event):
    facts = history(REGISTERED, granted(), later)
    with pytest.raises(LaterFactForbids, match="no key account"):
        without(Account, facts, 2)
    assert without(Account, facts, 3).standing.relationship_type is PARTNER


def test_a_grant_recorded_late_is_refused_where_it_was_granted_later():
    facts = history(REGISTERED, on(day(9), granted()))
    with pytest.raises(LaterFactForbids, match="key account already"):
        late(
            Account,
            facts,
            day(5),
            lambda a: a.standing.grant(
                relationship_type=ORDINARY, justification="new", override="no model yet", selection_model=MODEL
            ),
        )


def test_standing_comes_back_from_a_snapshot():
    huarui = account(granted(), reviewed(PROMOTE, STRATEGIC))
    assert contents(after_snapshot(huarui)) == contents(huarui)
    assert after_snapshot(huarui).standing.relationship_type is STRATEGIC
