"""Candidates for a merge (重复客户): accounts that may be one customer, why, and how sure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import combinations
from math import prod
from typing import NamedTuple
from uuid import UUID

import msgspec

from projections.accounts import ACCOUNTS
from projections.duplicates_answer import Candidate, Crowd, DuplicatesAnswer, Likeness, Side
from projections.engine import as_of_sql
from projections.likeness import address_core, domain_of, name_core, neighbours, number_core
from projections.trails import trails
from projections.view import View

WEIGHTS = {"tax_number": 0.9, "name": 0.6, "website": 0.6, "similar_name": 0.35, "address": 0.25}
"""How sure each likeness alone makes us, 0 to 1."""
TAX_NUMBERS_DIFFER = 0.5
"""What remains of the score where both state a tax number, and not the same."""
CROWD = 60
"""What more accounts than these share (a portal's website) says nothing about any two of them."""


class Stated(NamedTuple):
    """What an account states of itself."""

    account: UUID
    external_id: str
    name: str
    tax_number: str
    website: str
    address: str
    parent: UUID | None


class Compared(msgspec.Struct, frozen=True):
    """The columns whose events are named."""

    name: str
    tax_number: str
    website: str
    address: str


def duplicates(view: View, account: UUID | None = None, at_least: int = 50) -> DuplicatesAnswer:
    """Pairs of accounts (or of one account and others) that look alike, as of the view's clocks.

    Each likeness makes us so sure (`WEIGHTS`); several together 1 − Π(1 − weight), as independent evidence adds up;
    halved where the tax numbers differ. A parent and its child, and what was merged already, are no candidates.
    """
    known = {each.account: each for each in _stated(view)}
    wanted = view.leads_to(account) if account else None
    crowds: list[Crowd] = []
    alike = {
        pair: whats
        for pair, whats in _alike(known.values(), crowds).items()
        if (wanted is None or wanted in pair) and not _in_line(known, *pair)
    }
    scored = {pair: _score(known, pair, whats) for pair, whats in alike.items()}
    sure = sorted((pair for pair in scored if scored[pair] >= at_least), key=lambda pair: (-scored[pair], pair))
    found = trails(view, ACCOUNTS, Compared, "key", {one for pair in sure for one in pair})
    positions = {
        key: {field: trail.begun(field) for field in Compared.__struct_fields__} for key, trail in found.items()
    }
    candidates = [_candidate(known, pair, alike[pair], scored[pair], positions) for pair in sure]
    return DuplicatesAnswer(**view.head(), at_least=at_least, candidates=candidates, crowds=crowds)


def _stated(view: View) -> list[Stated]:
    """What every visible account states that goes on, by name."""
    visible = view.visible_accounts()
    where = "" if visible is None else "key = any(%(visible)s)"
    sql = as_of_sql(ACCOUNTS, "key, external_id, name, tax_number, website, address, parent", where)
    rows = view.connection.execute(
        f"select * from ({sql}) account order by name, key".encode(), view.parameters(visible=visible)
    )
    found = [Stated(*row) for row in rows if row[0] not in view.merged]
    return [each._replace(parent=each.parent and view.leads_to(each.parent)) for each in found]


Pair = tuple[UUID, UUID]


def _alike(accounts: Iterable[Stated], crowds: list[Crowd]) -> dict[Pair, set[str]]:
    """The pairs that share something, and what; the order of a pair is that of the accounts."""
    sharing: dict[tuple[str, str], list[UUID]] = defaultdict(list)
    place = {each.account: n for n, each in enumerate(accounts)}
    for each in accounts:
        for what, value in _cores(each):
            sharing[what, value].append(each.account)
    found: dict[Pair, set[str]] = defaultdict(set)
    for (what, value), several in sharing.items():
        if len(several) > CROWD:
            crowds += [Crowd(what, value, len(several))] if what != "similar_name" else []
            continue
        for first, second in combinations(sorted(several, key=place.__getitem__), 2):
            found[first, second].add(what)
    for whats in found.values():
        if "name" in whats:
            whats.discard("similar_name")
    return found


def _cores(stated: Stated) -> Iterable[tuple[str, str]]:
    core = name_core(stated.name)
    exact = {
        "name": core,
        "tax_number": number_core(stated.tax_number),
        "website": domain_of(stated.website),
        "address": address_core(stated.address),
    }
    yield from ((what, value) for what, value in exact.items() if value)
    yield from (("similar_name", value) for value in sorted(neighbours(core)))


def _in_line(known: Mapping[UUID, Stated], one: UUID, other: UUID) -> bool:
    return other in _above(known, one) or one in _above(known, other)


def _above(known: Mapping[UUID, Stated], account: UUID) -> set[UUID]:
    found: set[UUID] = set()
    while (stated := known.get(account)) and stated.parent and stated.parent not in found:
        account = stated.parent
        found.add(account)
    return found


def _score(known: Mapping[UUID, Stated], pair: Pair, whats: set[str]) -> int:
    sure = 1 - prod(1 - WEIGHTS[what] for what in whats)
    return round(100 * sure * (TAX_NUMBERS_DIFFER if _differ(known, pair) else 1))


def _differ(known: Mapping[UUID, Stated], pair: Pair) -> bool:
    numbers = {number_core(known[one].tax_number) for one in pair} - {""}
    return len(numbers) == 2


def _candidate(
    known: Mapping[UUID, Stated],
    pair: Pair,
    whats: set[str],
    score: int,
    positions: Mapping[UUID, Mapping[str, list[int]]],
) -> Candidate:
    first, second = (known[one] for one in pair)
    reasons = []
    for what in (each for each in WEIGHTS if each in whats):
        field = "name" if what == "similar_name" else what
        behind = sorted({position for one in pair for position in positions[one][field]})
        reasons.append(Likeness(what, getattr(first, field), getattr(second, field), behind))
    one, other = (Side(each.account, each.external_id, each.name) for each in (first, second))
    return Candidate(one, other, score, reasons, _differ(known, pair))
