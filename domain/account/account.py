"""The account (客户): registered, known by its profile, looked after by a manager."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any
from uuid import UUID

from msgspec import UNSET, UnsetType, field

from domain.account import handover, merging
from domain.account.action_items import ActionItems
from domain.account.closing import ends_what_was_open
from domain.account.commitments import Commitments
from domain.account.contacts import Contacts
from domain.account.credit import Credit
from domain.account.gifts import Gifts
from domain.account.influence import Influences
from domain.account.joint_activities import JointActivities
from domain.account.needs import Needs
from domain.account.payments import Payments
from domain.account.profile import PROFILE_FIELDS, AccountKind, LoyaltyClass, Profile
from domain.account.purchases import Purchases, Satisfaction
from domain.account.stakeholders import NothingStated, Stakeholders
from domain.account.standing import Standing
from domain.account.team import Team
from domain.account.value import Value
from domain.account.visits import Visits
from domain.aggregate import Aggregate, Event, Withdrawal, command, learn
from domain.claims import Claim
from domain.errors import Refused
from domain.money import Money


class NameBlank(Refused):
    """The name of an account is blank: state the name of the company."""

    about = ("name",)


class ParentIsItself(Refused):
    """The account {account} cannot be its own parent: name another account, or none."""


class ParentInCircle(Refused):
    """The account {account} would stand above itself through {parent}: name a parent that does not belong to it."""


class CountNegative(Refused):
    """The {field} of an account is {found}: state 0 or more."""


@learn
class Account(Aggregate, eq=False):
    """A customer of ours: the people there, our visits, its standing, what it buys, what both do for each other."""

    profile: Profile = field(default_factory=Profile)
    external_id: str = ""
    manager: UUID | None = None
    merged: merging.Merge | None = None
    stakeholders: Stakeholders = field(default_factory=Stakeholders)
    influence: Influences = field(default_factory=Influences)
    visits: Visits = field(default_factory=Visits)
    team: Team = field(default_factory=Team)
    action_items: ActionItems = field(default_factory=ActionItems)
    standing: Standing = field(default_factory=Standing)
    purchases: Purchases = field(default_factory=Purchases)
    satisfaction: Satisfaction = field(default_factory=Satisfaction)
    credit: Credit = field(default_factory=Credit)
    payments: Payments = field(default_factory=Payments)
    contacts: Contacts = field(default_factory=Contacts)
    needs: Needs = field(default_factory=Needs)
    value: Value = field(default_factory=Value)
    commitments: Commitments = field(default_factory=Commitments)
    gifts: Gifts = field(default_factory=Gifts)
    joint_activities: JointActivities = field(default_factory=JointActivities)

    class Registered(Event):
        """A company became known to us as a customer."""

        opens = True

        name: str
        kind: AccountKind = AccountKind.END_CUSTOMER
        tax_number: str = ""
        address: str = ""
        industry: str = ""
        territory: str = ""
        country: str = ""
        currency: str = ""
        parent: UUID | None = None
        external_id: str = ""

        def check(self, account: Account) -> None:
            """A name, and a parent that is another account."""
            if not self.name.strip():
                raise NameBlank()
            account.must_not_be(self.parent)

        def apply(self, account: Account) -> None:
            """The account is there."""
            account.profile.take(self)
            account.external_id = self.external_id

        def claims(self, aggregate_id: UUID) -> list[Claim]:
            """The identifier of the source system belongs to one account."""
            return [Claim("account", "", self.external_id)] if self.external_id else []

    class ProfileChanged(Event):
        """Some of what we know about the company changed; fields not stated stay, empty ones are cleared."""

        name: str | UnsetType = UNSET
        kind: AccountKind | UnsetType = UNSET
        tax_number: str | UnsetType = UNSET
        address: str | UnsetType = UNSET
        industry: str | UnsetType = UNSET
        territory: str | UnsetType = UNSET
        country: str | UnsetType = UNSET
        currency: str | UnsetType = UNSET
        parent: UUID | UnsetType | None = UNSET
        industry_survey: str | UnsetType = UNSET
        quality_standard: str | UnsetType = UNSET
        annual_purchase_volume: str | UnsetType = UNSET
        price_expectation: str | UnsetType = UNSET
        payment_terms_days: int | UnsetType | None = UNSET
        headcount: int | UnsetType | None = UNSET
        revenue: Money | UnsetType | None = UNSET
        core_business: str | UnsetType = UNSET
        finances: str | UnsetType = UNSET
        website: str | UnsetType = UNSET
        loyalty: LoyaltyClass | UnsetType | None = UNSET
        segment: str | UnsetType = UNSET

        def check(self, account: Account) -> None:
            """Still a name, still another account as the parent, no negative counts."""
            if self.name is not UNSET and not self.name.strip():
                raise NameBlank()
            if self.parent is not UNSET:
                account.must_not_be(self.parent)
            for counted in ("payment_terms_days", "headcount"):
                found = getattr(self, counted)
                if isinstance(found, int) and found < 0:
                    raise CountNegative(field=counted, found=found)

        def apply(self, account: Account) -> None:
            """The stated fields hold."""
            account.profile.take(self)

    class ManagerAssigned(Event):
        """One of ours looks after this account from now on."""

        manager: UUID
        previous: UUID | None = None
        reason: str = ""
        effective_on: date | None = None

        def apply(self, account: Account) -> None:
            """The manager of the account."""
            account.manager = self.manager

    class AccountHandedOver(handover.HandOver):
        """Another of ours looks after this account (移交), and inherits what was open and the old manager's."""

    class AccountsMerged(merging.Merge):
        """This account and another are one customer (合并): this one ends, the other goes on."""

    class AccountsSeparated(merging.Separation):
        """They are two customers after all: this account goes on."""

    class FactWithdrawn(Withdrawal):
        """A fact of this account is taken back (冲销)."""

    def must_take(self, event: Event) -> None:
        """Refuse all but separation, withdrawal and the end of what was open where the account has ended by a merge."""
        if not isinstance(event, merging.Separation | Withdrawal) and not ends_what_was_open(event):
            self.must_go_on()

    def must_go_on(self) -> None:
        """Refuse an account that has ended by a merge, naming the one that goes on."""
        if self.merged is not None:
            raise merging.AccountHasMerged(account=self.id, into=self.merged.into)

    def must_not_be(self, parent: UUID | None) -> None:
        """Refuse the account itself as its parent."""
        if parent == self.id:
            raise ParentIsItself(account=self.id)

    def must_have_present(self, stakeholders: Iterable[UUID]) -> None:
        """Refuse stakeholders who are unknown or have left: for the parts that name people."""
        for stakeholder in stakeholders:
            self.stakeholders.must_be_present(stakeholder)

    @command
    def register(
        self,
        *,
        name: str,
        kind: AccountKind = AccountKind.END_CUSTOMER,
        tax_number: str = "",
        address: str = "",
        industry: str = "",
        territory: str = "",
        country: str = "",
        currency: str = "",
        parent: UUID | None = None,
        external_id: str = "",
    ) -> None:
        """Register a customer. `territory` is the key of a territory, `country` and `currency` are ISO codes."""
        self.record(
            self.Registered(
                name=name,
                kind=kind,
                tax_number=tax_number,
                address=address,
                industry=industry,
                territory=territory,
                country=country,
                currency=currency,
                parent=parent,
                external_id=external_id,
            )
        )

    @command
    def change_profile(
        self,
        *,
        name: str | UnsetType = UNSET,
        kind: AccountKind | UnsetType = UNSET,
        tax_number: str | UnsetType = UNSET,
        address: str | UnsetType = UNSET,
        industry: str | UnsetType = UNSET,
        territory: str | UnsetType = UNSET,
        country: str | UnsetType = UNSET,
        currency: str | UnsetType = UNSET,
        parent: UUID | UnsetType | None = UNSET,
        industry_survey: str | UnsetType = UNSET,
        quality_standard: str | UnsetType = UNSET,
        annual_purchase_volume: str | UnsetType = UNSET,
        price_expectation: str | UnsetType = UNSET,
        payment_terms_days: int | UnsetType | None = UNSET,
        headcount: int | UnsetType | None = UNSET,
        revenue: Money | UnsetType | None = UNSET,
        core_business: str | UnsetType = UNSET,
        finances: str | UnsetType = UNSET,
        website: str | UnsetType = UNSET,
        loyalty: LoyaltyClass | UnsetType | None = UNSET,
        segment: str | UnsetType = UNSET,
    ) -> None:
        """Change the profile. What is not stated stays; null or an empty text clears. State at least one field."""
        # All parameters are fields of the profile: naming each of the 21 once more could only introduce mistakes.
        stated = {key: value for key, value in locals().items() if key in PROFILE_FIELDS and value is not UNSET}
        if not stated:
            raise NothingStated(fields=", ".join(Profile.__struct_fields__))
        if stated.get("revenue"):
            stated["revenue"] = stated["revenue"].normal()
        news: dict[str, Any] = {key: value for key, value in stated.items() if value != getattr(self.profile, key)}
        if news:
            self.record(self.ProfileChanged(**news))

    @command
    def assign_manager(self, *, manager: UUID, reason: str = "", effective_on: date | None = None) -> None:
        """Assign the member who looks after this account; replaces the manager before."""
        if manager != self.manager:
            self.record(
                self.ManagerAssigned(manager=manager, previous=self.manager, reason=reason, effective_on=effective_on)
            )

    @command
    def hand_over(
        self,
        *,
        to: UUID,
        reason: str,
        effective_on: date | None = None,
        briefing: tuple[handover.BriefingPoint, ...] = (),
        open_issues: tuple[UUID, ...] = (),
    ) -> None:
        """Hand the account over to another member (移交), with a checklist of the briefing.

        The open visits and action items are listed; those of the manager until now become the new one's.
        `open_issues` are stated by the door.
        """
        if self.manager is None:
            raise handover.NobodyHandsOver()
        if to != self.manager:
            self.record(
                self.AccountHandedOver(
                    from_=self.manager,
                    to=to,
                    reason=reason,
                    effective_on=effective_on,
                    briefing=briefing,
                    visits=tuple(self.visits.planned),
                    action_items=tuple(self.action_items.open),
                    issues=open_issues,
                )
            )

    @command
    def merge(
        self,
        *,
        into: UUID,
        reason: str,
        people: dict[UUID, UUID] | None = None,
        open_items: dict[UUID, UUID] | None = None,
    ) -> None:
        """Say that this account is the same customer as `into`: this one ends, the other goes on (合并).

        `people` says which stakeholder here is which one there, `open_items` the same of planned visits and of open
        action items, needs, commitments and joint activities. Nothing is moved: both keep their history, and reading
        shows them as one.
        """
        if self.merged is None or self.merged.into != into:
            merged = self.AccountsMerged(into=into, reason=reason, people=people or {}, open_items=open_items or {})
            self.record(merged)

    @command
    def separate(self, *, reason: str) -> None:
        """Take a merge back that was none: this account goes on by itself, with all that it ever held."""
        if self.merged is None:
            raise merging.NotMerged(account=self.id)
        self.record(self.AccountsSeparated(from_=self.merged.into, reason=reason))


def must_make_no_circle(account: UUID, parent: UUID | None, parent_of: Callable[[UUID], UUID | None]) -> None:
    """Refuse a parent that belongs to the account, over however many accounts; the door asks this.

    `parent_of` answers with the parent of an account, as the door knows it.
    """
    above = parent
    while above is not None:
        if above == account:
            raise ParentInCircle(account=account, parent=parent)
        above = parent_of(above)
