"""Opportunities as rows."""

from datetime import UTC, date, datetime
from decimal import Decimal

from domain.opportunity.opportunity import Opportunity
from domain.opportunity.outcome import Outcome
from domain.policies.process_definition import ForecastCategory
from projections.opportunities import FUNNEL, FunnelRow
from tests.domain.given import day, eur, some_id
from tests.projections.rows import rows_after

DEAL, ACME, MEI, ZOE = (some_id(name) for name in ("deal", "acme", "mei", "zoe"))
OPENED = Opportunity.Opened(
    account=ACME,
    title="Line 2",
    process="four-funnel",
    process_edition=0,
    stage="potential",
    products=("pump", "valve"),
    amount=eur(900),
    close_on=date(2025, 6, 30),
    owner=MEI,
)
ADVANCED = Opportunity.StageAdvanced(from_="potential", to="confirmed", process_edition=0, after=("potential",))
WON = Opportunity.Won(signed=eur(850))


def row_of(*events: object) -> FunnelRow:
    (row,) = rows_after(FUNNEL, *((DEAL, event) for event in events))  # type: ignore[arg-type]
    assert isinstance(row, FunnelRow)
    return row


def test_an_opportunity_enters_the_funnel_with_what_was_stated() -> None:
    assert row_of(OPENED) == FunnelRow(
        account=ACME,
        owner=MEI,
        process="four-funnel",
        stage="potential",
        since=day(1),
        opened=day(1),
        amount=Decimal("900.00"),
        currency="EUR",
        products=("pump", "valve"),
        close_on=date(2025, 6, 30),
    )


def test_without_an_amount_there_is_none_until_one_is_stated() -> None:
    unvalued = Opportunity.Opened(account=ACME, title="x", process="plain", process_edition=0, stage="prospecting")
    assert (row_of(unvalued).amount, row_of(unvalued).currency) == (None, "")
    revised = row_of(unvalued, Opportunity.AmountRevised(previous=None, amount=eur(70)))
    assert (revised.amount, revised.currency) == (Decimal("70.00"), "EUR")


def test_a_move_forward_or_back_begins_a_new_stay() -> None:
    row = row_of(OPENED, ADVANCED)
    assert (row.stage, row.since, row.opened) == ("confirmed", day(2), day(1))
    reverted = Opportunity.StageReverted(from_="confirmed", to="potential", process_edition=0, before=(), reason="no")
    row = row_of(OPENED, ADVANCED, reverted)
    assert (row.stage, row.since) == ("potential", day(3))


def test_only_a_later_close_date_counts_as_a_push() -> None:
    later, earlier = (Opportunity.CloseDateMoved(previous=None, close_on=date(2025, month, 1)) for month in (9, 3))
    assert row_of(OPENED, later).pushes == 1
    assert row_of(OPENED, earlier).pushes == 0
    assert row_of(OPENED, later, earlier, later).pushes == 2


def test_the_first_close_date_is_no_push() -> None:
    undated = Opportunity.Opened(account=ACME, title="x", process="plain", process_edition=0, stage="prospecting")
    row = row_of(undated, Opportunity.CloseDateMoved(previous=None, close_on=date(2025, 9, 1)))
    assert (row.pushes, row.close_on) == (0, date(2025, 9, 1))


def test_category_and_owner_are_those_stated_last() -> None:
    row = row_of(
        OPENED,
        Opportunity.ForecastCategorySet(previous=None, category=ForecastCategory.COMMIT),
        Opportunity.OwnerChanged(previous=MEI, owner=ZOE),
    )
    assert (row.category, row.owner) == ("commit", ZOE)


def test_winning_keeps_what_was_signed_and_when() -> None:
    row = row_of(OPENED, WON)
    assert (row.outcome, row.closed, row.signed, row.signed_currency) == ("won", day(2), Decimal("850.00"), "EUR")
    assert (row.amount, row.stage) == (Decimal("900.00"), "potential")


def test_losing_and_disqualifying_end_it_without_a_signed_amount() -> None:
    for event, outcome in ((Opportunity.Lost(), "lost"), (Opportunity.Disqualified(), "disqualified")):
        row = row_of(OPENED, event)
        assert (row.outcome, row.closed, row.signed) == (outcome, day(2), None)


def test_reopened_it_is_in_the_stage_where_it_ended() -> None:
    row = row_of(OPENED, ADVANCED, WON, Opportunity.Reopened(previous=Outcome.WON, reason="they called"))
    assert (row.outcome, row.closed, row.signed, row.signed_currency) == ("", None, None, "")
    assert (row.stage, row.since) == ("confirmed", day(2))


def test_what_is_told_of_a_deal_that_was_not_opened_leaves_no_row() -> None:
    moved = Opportunity.CloseDateMoved(previous=None, close_on=date(2025, 9, 1))
    others = (ADVANCED, moved, WON, Opportunity.Lost(), Opportunity.Disqualified())
    assert rows_after(FUNNEL, *((DEAL, event) for event in others)) == []


def test_an_opening_later_in_business_time_starts_afresh() -> None:
    told = (DEAL, WON), (DEAL, OPENED, datetime(2025, 5, 1, tzinfo=UTC))
    (row,) = rows_after(FUNNEL, *told)
    assert isinstance(row, FunnelRow)
    assert row.outcome == ""
