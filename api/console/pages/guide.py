"""The guide (指南): for each kind of user what stands where, what to do first, what the words mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.console.frame import Frame, Moments, page
from api.console.guide.roles import GUIDES
from api.endpoints import Endpoint
from domain.errors import NotFound
from domain.language.catalogue import say


def endpoints() -> list[Endpoint]:
    """Which guides there are, and each."""
    return [page("/guide", "guide", _all), page("/guide/{role}", "guide_role", _one)]


def _all(frame: Frame[Moments]) -> Mapping[str, Any]:
    """The guides: one's own first."""
    own = frame.call.asker.roles
    guides = sorted((make() for make in GUIDES.values()), key=lambda each: each.role not in own)
    return {"title": say("Guide"), "guides": guides, "own": {role.value for role in own}}


def _one(frame: Frame[Moments]) -> Mapping[str, Any]:
    """The guide of a kind of user."""
    role = str(frame.call.path["role"])
    if role not in GUIDES:
        raise NotFound(kind="guide", key=role[:40])
    guide = GUIDES[role]()
    return {"title": say("Guide for the role: {role}", role=guide.name), "guide": guide}
