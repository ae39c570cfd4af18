"""The partners of a programme: who enrolled by whose agreement, who left, who was one when."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, ClassVar
from uuid import UUID

import msgspec

from domain.account.account import Account
from domain.account.profile import AccountKind
from domain.aggregate import Event, Part, command
from domain.errors import Refused
from domain.opportunity.outcome import stated
from domain.policies.calendar import day_of
from domain.policies.company import Company
from domain.sealed import FreeText, Sealed

if TYPE_CHECKING:
    from domain.partner_programme.partner_programme import PartnerProgramme

CHAIN = tuple(kind for kind in AccountKind if kind is not AccountKind.END_CUSTOMER)
"""Kinds of accounts that sell on what they buy: the usual partners."""


class PartnerEnrolledAlready(Refused):
    """The account {account} is a partner since {since}: it leaves before it enrols again."""


class NotAPartner(Refused):
    """The account {account} is no partner of this programme at that moment: enrol it first, or name the account that is
    enrolled where two were merged."""


class NotAPartnerThen(Refused):
    """The account {account} was no partner from {first} to {last}; it is or was one: {stretches}."""


class AgreementUnstated(Refused):
    """Nobody is stated who agreed for the partner: name a stakeholder in agreed_by, or say in agreement who it was."""


class PartnerKindUnusual(Refused):
    """An account of the kind {kind} sells nothing on: partners are {usual}. State a reason to enrol it all the same."""


class Stretch(msgspec.Struct, frozen=True):
    """Days on which an account was a partner, both included; `until` is None while it is one."""

    since: date
    until: date | None = None

    def touches(self, first: date, last: date) -> bool:
        """Whether any day from first to last lies in it."""
        return self.since <= last and (self.until is None or self.until >= first)


class Partners(Part, eq=False):
    """When each account was a partner: what concerns a day on which it was one can be told later."""

    if TYPE_CHECKING:
        root: ClassVar[PartnerProgramme]

    stretches: dict[UUID, tuple[Stretch, ...]] = msgspec.field(default_factory=dict)

    class PartnerEnrolled(Event):
        """An account became a partner, by the agreement of a stakeholder of its, or of whom `agreement` names;
        `member` is who of ours agreed it with them. `reason` where an account of this kind is no usual partner."""

        account: UUID
        kind: AccountKind
        enrolled_on: date
        member: UUID
        agreed_by: UUID | None = None
        agreement: Sealed | None = None
        reason: str = ""

        def check(self, part: Partners) -> None:
            """Not a partner yet, agreed by somebody, of a usual kind or with a reason."""
            held = part.held(self.account)
            if held and held.until is None:
                raise PartnerEnrolledAlready(account=self.account, since=held.since)
            if self.agreed_by is None and self.agreement is None:
                raise AgreementUnstated
            if self.kind not in CHAIN and not self.reason.strip():
                raise PartnerKindUnusual(kind=self.kind.value, usual=", ".join(kind.value for kind in CHAIN))

        def apply(self, part: Partners) -> None:
            """It is a partner."""
            before = part.stretches.get(self.account, ())
            part.stretches[self.account] = (*before, Stretch(self.enrolled_on))

    class PartnerLeft(Event):
        """An account is no partner any more after this day."""

        account: UUID
        left_on: date
        reason: str

        def check(self, part: Partners) -> None:
            """A partner until now, and the reason is stated."""
            part.must_be_in(self.account)
            stated(self.reason, "Leaving a programme")

        def apply(self, part: Partners) -> None:
            """It was one until this day."""
            if held := part.held(self.account):
                ended = Stretch(held.since, self.left_on)
                part.stretches[self.account] = (*part.stretches[self.account][:-1], ended)

    def held(self, account: UUID) -> Stretch | None:
        """The newest stretch of an account, if it ever was a partner."""
        return self.stretches[account][-1] if self.stretches.get(account) else None

    def must_be_in(self, account: UUID) -> Stretch:
        """The stretch of a partner; refuses an account that is none now."""
        held = self.held(account)
        if held is None or held.until is not None:
            raise NotAPartner(account=account)
        return held

    def must_have_been(self, account: UUID, first: date, last: date) -> None:
        """Refuse an account that was a partner on none of these days."""
        known = self.stretches.get(account, ())
        if not known:
            raise NotAPartner(account=account)
        if not any(each.touches(first, last) for each in known):
            said = ", ".join(f"{each.since} – {each.until or ''}".rstrip() for each in known)
            raise NotAPartnerThen(account=account, first=first, last=last, stretches=said)

    @command
    def enrol(
        self,
        *,
        account: UUID,
        member: UUID,
        agreed_by: UUID | None = None,
        agreement: Annotated[Sealed | None, FreeText(("agreed_by",))] = None,
        reason: str = "",
        partner: Account,
        company: Company,
    ) -> None:
        """Make an account a partner from this day on. `agreed_by` is the stakeholder of the account who agreed, or
        `agreement` says who did and how; `member` is who of ours agreed it. An account that sells nothing on
        (end_customer) needs a `reason`."""
        partner.must_go_on()
        if agreed_by is not None:
            partner.stakeholders.must_be_present(agreed_by)
        self.record(
            self.PartnerEnrolled(
                account=account,
                kind=partner.profile.kind,
                enrolled_on=day_of(company, self.root.moment),
                member=member,
                agreed_by=agreed_by,
                agreement=agreement,
                reason=reason.strip(),
            )
        )

    @command
    def leave(self, *, account: UUID, reason: str, company: Company) -> None:
        """Record that a partner leaves the programme on this day, and why. Periods until then can still be scored."""
        self.record(self.PartnerLeft(account=account, left_on=day_of(company, self.root.moment), reason=reason.strip()))
