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
from domain.opportunity.buyers import Buyers
from domain.opportunity.outcome import Ending, OpportunityClosed, Outcome
from domain.opportunity.qualification import Qualification
from domain.policies.company import currency_code
from domain.policies.gates import GateFinding, gates_between
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
    """An opportunity needs a title."""


class AccountUnknown(Refused):
    """There is no account {account} at {moment}."""


class AmountNegative(Refused):
    """The amount {amount} is negative: state 0 or more, or none."""


class GateUnmet(Refused):
    """The gate of {stage} is not met: {gates}. Answer these questions, or state an override with its reason."""


class NotForward(Refused):
    """From {stage} the process does not lead forward to {to}: revert instead, with the reason."""


class NotBackward(Refused):
    """{to} does not lie before {stage}: advance instead."""


class ReasonBlank(Refused):
    """{what} needs its reason."""


class SignedAmountMissing(Refused):
    """The opportunity has no amount of its own: state the signed amount."""


class StillOpen(Refused):
    """The opportunity is open: there is nothing to reopen."""


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

    class Opened(Event):
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
            _see_that_it_is_not_negative(self.amount)

        def apply(self, opportunity: Opportunity) -> None:
            opportunity.account = self.account
            opportunity.process = self.process
            opportunity.stage = self.stage
            opportunity.amount = self.amount
            opportunity.close_on = self.close_on
            opportunity.owner = self.owner

        def claims(self, aggregate_id: UUID) -> list[Claim]:
            return [Claim("opportunity", "", self.external_id)] if self.external_id else []

    class StageAdvanced(Event):
        """`after` are the stages from which `to` lies forward in the edition used."""

        from_: str = msgspec.field(name="from")
        to: str
        process_edition: int
        after: tuple[str, ...]
        gates: tuple[GateFinding, ...] = ()
        override: str = ""

        def check(self, opportunity: Opportunity) -> None:
            opportunity.must_be_open()
            if opportunity.stage not in self.after:
                raise NotForward(stage=opportunity.stage, to=self.to)

        def apply(self, opportunity: Opportunity) -> None:
            opportunity.stage = self.to

    class StageReverted(Event):
        """`before` are the stages from which `to` lies backward in the edition used."""

        from_: str = msgspec.field(name="from")
        to: str
        process_edition: int
        before: tuple[str, ...]
        reason: str

        def check(self, opportunity: Opportunity) -> None:
            opportunity.must_be_open()
            if opportunity.stage not in self.before:
                raise NotBackward(stage=opportunity.stage, to=self.to)

        def apply(self, opportunity: Opportunity) -> None:
            opportunity.stage = self.to

    class AmountRevised(Event):
        previous: Money | None
        amount: Money
        reason: str = ""

        def check(self, opportunity: Opportunity) -> None:
            opportunity.must_be_open()
            _see_that_it_is_not_negative(self.amount)

        def apply(self, opportunity: Opportunity) -> None:
            opportunity.amount = self.amount

    class CloseDateMoved(Event):
        previous: date | None
        close_on: date
        reason: str = ""

        def check(self, opportunity: Opportunity) -> None:
            opportunity.must_be_open()

        def apply(self, opportunity: Opportunity) -> None:
            opportunity.close_on = self.close_on

    class ForecastCategorySet(Event):
        previous: ForecastCategory | None
        category: ForecastCategory

        def check(self, opportunity: Opportunity) -> None:
            opportunity.must_be_open()

        def apply(self, opportunity: Opportunity) -> None:
            opportunity.category = self.category

    class OwnerChanged(Event):
        previous: UUID | None
        owner: UUID
        reason: str = ""

        def apply(self, opportunity: Opportunity) -> None:
            opportunity.owner = self.owner

    class Won(Event):
        signed: Money
        reasons: tuple[str, ...] = ()

        def check(self, opportunity: Opportunity) -> None:
            opportunity.must_be_open()
            _see_that_it_is_not_negative(self.signed)

        def apply(self, opportunity: Opportunity) -> None:
            opportunity.ending = Ending(Outcome.WON, self.reasons, signed=self.signed)

    class Lost(Event):
        reasons: tuple[str, ...] = ()
        winner: str = ""

        def check(self, opportunity: Opportunity) -> None:
            opportunity.must_be_open()

        def apply(self, opportunity: Opportunity) -> None:
            opportunity.ending = Ending(Outcome.LOST, self.reasons, winner=self.winner)

    class Disqualified(Event):
        reasons: tuple[str, ...] = ()

        def check(self, opportunity: Opportunity) -> None:
            opportunity.must_be_open()

        def apply(self, opportunity: Opportunity) -> None:
            opportunity.ending = Ending(Outcome.DISQUALIFIED, self.reasons)

    class Reopened(Event):
        previous: Outcome
        reason: str

        def check(self, opportunity: Opportunity) -> None:
            if opportunity.ending is None:
                raise StillOpen

        def apply(self, opportunity: Opportunity) -> None:
            opportunity.ending = None

    class FactWithdrawn(Withdrawal):
        pass

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
        start = stage or sales_process.stages[0].key
        gates, justified = self._pass_gates(sales_process, -1, sales_process.place(start), override)
        self.record(
            self.Opened(
                account=account,
                title=title,
                process=process,
                process_edition=sales_process.edition,
                stage=start,
                products=tuple(products),
                amount=_normal(amount),
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
        place = sales_process.place(to)
        if to == self.stage:
            return
        keys = sales_process.keys()
        after = keys[:place] if self.stage in keys else (*keys[:place], self.stage)
        if self.stage not in after:
            raise NotForward(stage=self.stage, to=to)
        came = keys.index(self.stage) if self.stage in keys else -1
        gates, justified = self._pass_gates(sales_process, came, place, override)
        self.record(
            self.StageAdvanced(
                from_=self.stage,
                to=to,
                process_edition=sales_process.edition,
                after=after,
                gates=gates,
                override=justified,
            )
        )

    @command
    def revert(self, *, to: str, reason: str, sales_process: SalesProcess) -> None:
        """Move back to an earlier stage, with the reason."""
        self.must_be_open()
        place = sales_process.place(to)
        if to == self.stage:
            return
        keys = sales_process.keys()
        before = keys[place + 1 :] if self.stage in keys else (*keys[place + 1 :], self.stage)
        self.record(
            self.StageReverted(
                from_=self.stage,
                to=to,
                process_edition=sales_process.edition,
                before=before,
                reason=_stated(reason, "Going back a stage"),
            )
        )

    @command
    def revise_amount(self, *, amount: Money, reason: str = "") -> None:
        """Expect another amount; its currency may differ from the one before."""
        new = Money.of(amount.amount, currency_code(amount.currency))
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
        amount = _normal(signed) or self.amount
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
        self.record(self.Reopened(previous=self.ending.outcome, reason=_stated(reason, "Reopening")))

    def must_be_open(self) -> None:
        """Refuse where the opportunity was never opened, or has ended."""
        if not self.opened:
            raise NotYetOpened(kind="Opportunity", id=self.id)
        if self.ending:
            raise OpportunityClosed(outcome=self.ending.outcome.value)

    def _end(self, ending: Ending, event: Callable[[], Event]) -> None:
        if self.ending != ending:
            self.record(event())

    def _pass_gates(
        self, process: SalesProcess, after: int, to: int, override: str
    ) -> tuple[tuple[GateFinding, ...], str]:
        """The findings of the gates on the way, and the override where one was needed."""
        findings = gates_between(process, after, to, self.qualification.of())
        unmet = [finding for finding in findings if not finding.met]
        if unmet and not override.strip():
            raise GateUnmet(stage=process.stages[to].key, gates="; ".join(_shown(process, each) for each in unmet))
        return findings, override.strip() if unmet else ""


def _shown(process: SalesProcess, finding: GateFinding) -> str:
    questions = ", ".join(f"{key} {process.question(key).text}" for key in finding.open)
    return f"block {finding.block} at {finding.score:.0%} of {finding.share:.0%}, not for us: {questions}"


def _normal(money: Money | None) -> Money | None:
    return Money.of(money.amount, currency_code(money.currency)) if money else None


def _see_that_it_is_not_negative(amount: Money | None) -> None:
    if amount and amount.amount < 0:
        raise AmountNegative(amount=amount)


def _stated(reason: str, what: str) -> str:
    if not reason.strip():
        raise ReasonBlank(what=what)
    return reason
