"""Key account strategies as rows (大客户战略)."""

from __future__ import annotations

from domain.strategy.strategy import KeyAccountStrategy
from projections.engine import Envelope, ReadModel, Row, on


class KeyAccountStrategyRow(Row):
    """A strategy of the company (the key is its own)."""

    external_id: str = ""
    title: str = ""


class KeyAccountStrategyModel(ReadModel):
    """One row each."""

    name = "key_account_strategy"
    version = 1
    row = KeyAccountStrategyRow

    @on(KeyAccountStrategy.Drafted)
    def begun(
        self, row: KeyAccountStrategyRow | None, event: KeyAccountStrategy.Drafted, envelope: Envelope
    ) -> KeyAccountStrategyRow:
        """It is there."""
        return KeyAccountStrategyRow(external_id=event.external_id, title=event.title)


KEY_ACCOUNT_STRATEGIES = KeyAccountStrategyModel()
