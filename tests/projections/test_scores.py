"""Scores and key status as rows."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from domain.account.standing import RelationshipType, ReviewDecision, Standing
from projections.key_status import KEY_STATUS, KeyStatusRow
from projections.scores import SCORES, ScoreRow, numbers_of
from tests.domain.given import day, some_id
from tests.projections.rows import rows_after

ACME = some_id("acme")
FIRST = Standing.AccountScored(
    model="key-accounts",
    edition=1,
    scores={"sales": Decimal("7.50"), "closeness": Decimal(10)},
    grades={"sales": {"good": Decimal("0.75"), "fair": Decimal("0.25"), "poor": Decimal(0)}},
    totals={"attractiveness": Decimal(10), "potential": Decimal("7.5"), "overall": Decimal("8.3333")},
    fuzzy_total=Decimal("7.2"),
    wallet_share=Decimal("0.3"),
    rival_share=Decimal("0.4"),
)
GRANTED = Standing.KeyStatusGranted(
    relationship_type=RelationshipType.ORDINARY,
    justification="a fifth of our margin",
    review_due=date(2025, 7, 1),
    model="key-accounts",
    edition=1,
    portfolio_reason="two will go",
)


def test_a_score_has_its_totals_and_what_each_criterion_got() -> None:
    assert rows_after(SCORES, (ACME, FIRST)) == [
        ScoreRow(
            account=ACME,
            model="key-accounts",
            edition=1,
            at=day(1),
            attractiveness=Decimal(10),
            potential=Decimal("7.5"),
            overall=Decimal("8.3333"),
            fuzzy_total=Decimal("7.2"),
            wallet_share=Decimal("0.3"),
            rival_share=Decimal("0.4"),
            scores=("sales=7.5", "closeness=10"),
            grades=("sales/good=0.75", "sales/fair=0.25"),
        )
    ]
    assert numbers_of(["sales=7.5", "closeness=10"]) == {"sales": Decimal("7.5"), "closeness": Decimal(10)}


def test_the_newest_score_by_a_model_holds_beside_that_of_another() -> None:
    again = Standing.AccountScored(model="key-accounts", edition=2, scores={"sales": Decimal(3)})
    other = Standing.AccountScored(model="wholesale", edition=1, scores={"outlets": Decimal(9)})
    found = rows_after(SCORES, (ACME, FIRST), (ACME, other), (ACME, again))
    assert [(row.model, row.edition, row.scores, row.overall) for row in found if isinstance(row, ScoreRow)] == [
        ("key-accounts", 2, ("sales=3",), None),
        ("wholesale", 1, ("outlets=9",), None),
    ]


def status_after(*events: Any) -> KeyStatusRow:
    (row,) = rows_after(KEY_STATUS, *((ACME, event) for event in events))
    assert isinstance(row, KeyStatusRow)
    return row


def test_a_grant_says_since_when_why_and_by_which_score() -> None:
    assert status_after(GRANTED) == KeyStatusRow(
        account=ACME,
        relationship_type="ordinary",
        decision="granted",
        since=day(1),
        decided=day(1),
        justification="a fifth of our margin",
        review_due=date(2025, 7, 1),
        model="key-accounts",
        edition=1,
        portfolio_reason="two will go",
    )


def test_a_review_has_its_own_reason_and_what_we_change_and_a_withdrawal_ends_it() -> None:
    reviewed = Standing.KeyStatusReviewed(
        decision=ReviewDecision.PROMOTE,
        relationship_type=RelationshipType.PARTNER,
        justification="a third now",
        improvement="one contact for all sites",
    )
    row = status_after(GRANTED, reviewed)
    assert (row.relationship_type, row.decision, row.since, row.decided) == ("partner", "promote", day(1), day(2))
    assert (row.justification, row.improvement, row.review_due) == ("a third now", "one contact for all sites", None)
    row = status_after(GRANTED, reviewed, Standing.KeyStatusWithdrawn(reason="moved abroad"))
    assert (row.relationship_type, row.decision, row.justification, row.improvement) == (
        *("", "withdrawn"),
        *("moved abroad", ""),
    )


def test_a_review_of_an_account_that_nobody_granted_shows_nothing() -> None:
    assert rows_after(KEY_STATUS, (ACME, Standing.KeyStatusWithdrawn(reason="x"))) == []
    kept = Standing.KeyStatusReviewed(
        decision=ReviewDecision.KEEP, relationship_type=RelationshipType.PARTNER, justification="x"
    )
    assert rows_after(KEY_STATUS, (ACME, kept)) == []
