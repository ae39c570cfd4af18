"""Which kinds of things are due by themselves."""

from __future__ import annotations

import enum


class DueKind(enum.Enum):
    """What is due by itself; a next step is due by the visit on which it was agreed."""

    ACTION_ITEM = enum.auto()
    COMMITMENT = enum.auto()
    VISIT = enum.auto()
    QUOTE = enum.auto()
    REVIEW = enum.auto()
    CONTROL_POINT = enum.auto()
    ISSUE = enum.auto()
    DEPARTMENT_REQUEST = enum.auto()
    PLAN_MILESTONE = enum.auto()


EVERY_KIND = frozenset(DueKind)
