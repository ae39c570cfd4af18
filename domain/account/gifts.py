"""Gifts (礼品合规): declared with what they are worth; above the company's limit somebody else approves them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, ClassVar
from uuid import UUID

from domain.aggregate import Event, Part, command
from domain.claims import Claim
from domain.errors import Refused
from domain.money import Money
from domain.opportunity.amounts import see_that_it_is_not_negative
from domain.policies.company import Company
from domain.policies.exchange_rates import ExchangeRates
from domain.sealed import FreeText, Sealed

if TYPE_CHECKING:
    from domain.account.account import Account


class ApproverMissing(Refused):
    """A gift of {value} is above the company's limit of {limit}: state in `approved_by` who approved it."""


class ApproverIsGiver(Refused):
    """A gift of {value} is above the company's limit of {limit} and cannot be approved by {giver}, who gives it: state
    another member in `approved_by`."""


class GiftNotComparable(Refused):
    """A gift of {value} cannot be compared with the company's limit of {limit}: there is no rate for {currency} at that
    moment. Set one (kams policy set exchange-rates FILE), or state the value in {expected}."""


class Gifts(Part, eq=False):
    """The gifts to people of an account. Nothing of them stays open."""

    if TYPE_CHECKING:
        root: ClassVar[Account]

    class GiftDeclared(Event):
        """One of ours gave, or is about to give, something to a person of the customer. `limit` is the company's limit
        of that moment, `above_limit` what the comparison came to."""

        gift_id: UUID
        stakeholder: UUID
        what: Sealed
        value: Money
        giver: UUID
        approved_by: UUID | None = None
        limit: Money | None = None
        above_limit: bool = False
        company_edition: int = 0

        def check(self, part: Gifts) -> None:
            """To somebody who is there; above the limit approved by somebody else than the giver."""
            see_that_it_is_not_negative(self.value, "value")
            part.root.must_have_present([self.stakeholder])
            if self.above_limit and self.approved_by is None:
                raise ApproverMissing(value=self.value, limit=self.limit)
            if self.above_limit and self.approved_by == self.giver:
                raise ApproverIsGiver(value=self.value, limit=self.limit, giver=self.giver)

        def claims(self, aggregate_id: UUID) -> list[Claim]:
            """A gift is declared once."""
            return [Claim("gift", str(aggregate_id), str(self.gift_id))]

    @command
    def declare(
        self,
        *,
        gift_id: UUID,
        stakeholder: UUID,
        what: Annotated[Sealed, FreeText(("stakeholder",))],
        value: Money,
        giver: UUID,
        approved_by: UUID | None = None,
        company: Company,
        exchange_rates: ExchangeRates,
    ) -> None:
        """Declare a gift to a person of the customer: what it is, its value, who gives it and who approved it.

        Above the gift limit of the company somebody else than the giver must have approved it.
        """
        worth = value.normal()
        self.record(
            self.GiftDeclared(
                gift_id=gift_id,
                stakeholder=stakeholder,
                what=what,
                value=worth,
                giver=giver,
                approved_by=approved_by,
                limit=company.gift_limit,
                above_limit=exceeds(worth, company.gift_limit, company.currency, exchange_rates.rates),
                company_edition=company.edition,
            )
        )


def exceeds(value: Money, limit: Money | None, currency: str, rates: dict[str, Decimal]) -> bool:
    """Whether a gift is above the limit; amounts of two currencies are compared in the reporting currency.

    `rates` say what one unit is worth in the reporting `currency`. Raises GiftNotComparable.
    """
    if limit is None:
        return False
    if value.currency == limit.currency:
        return value.amount > limit.amount
    known = {**rates, currency: Decimal(1)}
    for used in (value.currency, limit.currency):
        if used not in known:
            raise GiftNotComparable(value=value, limit=limit, currency=used, expected=limit.currency)
    return value.amount * known[value.currency] > limit.amount * known[limit.currency]
