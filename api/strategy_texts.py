"""What a strategy says of itself, for an answer: mission, position and analyses are in its state, not in rows."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from domain.errors import NotFound
from domain.strategy.strategy import KeyAccountStrategy
from projections.key_account_strategies import KEY_ACCOUNT_STRATEGIES, KeyAccountStrategyRow
from projections.seen import rows_as_of

if TYPE_CHECKING:
    from domain.journal.journal import Journal
    from projections.strategy_standing import StrategyAnswer
    from projections.view import View


def state(journal: Journal, view: View, answer: StrategyAnswer) -> None:
    """Put in what the strategy says of itself, as of the clocks of the view."""
    if answer.strategy is None:
        return
    clock = view.clock
    then = journal.streams.state_at(KeyAccountStrategy, answer.strategy.strategy, clock.as_of, clock.known_at)
    if then.statement:
        answer.statement = {name: text for name, text in msgspec.structs.asdict(then.statement).items() if text}


def find_strategy(view: View, text: str) -> UUID | None:
    """A strategy by id, external id or title; None where nothing is stated. Raises NotFound."""
    if not text:
        return None
    for each in rows_as_of(view, KEY_ACCOUNT_STRATEGIES, KeyAccountStrategyRow):
        if text in (str(each.key), each.row.external_id, each.row.title):
            return each.key
    raise NotFound(kind="strategy", key=text)
