"""What the access log may say about a request: identifiers and names of rules, never what people are called."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from api.identity import is_identifier

PLACE = re.compile(r"\{(\w+)\}")


def noted_path(template: str, parameters: Mapping[str, Any]) -> str:
    """The path of a route with the identifiers (UUID) that were stated in it. External ids and other words may be
    names, so their place stays empty."""

    def filled(place: re.Match[str]) -> str:
        value = str(parameters.get(place[1], ""))
        return value if is_identifier(value) else place[0]

    return PLACE.sub(filled, template)
