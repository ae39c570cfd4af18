"""The names of competitors: who is meant, however a name was typed."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from domain.errors import Refused


class CompetitorUnnamed(Refused):
    """The name of the competitor is blank: state it."""


class CompetitorUnknown(Refused):
    """The competitor {competitor} is not identified on this opportunity. Identified are: {known}."""


def plain(name: str) -> str:
    """A name by which spellings are one, whatever their case, width (ＡＢＣ is abc) and spaces."""
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).split())


def by_plain_name(names: Iterable[str]) -> dict[str, str]:
    """The first spelling of each name, by its plain form; blank ones are nobody."""
    found: dict[str, str] = {}
    for name in names:
        if key := plain(name):
            found.setdefault(key, name.strip())
    return found
