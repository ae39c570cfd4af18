"""Choosing an account among many: by a part of its name or by its number, asked from the server while one types."""

from __future__ import annotations

import re
from uuid import UUID

from api.identity import is_identifier
from domain.language.catalogue import say
from projections.directory import AccountFilters, AccountLine, accounts_after
from projections.names import account_names
from projections.view import View

OFFERED, BEGUN_WITH = 20, 100
"""So many are offered for what is typed, and where nothing is typed yet: then whoever has no scripts looks through."""
TOLD = 5
IN_BRACKETS = re.compile(r"(.*\S)?\s*\(([^()]{1,200})\)", re.S)


def offered(view: View, text: str = "", limit: int = BEGUN_WITH) -> list[str]:
    """The accounts that fit what was typed, as the field states them: what is in brackets tells them apart."""
    return [said(each) for each in _found(view, text, limit)]


def said(line: AccountLine) -> str:
    """An account as a field states it: its name and its number, else the beginning of its identifier."""
    return f"{line.name} ({line.external_id or str(line.id)[:8]})"


def name_of(view: View, key: str) -> str:
    """The account that is chosen already, as the field states it; what was typed where it is none that is seen."""
    name = account_names(view, [UUID(key)]).get(UUID(key))
    same = accounts_after(view, None, OFFERED, AccountFilters(name=name)) if name else []
    return next((said(each) for each in same if str(each.id) == key), name or key[:8])


def chosen(view: View, text: str) -> str:
    """The identifier of the one account that somebody means; what he typed where it may be several, or none."""
    if is_identifier(text):
        return text
    name, number = _parts(text)
    for stated in filter(None, (number, text)):
        for each in accounts_after(view, None, OFFERED, AccountFilters(external_id=stated)):
            if stated == text or each.name == name:
                return str(each.id)
    same = accounts_after(view, None, OFFERED, AccountFilters(name=name if number else text))
    by_identifier = [each for each in same if number and each.name == name and str(each.id).startswith(number)]
    whole = [each for each in same if each.name.casefold() == text.casefold()]
    for found in (by_identifier, whole, same):
        if len(found) == 1:
            return str(found[0].id)
    return text


def not_chosen(view: View, text: str) -> str:
    """Why what was typed is no choice."""
    found = _found(view, text, TOLD)
    if not found:
        return say("no account that you see has “{text}” in its name or as its number", text=text[:80])
    names = ", ".join(said(each) for each in found)
    return say("several accounts may be meant: {names}. Choose one", names=names)


def _parts(text: str) -> tuple[str, str]:
    """The name and what stands in brackets behind it."""
    found = IN_BRACKETS.fullmatch(text)
    return (found[1] or "", found[2]) if found else (text, "")


def _found(view: View, text: str, limit: int) -> list[AccountLine]:
    by_name = accounts_after(view, None, limit, AccountFilters(name=text))
    numbered = accounts_after(view, None, limit, AccountFilters(external_id=text)) if text else []
    return list({each.id: each for each in (*numbered, *by_name)}.values())[:limit]
