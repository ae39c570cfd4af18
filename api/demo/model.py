"""The nouns that the generator keeps in mind while it writes: people, customers, contacts and deals."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from api.demo.days import LAST_DAY

STAGES = ("potential", "confirmed", "ours", "winnable", "negotiation")
"""The open stages of the four-funnel process, in order."""


@dataclass
class Person:
    """One of our own people."""

    external_id: str
    name: str
    email: str
    language: str
    territory: str
    leader: str
    roles: list[str]
    joined_on: date
    left_on: date | None = None

    def is_here(self, first: date, last: date) -> bool:
        """Whether the person was with us from the first day to the last, with a day to spare at the end."""
        return self.joined_on <= first and (self.left_on is None or last < self.left_on - timedelta(1))


@dataclass
class Contact:
    """Somebody at the customer's, with the role that the person usually plays when something is bought."""

    external_id: str
    name: str
    title: str
    department: str
    reports_to: str
    role: str
    language: str
    profile: tuple[str, str, str]
    """Attitude to innovation, political status, orientation."""
    leaning: float
    """How much the person likes us, around 0; never written to a file."""
    since: date
    left_on: date | None = None

    def is_here(self, first: date, last: date) -> bool:
        """Whether the person can be met from the first day to the last, with a day to spare at both ends."""
        return self.since < first and (self.left_on is None or last < self.left_on - timedelta(1))


@dataclass
class Assignment:
    """Who manages an account from a day on, and why."""

    effective_on: date
    manager: Person
    reason: str


@dataclass
class Account:
    """A customer, with the true warmth of the relationship, which no file states."""

    external_id: str
    name: str
    kind: str
    industry: str
    territory: str
    country: str
    currency: str
    key_type: str
    """Blank for an account without key status, else ordinary, partner or strategic."""
    registered_on: date
    weight: float
    base_warmth: float
    parent: str = ""
    told: bool = False
    """Whether the written story tells this account; then the generators leave it alone."""
    quiet: list[tuple[date, date]] = field(default_factory=list)
    """Periods in which nobody visited: from the first day, until the second."""
    managers: list[Assignment] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)

    def manager_on(self, day: date) -> Person:
        """Who manages the account on that day; the first manager before anybody was assigned."""
        current = [assignment.manager for assignment in self.managers if assignment.effective_on <= day]
        return current[-1] if current else self.managers[0].manager

    def understands(self, text: str) -> bool:
        """Whether one writes so about this account: Chinese only where the customer is Chinese."""
        return self.country == "CN" or text.isascii()

    def is_quiet(self, day: date) -> bool:
        """Whether the account is being neglected on that day."""
        return any(first <= day < until for first, until in self.quiet)

    def warmth(self, day: date) -> float:
        """0 to 1: falls while nobody visits, comes back within a hundred days of the rescue."""
        loss = 0.0
        for first, until in self.quiet:
            silent = (min(day, until) - first).days
            back = max(0, (day - until).days)
            if silent > 0:
                loss += min(0.45, silent / 330) * max(0.0, 1 - back / 100)
        return max(0.02, min(0.98, self.base_warmth - loss))


@dataclass
class Change:
    """What became true of a deal on a day; None says nothing."""

    day: date
    stage: str | None = None
    amount: Decimal | None = None
    close_on: date | None = None
    category: str | None = None
    owner: str | None = None
    reason: str | None = None


@dataclass
class Deal:
    """An opportunity with its whole history and the true probability that it is won."""

    account: Account
    product: str
    title: str
    opened_on: date
    probability: float
    competitor: str = ""
    external_id: str = ""
    changes: list[Change] = field(default_factory=list)
    outcome: str = ""
    """Blank while open, else won, lost or disqualified."""
    closed_on: date | None = None
    signed_amount: Decimal | None = None
    reason: str = ""

    def is_open(self, first: date, last: date) -> bool:
        """Whether the deal was open from the first day to the last, with a day to spare at both ends."""
        return self.opened_on < first and (self.closed_on is None or last < self.closed_on - timedelta(1))

    @property
    def last_open_day(self) -> date:
        """The last day on which something could be recorded on the deal."""
        return LAST_DAY if self.closed_on is None else self.closed_on - timedelta(1)

    def entered(self, stage: str) -> date | None:
        """The day on which the deal first came to a stage, if it did."""
        return next((change.day for change in self.changes if change.stage == stage), None)

    def stage_on(self, day: date) -> str:
        """The stage in which the deal stood at the end of that day."""
        return [change.stage for change in self.changes if change.stage and change.day <= day][-1]
