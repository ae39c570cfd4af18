"""Partner programmes as rows (金钥匙合作伙伴): what they are now, and each edition of their terms."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID

import msgspec

from domain.decodable import decodable
from domain.partner_programme.partner_programme import PartnerProgramme
from domain.partner_programme.terms import USUAL_THRESHOLD, PartnerSide, ScoringUnit, Terms
from projections.child_key import child_key
from projections.engine import Envelope, ReadModel, Row, Scale, on

FIRST = 1
_encode = msgspec.msgpack.Encoder(uuid_format="bytes").encode


class PartnerProgrammeRow(Row):
    """A programme (the key is its own), with the numbers of its newest edition."""

    external_id: str = ""
    title: str = ""
    unit: ScoringUnit = ScoringUnit.QUARTER
    edition: int = FIRST
    threshold: Annotated[Decimal, Scale(2)] = USUAL_THRESHOLD
    obligations_of_us: int = 0
    obligations_of_partner: int = 0
    rewards: int = 0


class PartnerProgrammeModel(ReadModel):
    """One row each."""

    name = "partner_programme"
    version = 1
    row = PartnerProgrammeRow

    @on(PartnerProgramme.Opened)
    def begun(
        self, row: PartnerProgrammeRow | None, event: PartnerProgramme.Opened, envelope: Envelope
    ) -> PartnerProgrammeRow:
        """It is there."""
        made = PartnerProgrammeRow(external_id=event.external_id, title=event.title, unit=event.unit)
        return _with(made, event.terms)

    @on(PartnerProgramme.Revised)
    def revised(
        self, row: PartnerProgrammeRow | None, event: PartnerProgramme.Revised, envelope: Envelope
    ) -> PartnerProgrammeRow | None:
        """Other terms hold."""
        if row:
            row.edition = event.edition
            _with(row, event.terms)
        return row


def _with(row: PartnerProgrammeRow, terms: Terms) -> PartnerProgrammeRow:
    row.threshold, row.rewards = terms.threshold, len(terms.rewards)
    row.obligations_of_us, row.obligations_of_partner = (len(terms.of(side)) for side in PartnerSide)
    return row


class ProgrammeEditionRow(Row):
    """An edition of a programme's terms; `terms` as the event holds them (`terms_of`)."""

    programme: UUID | None = None
    edition: int = FIRST
    holds_from: date | None = None
    reason: str = ""
    terms: bytes = b""


class ProgrammeEditionModel(ReadModel):
    """One row per edition."""

    name = "programme_edition"
    version = 1
    row = ProgrammeEditionRow
    indexes = (("programme",),)

    @on(PartnerProgramme.Opened, key=lambda envelope, _: child_key(envelope, FIRST.to_bytes(4, "big")))
    def begun(
        self, row: ProgrammeEditionRow | None, event: PartnerProgramme.Opened, envelope: Envelope
    ) -> ProgrammeEditionRow:
        """The first."""
        held = event.terms.holds_from
        return ProgrammeEditionRow(programme=envelope.aggregate_id, holds_from=held, terms=_encode(event.terms))

    @on(PartnerProgramme.Revised, key=lambda envelope, event: child_key(envelope, event.edition.to_bytes(4, "big")))
    def revised(
        self, row: ProgrammeEditionRow | None, event: PartnerProgramme.Revised, envelope: Envelope
    ) -> ProgrammeEditionRow:
        """Another one."""
        return ProgrammeEditionRow(
            programme=envelope.aggregate_id,
            edition=event.edition,
            holds_from=event.terms.holds_from,
            reason=event.reason,
            terms=_encode(event.terms),
        )


def terms_of(row: ProgrammeEditionRow) -> Terms:
    """The terms that a row keeps."""
    return msgspec.msgpack.decode(row.terms, type=decodable(Terms))


PARTNER_PROGRAMMES = PartnerProgrammeModel()
PROGRAMME_EDITIONS = ProgrammeEditionModel()
