"""The partners of programmes as rows: who is or was one, how each period was kept."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from domain.account.profile import AccountKind
from domain.partner_programme.compliance import Compliance
from domain.partner_programme.partners import Partners
from projections.child_key import child_key
from projections.engine import Envelope, ReadModel, Row, Scale, on


class ProgrammePartnerRow(Row):
    """An account in a programme: since when, until when, by whose agreement."""

    programme: UUID | None = None
    account: UUID | None = None
    partner_kind: AccountKind = AccountKind.END_CUSTOMER
    enrolled_on: date | None = None
    left_on: date | None = None
    agreed_by: UUID | None = None
    member: UUID | None = None
    reason: str = ""
    leaving_reason: str = ""


def _partner(envelope: Envelope, event: Partners.PartnerEnrolled | Partners.PartnerLeft) -> UUID:
    return child_key(envelope, event.account.bytes)


class ProgrammePartnerModel(ReadModel):
    """One row per account that ever was in a programme, with its newest stay there."""

    name = "programme_partner"
    version = 1
    row = ProgrammePartnerRow
    indexes = (("programme",), ("account",))

    @on(Partners.PartnerEnrolled, key=_partner)
    def enrolled(
        self, row: ProgrammePartnerRow | None, event: Partners.PartnerEnrolled, envelope: Envelope
    ) -> ProgrammePartnerRow:
        """It is a partner."""
        return ProgrammePartnerRow(
            programme=envelope.aggregate_id,
            account=event.account,
            partner_kind=event.kind,
            enrolled_on=event.enrolled_on,
            agreed_by=event.agreed_by,
            member=event.member,
            reason=event.reason,
        )

    @on(Partners.PartnerLeft, key=_partner)
    def left(
        self, row: ProgrammePartnerRow | None, event: Partners.PartnerLeft, envelope: Envelope
    ) -> ProgrammePartnerRow | None:
        """It is none any more."""
        if row:
            row.left_on, row.leaving_reason = event.left_on, event.reason
        return row


class ComplianceRow(Row):
    """How a period was kept, as scored last; `obligations` and `scores` belong together, in the order of the terms.
    `us` and `partner` are the weighted scores of the sides, 0 to 100."""

    programme: UUID | None = None
    account: UUID | None = None
    period: str = ""
    first: date | None = None
    last: date | None = None
    edition: int = 1
    us: Annotated[Decimal, Scale(2)] = Decimal(0)
    partner: Annotated[Decimal, Scale(2)] = Decimal(0)
    threshold: Annotated[Decimal, Scale(2)] = Decimal(0)
    below: bool = False
    broken_by_us: tuple[str, ...] = ()
    broken_by_partner: tuple[str, ...] = ()
    earned: tuple[str, ...] = ()
    obligations: tuple[str, ...] = ()
    scores: tuple[str, ...] = ()
    times_scored: int = 0


def _period(envelope: Envelope, event: Compliance.ComplianceScored) -> UUID:
    return child_key(envelope, event.account.bytes, event.period.encode())


class ComplianceModel(ReadModel):
    """One row per partner and period; scored anew, the former stays in its history."""

    name = "compliance"
    version = 1
    row = ComplianceRow
    indexes = (("programme",), ("account",))

    @on(Compliance.ComplianceScored, key=_period)
    def scored(
        self, row: ComplianceRow | None, event: Compliance.ComplianceScored, envelope: Envelope
    ) -> ComplianceRow:
        """It holds from now on."""
        return ComplianceRow(
            programme=envelope.aggregate_id,
            account=event.account,
            period=event.period,
            first=event.first,
            last=event.last,
            edition=event.edition,
            us=event.us,
            partner=event.partner,
            threshold=event.threshold,
            below=event.below,
            broken_by_us=event.broken_by_us,
            broken_by_partner=event.broken_by_partner,
            earned=event.earned,
            obligations=tuple(event.scores),
            scores=tuple(f"{score:f}" for score in event.scores.values()),
            times_scored=1 + (row.times_scored if row else 0),
        )


PROGRAMME_PARTNERS = ProgrammePartnerModel()
COMPLIANCES = ComplianceModel()
