"""The board as a page shows it: cards with titles, names and signs; what a search finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import UUID

from api.access import NotAllowed, must_give
from api.console.choices import owner_names, process_name
from api.console.frame import Frame
from api.console.picturing import ident
from api.identity import with_external_id
from api.titles import openings
from domain.language.catalogue import either
from domain.opportunity.opportunity import Opportunity
from projections.board import Card, Column, board
from projections.deals import Filters
from projections.directory import AccountFilters, accounts_after
from projections.funnel import OpenStage
from projections.names import account_names
from projections.view import View

CARDS = 8
"""How many stand in a column at first: more than a screen shows, and so many more whenever these are asked for."""
MOST_ACCOUNTS = 500
OFTEN_MOVED = 2


@dataclass(frozen=True)
class CardShown:
    """A card with what it is called."""

    card: Card
    id: str
    title: str
    external_id: str
    account_name: str
    owner_name: str

    @property
    def often_moved(self) -> bool:
        """Whether its close date was moved back so often that one should look."""
        return self.card.pushes >= OFTEN_MOVED

    @property
    def initials(self) -> str:
        """Of its owner."""
        words = self.owner_name.split()
        return (words[0][:1] + (words[-1][:1] if len(words) > 1 else "")).upper() if words else ""


@dataclass(frozen=True)
class ColumnShown:
    """A stage with its cards; `line` is the stage in the funnel, None where a search counts others than it does."""

    id: str
    stage: str
    name: str
    count: int
    line: OpenStage | None
    cards: list[CardShown]
    following: int
    explain: str

    @property
    def left(self) -> int:
        """How many are not shown."""
        return self.count - self.following


@dataclass(frozen=True)
class BoardShown:
    """The board of a process; `moves` says whether cards can be moved."""

    process: str
    known: list[tuple[str, str]]
    columns: list[ColumnShown]
    moves: bool

    @property
    def empty(self) -> bool:
        """Whether nothing stands anywhere."""
        return not any(column.count for column in self.columns)


def board_shown(frame: Frame[Any], view: View, filters: Filters, found: list[OpenStage]) -> BoardShown:
    """The board of the page's process, or of the first in use."""
    used = list(dict.fromkeys(line.process for line in found))
    process = frame.query.process or next(iter(used), "")
    among = found_by(frame, view, frame.query.q)
    held = board(view, process, filters, order=frame.query.order, limit=CARDS, among=among)
    lines = {line.stage: line for line in found if line.process == process}
    stages = {each.key: either(each.name, each.name_zh) for each in view.policies.process(process).stages}
    stages |= {key: key for key in held if key not in stages}
    shown = cards_shown(frame, view, [card for column in held.values() for card in column.cards])
    columns = [
        _column(process, key, name, held.get(key), lines.get(key) if among is None else None, shown)
        for key, name in stages.items()
    ]
    now = frame.query.as_of is None and frame.query.known_at is None
    return BoardShown(process, [(key, process_name(view, key)) for key in used], columns, now and may_move(frame))


def column_shown(frame: Frame[Any], view: View, filters: Filters) -> ColumnShown:
    """Further cards of one column."""
    query = frame.query
    held = board(
        view,
        query.process,
        filters,
        order=query.order,
        limit=CARDS,
        skip=query.skip,
        stage=query.stage,
        among=found_by(frame, view, query.q),
    )
    column = held.get(query.stage)
    shown = cards_shown(frame, view, column.cards if column else [])
    name = next(
        (
            either(each.name, each.name_zh)
            for each in view.policies.process(query.process).stages
            if each.key == query.stage
        ),
        query.stage,
    )
    return _column(query.process, query.stage, name, column, None, shown, query.skip)


def _column(
    process: str,
    stage: str,
    name: str,
    column: Column | None,
    line: OpenStage | None,
    shown: dict[UUID, CardShown],
    skip: int = 0,
) -> ColumnShown:
    cards = [shown[card.opportunity] for card in column.cards] if column else []
    return ColumnShown(
        id=ident("column", stage),
        stage=stage,
        name=name or stage,
        count=column.count if column else 0,
        line=line,
        cards=cards,
        following=skip + len(cards),
        explain=f"funnel?process={quote(process)}&stage={quote(stage)}",
    )


def cards_shown(frame: Frame[Any], view: View, cards: list[Card]) -> dict[UUID, CardShown]:
    """Cards with titles and names, by opportunity."""
    opened = openings(frame.call.doors.journal, [card.opportunity for card in cards])
    accounts = account_names(view, {card.account for card in cards if card.account})
    owners = owner_names(frame, view) if cards else {}
    return {
        card.opportunity: CardShown(
            card=card,
            id=f"card-{card.opportunity}",
            title=opened[card.opportunity].title if card.opportunity in opened else str(card.opportunity)[:8],
            external_id=opened[card.opportunity].external_id if card.opportunity in opened else "",
            account_name=accounts.get(card.account, "") if card.account else "",
            owner_name=owners.get(card.owner, "") if card.owner else "",
        )
        for card in cards
    }


def found_by(frame: Frame[Any], view: View, text: str) -> list[UUID] | None:
    """The accounts with a text in their names, and the opportunity that has it as its external id; None for no text."""
    if not text.strip():
        return None
    accounts = accounts_after(view, None, MOST_ACCOUNTS, AccountFilters(name=text.strip(), ended=True))
    deal = with_external_id(frame.call, Opportunity, text.strip())
    return [*(each.id for each in accounts), *([deal] if deal else [])]


def may_move(frame: Frame[Any]) -> bool:
    """Whether the asker may advance opportunities at all."""
    try:
        must_give(frame.call.asker, Opportunity, "advance")
    except NotAllowed:
        return False
    return True
