"""The opportunity (商机): its stage, amount, close date, category, owner and end."""

from __future__ import annotations

import enum
from collections.abc import Callable
from datetime import date
from typing import ClassVar
from uuid import UUID

import msgspec

from domain.account.account import Account
from domain.aggregate import Aggregate, Event, NotYetOpened, Withdrawal, command, learn
from domain.claims import Claim
from domain.errors import Refused
from domain.money import Money
from domain.opportunity import outcome, stages
from domain.opportunity.amounts import normal, see_that_it_is_not_negative
from domain.opportunity.buyers import Buyers
from domain.opportunity.competition import Competition
from domain.opportunity.concessions import Concessions
from domain.opportunity.criteria import Criteria
from domain.opportunity.decision_process import DecisionProcess
from domain.opportunity.delivery import Delivery
from domain.opportunity.milestones import Milestones
from domain.opportunity.outcome import Ending, OpportunityClosed, Outcome, SignedAmountMissing, StillOpen, stated
from domain.opportunity.pursuit import Pursuit
from domain.opportunity.qualification import Qualification
from domain.opportunity.quotes import Quotes
from domain.opportunity.resources import Resources
from domain.opportunity.rivals import CompetitorUnknown, by_plain_name, plain
from domain.opportunity.samples import Samples
from domain.policies.gates import GateFinding
from domain.policies.process_definition import ForecastCategory
from domain.policies.sales_process import SalesProcess
from domain.policies.shipped_processes import DEFAULT_PROCESS


class Driver(enum.StrEnum):
    """What drives the deal: pressure on the customer (the first three), or value that we bring."""

    MARKET = "market"
    OPERATIONS = "operations"
    COMPETITION = "competition"
    UNIQUE_VALUE = "unique_value"
    SOLUTION = "solution"
    EXECUTION = "execution"


class TitleBlank(Refused):
    """The title of the opportunity is blank: state one."""


class AccountUnknown(Refused):
    """There is no account {account} at {moment}: name one that is registered by then."""


@learn
class Opportunity(Aggregate, eq=False):
    """A possible sale to an account. `amount` is None as long as the list price of its products stands for it."""

    account: UUID | None = None
    process: str = ""
    stage: str = ""
    amount: Money | None = None
    close_on: date | None = None
    category: ForecastCategory | None = None
    owner: UUID | None = None
    ending: Ending | None = None
    qualification: Qualification = msgspec.field(default_factory=Qualification)
    buyers: Buyers = msgspec.field(default_factory=Buyers)
    criteria: Criteria = msgspec.field(default_factory=Criteria)
    decision_process: DecisionProcess = msgspec.field(default_factory=DecisionProcess)
    competition: Competition = msgspec.field(default_factory=Competition)
    pursuit: Pursuit = msgspec.field(default_factory=Pursuit)
    resources: Resources = msgspec.field(default_factory=Resources)
    concessions: Concessions = msgspec.field(default_factory=Concessions)
    samples: Samples = msgspec.field(default_factory=Samples)
    quotes: Quotes = msgspec.field(default_factory=Quotes)
    milestones: Milestones = msgspec.field(default_factory=Milestones)
    delivery: Delivery = msgspec.field(default_factory=Delivery)

    class Opened(Event):
        """A possible sale came up."""

        opens: ClassVar[bool] = True

        account: UUID
        title: str
        process: str
        process_edition: int
        stage: str
        products: tuple[str, ...] = ()
        amount: Money | None = None
        close_on: date | None = None
        owner: UUID | None = None
        gates: tuple[GateFinding, ...] = ()
        override: str = ""
        driver: Driver | None = None
        expected_return: str = ""
        risk: str = ""
        external_id: str = ""

        def check(self, opportunity: Opportunity) -> None:
            if not self.title.strip():
                raise TitleBlank
            see_that_it_is_not_negative(self.amount, "amount")

        def apply(self, opportunity: Opportunity) -> None:
            opportunity.account = self.account
            opportunity.process = self.process
            opportunity.stage = self.stage
            opportunity.amount = self.amount
            opportunity.close_on = self.close_on
            opportunity.owner = self.owner

        def claims(self, aggregate_id: UUID) -> list[Claim]:
            return [Claim("opportunity", "", self.external_id)] if self.external_id else []

    class StageAdvanced(stages.Advance):
        """It moved forward to a later stage."""

    class StageReverted(stages.Return):
        """It moved back to an earlier stage."""

    class Won(outcome.Win):
        """The customer signed."""

    class Lost(outcome.Loss):
        """The customer bought elsewhere, or not at all."""

    class Disqualified(outcome.Disqualification):
        """It was no opportunity of ours."""

    class Reopened(outcome.Reopening):
        """The end is taken back."""

    class AmountRevised(Event):
        """Another amount is expected."""

        previous: Money | None
        amount: Money
        reason: str = ""

        def check(self, opportunity: Opportunity) -> None:
            opportunity.must_be_open()
            see_that_it_is_not_negative(self.amount, "amount")

        def apply(self, opportunity: Opportunity) -> None:
            opportunity.amount = self.amount

    class CloseDateMoved(Event):
        """The close is expected on another day; a later one counts as a push."""

        previous: date | None
        close_on: date
        reason: str = ""

        def check(self, opportunity: Opportunity) -> None:
            opportunity.must_be_open()

        def apply(self, opportunity: Opportunity) -> None:
            opportunity.close_on = self.close_on

    class ForecastCategorySet(Event):
        """Somebody said what a forecast may count on."""

        previous: ForecastCategory | None
        category: ForecastCategory

        def check(self, opportunity: Opportunity) -> None:
            opportunity.must_be_open()

        def apply(self, opportunity: Opportunity) -> None:
            opportunity.category = self.category

    class OwnerChanged(Event):
        """Another member owns the opportunity."""

        previous: UUID | None
        owner: UUID
        reason: str = ""

        def apply(self, opportunity: Opportunity) -> None:
            opportunity.owner = self.owner

    class FactWithdrawn(Withdrawal):
        """A fact of this opportunity is taken back (冲销)."""

    @command
    def open(
        self,
        *,
        account: UUID,
        title: str,
        products: tuple[str, ...] = (),
        amount: Money | None = None,
        close_on: date | None = None,
        owner: UUID | None = None,
        process: str = DEFAULT_PROCESS,
        stage: str = "",
        override: str = "",
        driver: Driver | None = None,
        expected_return: str = "",
        risk: str = "",
        external_id: str = "",
        sales_process: SalesProcess,
        customer: Account,
    ) -> None:
        """Open an opportunity of an account, in the process's first stage unless another is stated.

        Without an amount the list price of its products stands for it. A stage behind a gate needs an override.
        """
        sales_process.must_exist(process)
        if not customer.opened:
            raise AccountUnknown(account=account, moment=self.root.moment.isoformat())
        customer.must_go_on()
        start = stage or sales_process.stages[0].key
        gates, justified = stages.pass_gates(sales_process, -1, sales_process.place(start), {}, override)
        self.record(
            self.Opened(
                account=account,
                title=title,
                process=process,
                process_edition=sales_process.edition,
                stage=start,
                products=tuple(products),
                amount=amount and normal(amount),
                close_on=close_on,
                owner=owner,
                gates=gates,
                override=justified,
                driver=driver,
                expected_return=expected_return,
                risk=risk,
                external_id=external_id,
            )
        )

    @command
    def advance(self, *, to: str, override: str = "", sales_process: SalesProcess) -> None:
        """Move forward to a later stage. Every gate on the way must be met, or overridden with a reason."""
        self.must_be_open()
        event = stages.advance(self.StageAdvanced, sales_process, self.stage, to, self.qualification.of(), override)
        if event:
            self.record(event)

    @command
    def revert(self, *, to: str, reason: str, sales_process: SalesProcess) -> None:
        """Move back to an earlier stage, with the reason."""
        self.must_be_open()
        event = stages.revert(self.StageReverted, sales_process, self.stage, to, reason)
        if event:
            self.record(event)

    @command
    def revise_amount(self, *, amount: Money, reason: str = "") -> None:
        """Expect another amount; its currency may differ from the one before."""
        new = normal(amount)
        if new != self.amount:
            self.record(self.AmountRevised(previous=self.amount, amount=new, reason=reason))

    @command
    def move_close_date(self, *, close_on: date, reason: str = "") -> None:
        """Expect the close on another day; a later one counts as a push."""
        if close_on != self.close_on:
            self.record(self.CloseDateMoved(previous=self.close_on, close_on=close_on, reason=reason))

    @command
    def categorise(self, *, category: ForecastCategory) -> None:
        """Say what a forecast may count on (预测类别), instead of the stage's default."""
        if category != self.category:
            self.record(self.ForecastCategorySet(previous=self.category, category=category))

    @command
    def change_owner(self, *, owner: UUID, reason: str = "") -> None:
        """Let another member own the opportunity, closed or not."""
        if owner != self.owner:
            self.record(self.OwnerChanged(previous=self.owner, owner=owner, reason=reason))

    @command
    def win(self, *, signed: Money | None = None, reasons: tuple[str, ...] = ()) -> None:
        """The customer signed. Without a signed amount the expected one is taken."""
        amount = normal(signed) if signed else self.amount
        if amount is None:
            raise SignedAmountMissing
        self._end(Ending(Outcome.WON, reasons, signed=amount), lambda: self.Won(signed=amount, reasons=reasons))

    @command
    def lose(self, *, reasons: tuple[str, ...] = (), winner: str = "") -> None:
        """The customer bought elsewhere, or not at all."""
        self._end(Ending(Outcome.LOST, reasons, winner=winner), lambda: self.Lost(reasons=reasons, winner=winner))

    @command
    def disqualify(self, *, reasons: tuple[str, ...] = ()) -> None:
        """It was no opportunity of ours."""
        self._end(Ending(Outcome.DISQUALIFIED, reasons), lambda: self.Disqualified(reasons=reasons))

    @command
    def reopen(self, *, reason: str) -> None:
        """Take the end back: the opportunity goes on in the stage where it ended."""
        if self.ending is None:
            raise StillOpen
        self.record(self.Reopened(previous=self.ending.outcome, reason=stated(reason, "Reopening")))

    def must_be_open(self) -> None:
        """Refuse where the opportunity was never opened, or has ended."""
        if not self.opened:
            raise NotYetOpened(kind="Opportunity", id=self.id)
        if self.ending:
            raise OpportunityClosed(outcome=self.ending.outcome.value)

    def rivals(self) -> dict[str, str]:
        """The competitors in their first spelling, by plain name: who was identified, or has answers."""
        identified = [each.name for each in self.competition.competitors.values()]
        return by_plain_name([*identified, *self.qualification.answers])

    def known_rival(self, name: str) -> str:
        """A competitor in its first spelling; refuses one that nobody identified."""
        rivals = self.rivals()
        if plain(name) not in rivals:
            raise CompetitorUnknown(competitor=name.strip(), known=", ".join(rivals.values()) or "none")
        return rivals[plain(name)]

    def _end(self, ending: Ending, event: Callable[[], Event]) -> None:
        if self.ending != ending:
            self.record(event())
