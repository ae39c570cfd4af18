"""What an account buys in a year of all that we could sell it (年采购量), as its profile states it."""

from __future__ import annotations

from uuid import UUID

from msgspec import UNSET

from domain.account.account import Account
from projections.engine import Envelope, ReadModel, Row, on


class PurchaseVolumeRow(Row):
    """The annual purchase volume in the words of whoever stated it; empty where that was cleared."""

    account: UUID | None = None
    stated: str = ""


def _where_stated(envelope: Envelope, event: Account.ProfileChanged) -> UUID | None:
    return None if event.annual_purchase_volume is UNSET else envelope.aggregate_id


class PurchaseVolumeModel(ReadModel):
    """One row per account whose profile states it."""

    name = "purchase_volume"
    version = 1
    row = PurchaseVolumeRow
    indexes = (("account",),)

    @on(Account.ProfileChanged, key=_where_stated)
    def changed(
        self, row: PurchaseVolumeRow | None, event: Account.ProfileChanged, envelope: Envelope
    ) -> PurchaseVolumeRow | None:
        """Somebody found out."""
        if event.annual_purchase_volume is UNSET:
            return row
        return PurchaseVolumeRow(account=envelope.aggregate_id, stated=event.annual_purchase_volume)


PURCHASE_VOLUMES = PurchaseVolumeModel()
