"""The network behind a wholesaler: whom a partner serves downstream with what it has from us."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, ClassVar
from uuid import UUID

from domain.aggregate import Event, Part, command
from domain.claims import Claim
from domain.errors import Refused
from domain.money import Money
from domain.opportunity.amounts import see_that_it_is_not_negative
from domain.partner_programme.terms import see_words
from domain.policies.calendar import day_of
from domain.policies.company import Company
from domain.sealed import FreeText, Sealed

if TYPE_CHECKING:
    from domain.partner_programme.partner_programme import PartnerProgramme


class DownstreamUnnamed(Refused):
    """A downstream customer is either an account of ours (customer) or called by its name (customer_name): state one
    of the two."""


class DownstreamIsPartner(Refused):
    """The account {account} cannot be its own downstream customer: name the customer that it served."""


class Network(Part, eq=False):
    """Keeps no state: a document number counts once per partner, the journal holds the claims."""

    if TYPE_CHECKING:
        root: ClassVar[PartnerProgramme]

    class DownstreamCustomerServed(Event):
        """A partner served a customer of its own, on a day on which it was a partner: an account of ours, or one that
        we know by its name alone. `amount` is what that came to, none where it is not known."""

        account: UUID
        document_no: str
        what: str
        served_on: date
        customer: UUID | None = None
        customer_name: Sealed | None = None
        amount: Money | None = None

        def check(self, part: Network) -> None:
            """By a partner of that day, one customer that is not itself, told apart by a document."""
            part.root.partners.must_have_been(self.account, self.served_on, self.served_on)
            see_words("The document number", self.document_no)
            see_words("What was served", self.what)
            if (self.customer is None) == (self.customer_name is None):
                raise DownstreamUnnamed
            if self.customer == self.account:
                raise DownstreamIsPartner(account=self.account)
            see_that_it_is_not_negative(self.amount, "amount")

        def claims(self, aggregate_id: UUID) -> list[Claim]:
            """One document once per partner."""
            return [Claim("downstream", f"{aggregate_id} {self.account}", self.document_no)]

    @command
    def serve(
        self,
        *,
        account: UUID,
        document_no: str,
        what: str,
        customer: UUID | None = None,
        customer_name: Annotated[Sealed | None, FreeText()] = None,
        amount: Money | None = None,
        company: Company,
    ) -> None:
        """Record that a partner (`account`) served a customer of its own on this day: `customer` where that is an
        account of ours, else `customer_name`. `document_no` is the delivery note or invoice, once per partner; `amount`
        what it came to."""
        self.record(
            self.DownstreamCustomerServed(
                account=account,
                document_no=document_no.strip(),
                what=what.strip(),
                served_on=day_of(company, self.root.moment),
                customer=customer,
                customer_name=customer_name,
                amount=amount and amount.normal(),
            )
        )
