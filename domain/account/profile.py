"""What is known about a customer as a company: the fields of its profile."""

from __future__ import annotations

import enum
from uuid import UUID

import msgspec
from msgspec import UNSET

from domain.aggregate import Event
from domain.money import Money


class AccountKind(enum.StrEnum):
    """What a customer is in the chain of supply."""

    END_CUSTOMER = "end_customer"
    DISTRIBUTOR = "distributor"
    DEALER = "dealer"
    WHOLESALER = "wholesaler"
    RETAILER = "retailer"
    AGENT = "agent"


class LoyaltyClass(enum.StrEnum):
    """How a customer treats brands (忠诚客户, 品牌转移客户, 无品牌忠诚客户)."""

    LOYAL = "loyal"
    SWITCHING = "switching"
    NO_BRAND_LOYALTY = "no_brand_loyalty"


class Profile(msgspec.Struct):
    """The profile of an account; an empty field is one that nobody has stated."""

    name: str = ""
    kind: AccountKind = AccountKind.END_CUSTOMER
    tax_number: str = ""
    address: str = ""
    industry: str = ""
    territory: str = ""
    country: str = ""
    currency: str = ""
    parent: UUID | None = None
    industry_survey: str = ""
    quality_standard: str = ""
    annual_purchase_volume: str = ""
    price_expectation: str = ""
    payment_terms_days: int | None = None
    headcount: int | None = None
    revenue: Money | None = None
    core_business: str = ""
    finances: str = ""
    website: str = ""
    loyalty: LoyaltyClass | None = None
    segment: str = ""

    def take(self, event: Event) -> None:
        """Take over the fields that an event states."""
        for field in event.__struct_fields__:
            value = getattr(event, field)
            if value is not UNSET and field in PROFILE_FIELDS:
                setattr(self, field, value)


PROFILE_FIELDS = frozenset(Profile.__struct_fields__)
