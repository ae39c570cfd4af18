"""What an open quote holds, and what is refused about quotes."""

from __future__ import annotations

from datetime import date

import msgspec

from domain.errors import Refused
from domain.opportunity.quote_lines import QuoteLine, Requirement, see_that_lines_make_sense


class QuoteNumberBlank(Refused):
    """The quote number is blank: it tells quotes apart, state it."""


class QuoteOpenAlready(Refused):
    """The quote {quote_no} is open in version {version}: revise it, or issue another under a new number."""


class QuoteNotOpen(Refused):
    """There is no open quote {quote_no} on this opportunity; open are: {known}."""


class QuoteNotIssued(Refused):
    """The quote {quote_no} is requested and not issued yet: issue it first."""


class QuoteSuperseded(Refused):
    """The quote {quote_no} stands in version {version}, not {found}: that one was superseded, or is not there yet."""


class QuoteExpired(Refused):
    """The quote {quote_no} was valid until {valid_until}; {on} is later: revise it with a new day."""


class ValidUntilPast(Refused):
    """The quote would be valid until {valid_until}, before its own day {on}: state that day or a later one."""


class FollowUpPast(Refused):
    """The follow-up on {follow_up_on} would lie before the day of the fact, {on}: state that day or a later one."""


class OpenQuote(msgspec.Struct, frozen=True):
    """A quote that is neither accepted nor declined; version 0 is requested and not issued yet."""

    version: int = 0
    lines: tuple[QuoteLine, ...] = ()
    currency: str = ""
    valid_until: date | None = None
    follow_up_on: date | None = None
    requirements: tuple[Requirement, ...] = ()


def see_that_it_holds(lines: tuple[QuoteLine, ...], on: date, valid_until: date, follow_up_on: date | None) -> None:
    """Refuse lines that make no sense, and days before that of the fact."""
    see_that_lines_make_sense(lines)
    if valid_until < on:
        raise ValidUntilPast(valid_until=valid_until, on=on)
    must_not_lie_before(follow_up_on, on)


def must_not_lie_before(follow_up_on: date | None, on: date) -> None:
    """Refuse a follow-up before the day of the fact."""
    if follow_up_on and follow_up_on < on:
        raise FollowUpPast(follow_up_on=follow_up_on, on=on)
