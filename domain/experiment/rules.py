"""The words of experiments, and why one is refused."""

from __future__ import annotations

import enum
from datetime import date
from decimal import Decimal
from uuid import UUID

import msgspec

from domain.errors import Refused
from domain.sealed import Sealed


class ExperimentMeasure(enum.StrEnum):
    """By what the accounts of a test are compared."""

    REVENUE_WON = "revenue_won"
    PURCHASES = "purchases"
    VISITS = "visits"
    SATISFACTION = "satisfaction"
    HEALTH = "health"
    BY_HAND = "by_hand"


DERIVED = frozenset({ExperimentMeasure.REVENUE_WON, ExperimentMeasure.PURCHASES, ExperimentMeasure.VISITS})
"""Measures that are taken from the facts of the days of the test: amounts in the reporting currency, and a count."""


class ExperimentDecision(enum.StrEnum):
    """What comes of a test."""

    ADOPT = "adopt"
    DROP = "drop"
    REPEAT = "repeat"


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What an account came to, and the positions of the facts behind it where KAMS took it from these."""

    account: UUID
    value: Decimal
    positions: tuple[int, ...] = ()


class Result(msgspec.Struct, frozen=True):
    """What was recorded of an account last."""

    value: Decimal
    on: date
    evidence: Sealed | None = None


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What was taken from facts: the results of all accounts, in `currency` where they are amounts; `position` is the
    newest fact that was known."""

    results: tuple[Measured, ...] = ()
    currency: str = ""
    position: int = 0


NOTHING_TAKEN = Taken()


class AccountInTwoGroups(Refused):
    """The account {account} stands in a group twice, or in both: each account of a test stands in one."""


class GroupsIncomplete(Refused):
    """The group has {group} accounts and the control group {control}: state two or more in both, or neither, and a
    segment to draw from."""


class SizesOfStatedGroups(Refused):
    """Groups stated by hand, of {group} and {control} accounts, are as large as they are: leave the sizes out, or the
    groups."""


class UntilBeforeStart(Refused):
    """The experiment would end on {until}, before it starts on {starts_on}: state a later day."""


class NotInTheTest(Refused):
    """The account {account} is in no group of this experiment: state one of those that are."""


class LeftTheTest(Refused):
    """The account {account} has left this experiment: what it comes to counts no more."""


class MeasureIsTaken(Refused):
    """The results of this experiment are taken from facts ({measure}): none is recorded by hand."""


class NothingTaken(Refused):
    """The results of this experiment are taken from facts ({measure}), and these were not counted: end it over HTTP or
    by the command line."""


class NotAResult(Refused):
    """{value} is no result: state a number."""


class NotYesOrNo(Refused):
    """{value} is neither yes nor no, which this experiment asks for: state 1 for yes, 0 for no."""


class ResultOutOfTime(Refused):
    """A result on {on} is outside of the experiment: state a day from {first} to {last}."""


class StillRuns(Refused):
    """The experiment runs to the end of {until}: conclude it after that day, or stop it with its reason."""


class ExperimentOver(Refused):
    """The experiment ended on {ended_on}: start another one."""


class ResultsDiffer(Refused):
    """The results of {accounts} would not be those of which the effect is: withdraw the end of the experiment first,
    and end it anew."""


def see_that_groups_are_apart(group: tuple[UUID, ...], control: tuple[UUID, ...], least: int) -> None:
    """Refuse an account that stands twice, and a side that is too small to ever have an effect."""
    if min(len(group), len(control)) < least:
        raise GroupsIncomplete(group=len(group), control=len(control))
    seen: set[UUID] = set()
    for account in (*group, *control):
        if account in seen:
            raise AccountInTwoGroups(account=account)
        seen.add(account)


def see_that_it_is_a_result(value: Decimal, *, yes_or_no: bool) -> None:
    """Refuse what is no number, and what is neither yes nor no where these are asked for."""
    if not value.is_finite():
        raise NotAResult(value=value)
    if yes_or_no and value not in (0, 1):
        raise NotYesOrNo(value=value)


def see_that_it_ends(starts_on: date, until: date) -> None:
    """Refuse an end before the beginning."""
    if until < starts_on:
        raise UntilBeforeStart(until=until, starts_on=starts_on)
