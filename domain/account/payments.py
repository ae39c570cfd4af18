"""How punctually a customer pays (付款及时性): invoices, open or paid."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import msgspec

from domain.account.dealings import listed
from domain.aggregate import Event, Part, command
from domain.claims import Claim
from domain.errors import Refused
from domain.money import Money
from domain.policies.calendar import day_of
from domain.policies.company import Company
from domain.policies.exchange_rates import ExchangeRates


class InvoiceNumberBlank(Refused):
    """The invoice number is blank: it tells payments apart, state the number on the invoice."""


class PaymentNotPositive(Refused):
    """{found} is no amount to be paid: state more than 0. A credit note is a purchase with negative revenue."""

    about = ("amount",)


class RateMissing(Refused):
    """There is no exchange rate for {currency} at {moment}, only for: {known}. Set the rate of {currency} to
    {reporting} from an earlier moment on (policy exchange-rates), or state the amount in one of these currencies."""


class PaidInTheFuture(Refused):
    """The invoice {invoice_no} would be paid on {paid_on}, after {day}, the day of this fact: record what was paid by
    then, and leave the date out while the invoice is open."""


class InvoiceNotOpen(Refused):
    """There is no open invoice {invoice_no} at that moment. Open are: {open}."""


class Payments(Part, eq=False):
    """The open invoices of an account, by number. One that is paid leaves the state; its number stays claimed."""

    open: dict[str, Money] = msgspec.field(default_factory=dict)

    class PaymentRecorded(Event):
        """An invoice of ours was paid on a day, or is open as long as that day is not known."""

        invoice_no: str
        amount: Money
        due_on: date
        paid_on: date | None

        def check(self, part: Payments) -> None:
            """Told apart by its number, with something to pay."""
            if not self.invoice_no.strip():
                raise InvoiceNumberBlank()
            if self.amount.amount <= 0:
                raise PaymentNotPositive(found=self.amount)

        def apply(self, part: Payments) -> None:
            """It is open unless it was paid."""
            if self.paid_on is None:
                part.open[self.invoice_no] = self.amount

        def claims(self, aggregate_id: UUID) -> list[Claim]:
            """One invoice number once per account."""
            return [Claim("invoice", str(aggregate_id), self.invoice_no)]

    class PaymentSettled(Event):
        """An open invoice was paid in full."""

        invoice_no: str
        paid_on: date

        def check(self, part: Payments) -> None:
            """Still open."""
            if self.invoice_no not in part.open:
                raise InvoiceNotOpen(invoice_no=self.invoice_no, open=listed(part.open))

        def apply(self, part: Payments) -> None:
            """It is open no longer."""
            part.open.pop(self.invoice_no, None)

    @command
    def add(
        self,
        *,
        invoice_no: str,
        amount: Money,
        due_on: date,
        paid_on: date | None = None,
        company: Company,
        exchange_rates: ExchangeRates,
    ) -> None:
        """Record an invoice and the day on which it was paid; without `paid_on` it is open until it is settled.

        The currency is the company's, or one with an exchange rate.
        """
        money = amount.normal()
        self._see_that_it_converts(money, company, exchange_rates)
        self._see_that_it_was_paid(invoice_no, paid_on, company)
        self.record(self.PaymentRecorded(invoice_no=invoice_no.strip(), amount=money, due_on=due_on, paid_on=paid_on))

    @command
    def settle(self, *, invoice_no: str, paid_on: date, company: Company) -> None:
        """Record that an open invoice was paid in full on a day."""
        self._see_that_it_was_paid(invoice_no, paid_on, company)
        self.record(self.PaymentSettled(invoice_no=invoice_no.strip(), paid_on=paid_on))

    def _see_that_it_converts(self, amount: Money, company: Company, exchange_rates: ExchangeRates) -> None:
        """Refuse a currency that no report could add up; without a reporting currency every one is as good."""
        reporting = company.currency
        if reporting and amount.currency not in {reporting, *exchange_rates.rates}:
            raise RateMissing(
                currency=amount.currency,
                moment=self.root.moment.isoformat(),
                known=", ".join([reporting, *sorted(exchange_rates.rates.keys() - {reporting})]),
                reporting=reporting,
            )

    def _see_that_it_was_paid(self, invoice_no: str, paid_on: date | None, company: Company) -> None:
        day = day_of(company, self.root.moment)
        if paid_on is not None and paid_on > day:
            raise PaidInTheFuture(invoice_no=invoice_no, paid_on=paid_on, day=day)
