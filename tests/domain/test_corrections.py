"""What a correction takes over from the fact that it corrects, for any command."""

from datetime import date
from decimal import Decimal
from uuid import UUID

import msgspec
import pytest

from domain.account.account import Account
from domain.account.credit import Credit, CreditRating
from domain.account.visits import Visits
from domain.commands import command_type, taken_over
from domain.errors import Malformed
from domain.money import Money
from domain.sealed import Sealed

ASSESS = command_type(Account, "credit.assess")
GROUNDS = Sealed(UUID(int=1), b"f" * 16, b"grounds")
ASSESSED = Credit.CreditAssessed(
    rating=CreditRating.B,
    limit=Money(Decimal(500), "EUR"),
    valid_until=date(2027, 1, 31),
    assessor=UUID(int=7),
    agency="",
    evidence=GROUNDS,
)


def test_what_is_not_stated_is_taken_over_texts_sealed_as_they_are():
    body = taken_over(ASSESS, {"rating": CreditRating.C, "limit": msgspec.UNSET}, ASSESSED)
    assert msgspec.structs.asdict(body) == {**msgspec.structs.asdict(ASSESSED), "rating": CreditRating.C}


def test_none_clears_to_nothing_or_to_what_the_command_takes_for_nothing():
    body = taken_over(ASSESS, {"assessor": None, "agency": None, "evidence": None}, ASSESSED)
    cleared = {"assessor": None, "agency": "", "evidence": None}
    assert msgspec.structs.asdict(body) == {**msgspec.structs.asdict(ASSESSED), **cleared}


def test_what_must_be_stated_is_not_cleared():
    with pytest.raises(Malformed, match="limit: required"):
        taken_over(ASSESS, {"limit": None}, ASSESSED)


def test_what_the_event_does_not_say_is_required():
    with pytest.raises(Malformed, match="rating: required"):
        taken_over(ASSESS, {}, Visits.VisitCancelled(visit_id=UUID(int=3)))
