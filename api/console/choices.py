"""What filters of pages offer: people, territories, products and periods by name, as of the page's clocks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from msgspec.structs import asdict

from api.asking import Which
from api.console import formats
from api.console.frame import Frame
from api.names import member_names
from domain.language.catalogue import either, say
from domain.policies.calendar import day_of, period_of
from projections.deals import Filters
from projections.view import View

AHEAD, BACK = 4, 2
DAYS_OF_A_QUARTER = 91.3125


class Choice(NamedTuple):
    """A value of a filter, and what people call it."""

    value: str
    name: str


@dataclass(frozen=True)
class Select:
    """A filter: its parameter, its label, what it offers and what is chosen; nothing chosen means `every`."""

    name: str
    label: str
    every: str
    choices: list[Choice]
    chosen: str


def selects(frame: Frame[Any], view: View) -> list[Select]:
    """The filters by which opportunities are chosen, each with what is chosen in the page's address."""
    query: Which = frame.query
    return [
        Select("owner", say("Owner"), say("Everybody"), _owners(frame, view), _owner(frame, query)),
        Select("territory", say("Territory"), say("All territories"), _territories(view), query.territory),
        Select("product", say("Product"), say("All products"), _products(view), query.product),
        Select("period", say("Close expected in"), say("Any time"), periods(view, query.period), query.period),
    ]


def explained(filters: Filters) -> str:
    """The filters as the address of an explanation states them."""
    found = urlencode({name: str(value) for name, value in asdict(filters).items() if value})
    return f"&{found}" if found else ""


def periods(view: View, stated: str = "") -> list[Choice]:
    """Quarters around the page's day, and the fiscal year that is running; and what is stated, if it is another."""
    company, today = view.policies.company, day_of(view.policies.company, view.clock.as_of)
    days = (today + timedelta(days=round(step * DAYS_OF_A_QUARTER)) for step in range(-BACK, AHEAD + 1))
    keys = [period_of(company, today, "year"), *(period_of(company, day) for day in days)]
    keys += [stated] if stated else []
    return [Choice(key, formats.period(key)) for key in dict.fromkeys(keys)]


def owner_names(frame: Frame[Any], view: View) -> dict[UUID, str]:
    """What members are called: by name where the asker may read names, else by external id; opened once for a page."""
    known: dict[UUID, str] | None = view.of_transaction.get("owner names", {}).get(view.clock)
    if known is None:
        known = _owner_names(frame, view)
        view.of_transaction.setdefault("owner names", {})[view.clock] = known
    return known


def _owner_names(frame: Frame[Any], view: View) -> dict[UUID, str]:
    names = {key: external_id or str(key)[:8] for key, (external_id, _) in view.members().items()}
    if frame.may_read_people(view):
        names |= member_names(frame.call.doors.journal, view)
    return names


def _owner(frame: Frame[Any], query: Which) -> str:
    owner = query.filters(frame.call).owner
    return str(owner) if owner else ""


def _owners(frame: Frame[Any], view: View) -> list[Choice]:
    seen = view.visibility
    names = owner_names(frame, view)
    members = [key for key in names if seen.everything or key in seen.managers or _directed(view, key)]
    return sorted((Choice(str(key), names[key]) for key in members), key=lambda each: each.name)


def _directed(view: View, member: UUID) -> bool:
    _, territory = view.members().get(member, ("", ""))
    return bool(territory) and territory in view.visibility.territories


def _territories(view: View) -> list[Choice]:
    return [Choice(key, each.name) for key, each in view.policies.territories.territories.items()]


def _products(view: View) -> list[Choice]:
    return [Choice(key, each.name or key) for key, each in view.policies.price_list.products.items()]


def process_name(view: View, key: str) -> str:
    """What a sales process is called."""
    process = view.policies.process(key)
    return either(process.name, process.name_zh) or key
