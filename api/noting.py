"""What the access log may say about a request: identifiers and names of rules, never what people are called."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from api.identity import is_identifier

PLACE = re.compile(r"\{(\w+)\}")


def noted_path(template: str, parameters: Mapping[str, Any], named: Mapping[UUID, str]) -> str:
    """The path of a route with the identifiers (UUID) of what was stated in it, and behind it of what else was named
    (`named` in `api.named`). External ids and other words may be names, so they never stand there."""
    found = {stated: str(each) for each, stated in named.items()}

    def filled(place: re.Match[str]) -> str:
        value = str(parameters.get(place[1], ""))
        return value if is_identifier(value) else found.get(value, place[0])

    path = PLACE.sub(filled, template)
    return " ".join([path, *(each for each in map(str, named) if each not in path.lower())])
