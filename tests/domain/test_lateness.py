"""Late logging and overrides: one rule for everything that shows them."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from domain.account.account import Account
from domain.aggregate import Origin, Recorded
from domain.history import Step
from domain.lateness import LATE_AFTER, delay, late_by
from domain.opportunity.opportunity import Opportunity
from domain.overriding import overridden

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def told(lag=None, origin=Origin.PERSON, event=None):
    return Recorded(
        event=event or Account.Registered(name="Nova"),
        originator_id=UUID(int=1),
        originator_version=1,
        occurred_at=NOON,
        origin=origin,
        position=1,
        recorded_at=None if lag is None else NOON + lag,
    )


@pytest.mark.parametrize(
    ("origin", "lag", "late"),
    [
        (Origin.PERSON, timedelta(days=7), False),
        (Origin.PERSON, timedelta(days=7, seconds=1), True),
        (Origin.IMPORT, timedelta(days=70), False),
        (Origin.WORKER, timedelta(days=70), False),
        (Origin.PERSON, None, False),
    ],
)
def test_late_is_what_a_person_recorded_more_than_a_week_after_it_occurred(origin, lag, late):
    fact = told(lag, origin)
    assert late_by(fact) == (lag if late else None)
    assert Step(fact).lag == late_by(fact)
    assert delay(fact) == (lag or timedelta())


def test_another_number_of_days_is_another_question():
    assert timedelta(days=7) == LATE_AFTER
    assert late_by(told(timedelta(days=4)), timedelta(days=3)) == timedelta(days=4)
    assert late_by(told(timedelta(days=8)), timedelta(days=30)) is None


@pytest.mark.parametrize(
    ("origin", "stated", "why"),
    [
        (Origin.PERSON, "the board decided", "the board decided"),
        (Origin.IMPORT, "the board decided", "the board decided"),
        (Origin.IMPORT, "imported", ""),
        (Origin.PERSON, "imported", "imported"),
        (Origin.PERSON, " ", ""),
    ],
)
def test_an_override_is_a_decision_and_not_that_an_import_passed_gates(origin, stated, why):
    moved = Opportunity.StageAdvanced(from_="a", to="b", process_edition=1, after=(), gates=(), override=stated)
    assert overridden(told(origin=origin, event=moved)) == why
    assert overridden(told(origin=origin)) == ""
