"""Today (今日): what is to be done, what the rules of thumb say, what changed since the last sign-in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.console.frame import Frame, Moments, page
from api.endpoints import Endpoint
from domain.language.catalogue import say


def endpoints() -> list[Endpoint]:
    """The first page."""
    return [page("/", "today", _today)]


def _today(frame: Frame[Moments]) -> Mapping[str, Any]:
    """What is to be done today."""
    with frame.view():
        return {"title": say("Today")}
