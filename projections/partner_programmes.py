"""Partner programmes as rows (金钥匙合作伙伴)."""

from __future__ import annotations

from domain.partner_programme.partner_programme import PartnerProgramme
from projections.engine import Envelope, ReadModel, Row, on


class PartnerProgrammeRow(Row):
    """A programme (the key is its own)."""

    external_id: str = ""
    title: str = ""


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
        return PartnerProgrammeRow(external_id=event.external_id, title=event.title)


PARTNER_PROGRAMMES = PartnerProgrammeModel()
