"""The portfolio as a question to a real PostgreSQL, as of two clocks: a changing model, merged accounts, reviews."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from domain.account.account import Account
from domain.account.purchases import Purchases
from domain.account.standing import RelationshipType, ReviewDecision, Standing
from domain.aggregate import Event
from domain.errors import NotFound
from domain.money import Money
from domain.policies.company import MONDAY_TO_FRIDAY, NINE_TO_SIX, Company
from domain.policies.policy import policy_id
from domain.policies.selection_definition import (
    AmountBase,
    Classes,
    Criterion,
    CriterionGroup,
    Fuzzy,
    SelectionDefinition,
    Threshold,
)
from domain.policies.selection_model import ModelNotFuzzy, SelectionModel, SelectionModelUnknown
from domain.policies.shipped_selection import BOSTON, GRADES, SELECTION_MATRIX
from domain.visibility import Visibility
from projections.key_accounts import key_accounts, key_statuses, months_after
from projections.portfolio import MatrixMissing, Method, PortfolioAnswer, portfolio
from projections.portfolio_positions import Cell, ThresholdCheck
from projections.portfolio_proposals import Action
from projections.portfolio_why import why
from tests.domain.given import eur, some_id
from tests.projections.asking import Office
from tests.projections.conftest import EngineOf, Journal

HUARUI, NORTH, MARINE, QUAY, TINY = (some_id(name) for name in ("huarui", "north", "marine", "quay", "tiny"))
MEI = some_id("mei")
MODEL = policy_id("SelectionModel", "key-accounts")
ORDINARY, PARTNER, STRATEGIC = RelationshipType
COMPANY = Company.Defined(
    edition=1,
    name="Werke",
    currency="EUR",
    gift_limit=None,
    language="en",
    fiscal_year_start=1,
    time_zone="UTC",
    working_days=MONDAY_TO_FRIDAY,
    working_hours=NINE_TO_SIX,
)
Told = tuple[UUID, Event, datetime]


def on(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(hour=9, tzinfo=UTC)


def numbers(text: str) -> list[Decimal]:
    return [Decimal(each) for each in text.split()]


def selects(edition: int, objective: str, weights: str, at: str, **more: Any) -> Told:
    criteria = tuple(
        Criterion(key, key.title(), group, weight)
        for key, group, weight in zip(
            ("closeness", "sales", "prospects"), CriterionGroup, numbers(weights), strict=True
        )
    )
    chosen = {
        "thresholds": (Threshold("overall", Decimal(6)),),
        "matrices": (BOSTON, SELECTION_MATRIX),
        "fuzzy": Fuzzy(GRADES),
    }
    definition = SelectionDefinition(
        **{"key": "key-accounts", "name": "Ours", "objective": objective, "criteria": criteria, **chosen, **more}
    )
    return MODEL, SelectionModel.Defined(edition=edition, definition=definition), on(at)


def scored(account: UUID, edition: int, scores: str, at: str, **shares: Decimal) -> Told:
    told = dict(zip(("closeness", "sales", "prospects"), numbers(scores), strict=True))
    return account, Standing.AccountScored(model="key-accounts", edition=edition, scores=told, **shares), on(at)


def registered(account: UUID, name: str, external_id: str) -> Told:
    return account, Account.Registered(name=name, external_id=external_id), on("2023-01-02")


def granted(account: UUID, kind: RelationshipType, at: str, **more: Any) -> Told:
    event = Standing.KeyStatusGranted(
        relationship_type=kind, justification="a fifth of our margin", model="key-accounts", edition=1, **more
    )
    return account, event, on(at)


def bought(account: UUID, document: str, money: Money, at: str, margin: Money | None = None) -> Told:
    return account, Purchases.PurchaseRecorded(document_no=document, revenue=money, margin=margin), on(at)


def story() -> list[Told]:
    return [
        (policy_id("Company"), COMPANY, on("2023-01-01")),
        registered(HUARUI, "Huarui Steel", "A-1"),
        registered(NORTH, "North Foods", "A-2"),
        registered(MARINE, "Marine Works", "A-3"),
        registered(QUAY, "Quay Steel", "A-4"),
        registered(TINY, "Tiny Tools", "A-5"),
        (HUARUI, Account.ManagerAssigned(manager=MEI), on("2023-01-03")),
        selects(1, "revenue", "20 50 30", "2025-01-02"),
        bought(HUARUI, "R-0", eur(600), "2024-02-01"),
        bought(HUARUI, "R-1", eur(800), "2025-02-01", eur(10)),
        bought(QUAY, "R-2", eur(100), "2025-02-02"),
        bought(MARINE, "R-3", eur(80), "2025-02-03", eur(70)),
        bought(NORTH, "R-4", eur(20), "2025-02-04"),
        bought(TINY, "R-5", Money.of(5, "USD"), "2025-02-05"),
        scored(HUARUI, 1, "8 9 6", "2025-01-10", wallet_share=Decimal("0.4"), rival_share=Decimal("0.2")),
        scored(NORTH, 1, "9 4 7", "2025-01-10", wallet_share=Decimal("0.1")),
        scored(MARINE, 1, "2 8 8", "2025-01-10"),
        granted(HUARUI, STRATEGIC, "2025-01-15"),
        granted(MARINE, ORDINARY, "2025-01-15", review_due=date(2025, 6, 30)),
        (QUAY, Account.AccountsMerged(into=HUARUI, reason="bought", people={}, open_items={}), on("2025-03-01")),
        selects(2, "closeness", "50 20 30", "2025-07-01"),
        scored(NORTH, 2, "9 4 7", "2025-07-10", wallet_share=Decimal("0.1")),
        scored(MARINE, 2, "2 8 8", "2025-07-10"),
    ]


@pytest.fixture
def office(journal: Journal, engine_of: EngineOf) -> Office:
    office = Office(journal, engine_of)
    office.tell(*story())
    return office


MIDDLE, END = on("2025-04-01"), on("2025-08-01")


def asked(office: Office, at: datetime = END, known_at: int | None = None, **more: Any) -> PortfolioAnswer:
    with office.view(at, known_at) as view:
        return portfolio(view, **more)


def ranking(answer: PortfolioAnswer) -> list[tuple[int | None, str, Decimal | None]]:
    return [(c.rank, c.external_id, c.score.totals.get("overall") if c.score else None) for c in answer.customers]


def of(answer: PortfolioAnswer, account: UUID) -> Any:
    return next(line for line in answer.customers if line.account == account)


# Ranking


def test_the_ranking_as_of_the_middle_uses_the_edition_of_then_and_as_of_the_end_the_newest(office: Office) -> None:
    then, now = asked(office, MIDDLE), asked(office)
    assert ranking(then) == [
        (1, "A-1", Decimal("7.9")),
        (2, "A-3", Decimal("6.8")),
        (3, "A-2", Decimal("5.9")),
        (None, "A-5", None),
    ]
    assert (then.edition, then.objective, then.portfolio_limit, then.key_accounts) == (1, "revenue", 35, 2)
    assert ranking(now) == [
        (1, "A-1", Decimal("7.6")),
        (2, "A-2", Decimal("7.4")),
        (3, "A-3", Decimal("5")),
        (None, "A-5", None),
    ]
    assert (now.edition, now.objective) == (2, "closeness")


def test_a_score_by_an_earlier_edition_is_marked_and_counts_while_it_has_every_criterion(office: Office) -> None:
    huarui, north = of(asked(office), HUARUI), of(asked(office), NORTH)
    assert (huarui.score.edition, huarui.score.current, huarui.score.missing) == (1, False, [])
    assert (north.score.edition, north.score.current) == (2, True)
    criteria = (Criterion("trust", "Trust", CriterionGroup.RELATIONSHIP, Decimal(1)),)
    office.tell(selects(3, "trust", "1 1 1", "2025-07-20", criteria=criteria))
    found = of(asked(office), NORTH)
    assert (found.rank, found.score.missing, found.score.totals, found.score.fuzzy_total) == (None, ["trust"], {}, None)


def test_before_a_late_score_was_recorded_nobody_knew_of_it(office: Office) -> None:
    before = len(office.journal.facts)
    office.tell(scored(NORTH, 1, "10 10 10", "2025-01-20"))
    assert ranking(asked(office, MIDDLE))[0] == (1, "A-2", Decimal(10))
    assert ranking(asked(office, MIDDLE, before))[0] == (1, "A-1", Decimal("7.9"))
    assert of(asked(office), NORTH).score.totals["overall"] == Decimal("7.4")


def test_the_fuzzy_ranking_is_by_the_number_that_the_grades_come_to(office: Office) -> None:
    found = asked(office, method=Method.FUZZY)
    assert [(c.external_id, c.score.fuzzy_total) for c in found.customers if c.score] == [
        ("A-1", Decimal("8.1")),
        ("A-2", Decimal("7.55")),
        ("A-3", Decimal("5")),
    ]
    marine = of(found, MARINE).score
    assert list(marine.evaluation.values()) == numbers("0.5 0 0 0.5")


def test_the_grades_of_a_panel_stand_for_the_edition_that_they_were_given_for(office: Office) -> None:
    votes = {"closeness": {"good": Decimal(1)}, "sales": {"fair": Decimal("0.4"), "poor": Decimal("0.6")}}
    scores = dict(zip(("closeness", "sales", "prospects"), numbers("9 8 9"), strict=True))
    voted = Standing.AccountScored(model="key-accounts", edition=2, scores=scores, grades=votes)
    office.tell((MARINE, voted, on("2025-07-20")))
    marine = of(asked(office, method=Method.FUZZY), MARINE).score
    assert marine.evaluation == {
        "excellent": Decimal("0.3"),
        "good": Decimal("0.5"),
        "fair": Decimal("0.08"),
        "poor": Decimal("0.12"),
    }
    office.tell(selects(3, "closeness", "50 20 30", "2025-07-25"))
    assert of(asked(office), MARINE).score.evaluation["excellent"] == 1


def test_a_model_without_grades_has_no_fuzzy_ranking(office: Office) -> None:
    office.tell(selects(3, "plain", "1 1 1", "2025-07-20", fuzzy=None))
    with pytest.raises(ModelNotFuzzy):
        asked(office, method=Method.FUZZY)
    assert of(asked(office), MARINE).score.fuzzy_total is None


def test_an_unknown_model_is_refused_and_the_shipped_one_holds_before_any_was_defined(office: Office) -> None:
    with pytest.raises(SelectionModelUnknown, match="no selection model wholesale"):
        asked(office, model="wholesale")
    early = asked(office, on("2024-06-01"))
    assert (early.edition, early.key_accounts) == (0, 0)
    assert [line.rank for line in early.customers] == [None] * 5


# Amounts


def test_classes_are_formed_by_revenue_of_the_period_merged_accounts_as_one(office: Office) -> None:
    found = asked(office, method=Method.ABC)
    assert (found.from_day, found.to_day) == (date(2024, 8, 2), date(2025, 8, 1))
    assert [(c.rank, c.external_id, c.revenue, c.abc, c.cumulative) for c in found.customers] == [
        (1, "A-1", Decimal(900), "A", Decimal("0.9")),
        (2, "A-3", Decimal(80), "B", Decimal("0.98")),
        (3, "A-2", Decimal(20), "C", Decimal(1)),
        (4, "A-5", Decimal(0), "C", Decimal(1)),
    ]
    huarui = of(found, HUARUI)
    assert (huarui.margin, huarui.revenue_before, huarui.growth) == (Decimal(10), Decimal(600), Decimal("0.5"))
    assert huarui.positions == [9, 10, 11]
    assert of(found, TINY).without_rate == {"USD": 1}


def test_without_the_events_behind_them_the_lines_say_the_same_purchases_without_a_rate_among_them(
    office: Office,
) -> None:
    for moment in (MIDDLE, END):
        by_rows, by_columns = (asked(office, moment, positions=each).customers for each in (True, False))
        assert by_columns == [replace(line, positions=[]) for line in by_rows]
    assert of(asked(office, positions=False), TINY).without_rate == {"USD": 1}


def test_before_the_merge_they_were_two_customers(office: Office) -> None:
    found = asked(office, on("2025-02-20"), method=Method.ABC)
    assert [(c.external_id, c.revenue) for c in found.customers][:2] == [("A-1", Decimal(800)), ("A-4", Decimal(100))]


def test_the_base_and_the_period_are_the_models(office: Office) -> None:
    by_margin = Classes(AmountBase.MARGIN, Decimal("0.8"), Decimal("0.95"))
    office.tell(selects(3, "margin", "1 1 1", "2025-07-20", classes=by_margin, period_months=24))
    found = asked(office, method=Method.ABC)
    assert found.from_day == date(2023, 8, 2)
    assert [(c.external_id, c.abc, c.revenue) for c in found.customers][:2] == [
        ("A-3", "A", Decimal(80)),
        ("A-1", "B", Decimal(1500)),
    ]


# Matrices


def test_bostons_matrix_takes_growth_of_revenue_and_our_share_against_the_largest_competitors(office: Office) -> None:
    found = asked(office, method=Method.BOSTON)
    assert of(found, HUARUI).cells["boston"] == Cell(Decimal(2), Decimal("0.5"), "star")
    assert of(found, HUARUI).rank == 1
    north = of(found, NORTH)
    assert (north.wallet_share, north.relative_share) == (Decimal("0.1"), Decimal("0.1111"))
    assert north.cells["boston"] == Cell(Decimal("0.1111"), None, None)
    assert north.rank is None


def test_our_share_comes_from_the_annual_purchase_volume_where_the_score_states_none(office: Office) -> None:
    office.tell((MARINE, Account.ProfileChanged(annual_purchase_volume="EUR 320"), on("2025-02-01")))
    marine = of(asked(office), MARINE)
    assert (marine.wallet_share, marine.relative_share) == (Decimal("0.25"), Decimal("0.3333"))


def test_a_volume_that_is_no_number_says_nothing_about_our_share(office: Office) -> None:
    office.tell((MARINE, Account.ProfileChanged(annual_purchase_volume="a lot"), on("2025-02-01")))
    assert of(asked(office), MARINE).wallet_share is None


def test_what_was_bought_before_the_customer_was_registered_is_nobodys_then(office: Office) -> None:
    office.tell(bought(HUARUI, "R-9", eur(7), "2022-06-01"))
    assert asked(office, on("2022-12-31")).customers == []
    assert of(asked(office, on("2023-01-31")), HUARUI).revenue == 7


def test_attractiveness_and_relationship_make_the_other_matrix(office: Office) -> None:
    found = asked(office, method=Method.MATRIX)
    assert [(c.external_id, c.cells["attractiveness-relationship"].cell) for c in found.customers] == [
        ("A-2", "key account"),
        ("A-1", "key account"),
        ("A-3", "maintenance"),
        ("A-5", None),
    ]
    office.tell(selects(3, "plain", "1 1 1", "2025-07-20", matrices=(SELECTION_MATRIX,)))
    with pytest.raises(MatrixMissing, match="it has: attractiveness-relationship"):
        asked(office, method=Method.BOSTON)


# Standing


def test_a_key_account_shows_since_when_why_and_when_it_is_to_be_reviewed(office: Office) -> None:
    with office.view(END) as view:
        found = key_statuses(view)
        assert key_accounts(view) == {HUARUI, MARINE}
    huarui, marine = found[HUARUI], found[MARINE]
    assert (huarui.relationship_type, huarui.since, huarui.review_due) == (
        *("strategic", on("2025-01-15")),
        date(2025, 7, 15),
    )
    assert (huarui.overdue, huarui.justified, huarui.position) == (True, False, 18)
    assert (marine.review_due, marine.overdue, marine.justified) == (date(2025, 6, 30), True, False)
    with office.view(on("2025-07-10")) as view:
        marine = key_statuses(view)[MARINE]
    assert (marine.overdue, marine.justified) == (True, True)


def test_a_stated_review_day_that_lies_ahead_lengthens_the_review_period(office: Office) -> None:
    office.tell(granted(NORTH, PARTNER, "2025-01-20", review_due=date(2025, 8, 1)))
    with office.view(END) as view:
        north = key_statuses(view)[NORTH]
    assert (north.overdue, north.justified) == (False, True)
    with office.view(on("2025-08-02")) as view:
        north = key_statuses(view)[NORTH]
    assert (north.overdue, north.justified) == (True, False)


def test_a_merged_customer_keeps_the_standing_of_the_account_that_ended_if_the_other_has_none(office: Office) -> None:
    office.tell(
        granted(NORTH, PARTNER, "2025-02-01"),
        (NORTH, Account.AccountsMerged(into=TINY, reason="same", people={}, open_items={}), on("2025-07-15")),
    )
    found = asked(office)
    assert of(found, TINY).status.relationship_type == "partner"
    assert of(found, TINY).score.totals["overall"] == Decimal("7.4")
    assert found.key_accounts == 3
    office.tell(granted(TINY, ORDINARY, "2025-07-20"), scored(TINY, 2, "1 1 1", "2025-07-01"))
    found = asked(office)
    assert (of(found, TINY).status.relationship_type, of(found, TINY).score.totals["overall"]) == ("ordinary", 1)
    assert found.key_accounts == 3


def test_reviews_due_are_those_of_key_accounts_the_longest_due_first(office: Office) -> None:
    found = asked(office, reviews_due=True)
    assert [(c.external_id, c.status.review_due) for c in found.customers if c.status] == [
        ("A-3", date(2025, 6, 30)),
        ("A-1", date(2025, 7, 15)),
    ]
    assert {each.account for each in found.proposals} == {MARINE, HUARUI}
    assert asked(office, MIDDLE, reviews_due=True).customers == []


def test_thresholds_are_held_against_what_is_known(office: Office) -> None:
    found = asked(office)
    assert of(found, MARINE).thresholds == [ThresholdCheck("overall", Decimal(6), Decimal(5), False)]
    assert of(found, TINY).thresholds == [ThresholdCheck("overall", Decimal(6), None, None)]


# Proposals


def test_what_is_proposed_has_its_reasons_and_is_never_carried_out(office: Office) -> None:
    assert asked(office, MIDDLE).proposals == []
    found = asked(office).proposals
    assert [(each.action, each.external_id, each.reasons) for each in found] == [
        (Action.GRANT, "A-2", ["overall is 7.4000, at least 6"]),
        (
            Action.REVIEW,
            "A-1",
            [
                "the review was due on 2025-07-15",
                "no justification since 2025-01-15",
                "scored by edition 1; the objective of edition 2 is: closeness",
            ],
        ),
        (Action.REVIEW, "A-3", ["the review was due on 2025-06-30", "no justification since 2025-01-15"]),
        (Action.DEMOTE, "A-3", ["overall is 5.0000, at least 6 is asked for"]),
    ]
    assert found[0].positions == [22]
    assert of(asked(office), NORTH).status is None


def test_who_is_proposed_beyond_the_limit_needs_a_reason_for_it(office: Office) -> None:
    others = [some_id(f"other {n}") for n in range(13)]
    office.tell(
        selects(3, "closeness", "50 20 30", "2025-07-20", portfolio_limit=15),
        scored(NORTH, 3, "9 4 7", "2025-07-21"),
        *(registered(each, f"Other {n}", f"B-{n}") for n, each in enumerate(others)),
        *(granted(each, ORDINARY, "2025-07-22") for each in others),
    )
    found = asked(office).proposals
    assert (found[0].action, found[0].external_id) == (Action.GRANT, "A-2")
    assert found[0].reasons[1:] == ["the portfolio has 15 of 15: granting needs a portfolio reason"]
    never = [each for each in found if each.external_id == "B-0"]
    assert [each.reasons for each in never] == [["never scored by key-accounts"]]


# Why


def test_why_a_customer_is_key_is_answered_by_every_decision_and_every_criterion(office: Office) -> None:
    kept = Standing.KeyStatusReviewed(
        decision=ReviewDecision.KEEP,
        relationship_type=STRATEGIC,
        justification="still a fifth",
        improvement="answer within a day",
        review_due=date(2026, 1, 1),
    )
    office.tell((HUARUI, kept, on("2025-07-20")))
    with office.view(END) as view:
        found = why(view, QUAY)
    assert [(d.model, d.edition) for d in found.history] == [("", None), ("key-accounts", 1)]
    assert (found.customer.account, found.customer.rank, found.edition) == (HUARUI, 1, 2)
    assert [(d.decision, d.at, d.justification, d.improvement, d.position) for d in found.history] == [
        ("keep", on("2025-07-20"), "still a fifth", "answer within a day", 24),
        ("granted", on("2025-01-15"), "a fifth of our margin", "", 18),
    ]
    assert [(c.criterion, c.group, c.weight, c.score) for c in found.criteria] == [
        ("closeness", "attractiveness", Decimal(50), Decimal(8)),
        ("sales", "potential", Decimal(20), Decimal(9)),
        ("prospects", "relationship", Decimal(30), Decimal(6)),
    ]
    with office.view(MIDDLE) as view:
        assert [each.decision for each in why(view, HUARUI).history] == ["granted"]
        assert [each.score for each in why(view, TINY).criteria] == [None] * 3


def test_the_history_of_key_status_says_how_it_ended(office: Office) -> None:
    office.tell((MARINE, Standing.KeyStatusWithdrawn(reason="moved abroad"), on("2025-07-20")))
    with office.view(END) as view:
        found = why(view, MARINE)
    assert found.customer.status is None
    assert [(d.decision, d.relationship_type, d.justification) for d in found.history] == [
        ("withdrawn", "", "moved abroad"),
        ("granted", "ordinary", "a fifth of our margin"),
    ]


# Visibility


def test_a_manager_sees_his_own_customers_and_the_count_of_the_whole_company(office: Office) -> None:
    mine = Visibility(member=MEI, managers=frozenset({MEI}))
    with office.view(END, visibility=mine) as view:
        found = portfolio(view)
        assert [(c.external_id, c.revenue) for c in found.customers] == [("A-1", Decimal(900))]
        assert found.key_accounts == 2
        with pytest.raises(NotFound):
            why(view, MARINE)


def test_months_end_where_the_month_does_and_nothing_lies_before_1900() -> None:
    assert months_after(date(2025, 8, 31), -6) == date(2025, 2, 28)
    assert months_after(date(2025, 8, 31), 6) == date(2026, 2, 28)
    assert months_after(date(1, 1, 1), -12) == date(1900, 1, 1)
