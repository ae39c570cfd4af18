"""Pareto ABC: which few customers bring most of it. Pure functions."""

from __future__ import annotations

import enum
from collections.abc import Hashable, Mapping
from decimal import Decimal
from typing import TypeVar

import msgspec

from domain.selection.weighted import rounded

K = TypeVar("K", bound=Hashable)


class AbcClass(enum.StrEnum):
    """How much an account weighs: A the vital few, C the many."""

    A = "A"
    B = "B"
    C = "C"


class Place(msgspec.Struct, frozen=True):
    """Where an account stands: its rank from 1, its share of the whole and that of all down to it (0 to 1), its
    class."""

    rank: int
    share: Decimal
    cumulative: Decimal
    abc: AbcClass


def pareto(amounts: Mapping[K, Decimal], a_border: Decimal, b_border: Decimal) -> dict[K, Place]:
    """Ranks by amount and classes by cumulative share (borders from 0 to 1), the largest first.

    The one that crosses a border belongs to the class above it, so that a single customer who brings nearly all is
    an A. What is not positive brings nothing and is a C. Equal amounts are ranked by their keys.
    Source: J. M. Juran, "Quality Control Handbook" (the vital few and the useful many); the classes as in Heizer and
    Render, "Operations Management", ch. "Inventory Management", ABC analysis.
    """
    order = sorted(amounts, key=lambda key: (-amounts[key], str(key)))
    total = sum((max(amount, Decimal(0)) for amount in amounts.values()), Decimal(0))
    places: dict[K, Place] = {}
    before = Decimal(0)
    for rank, key in enumerate(order, start=1):
        amount = max(amounts[key], Decimal(0))
        places[key] = placed(rank, amount, before, total, a_border, b_border)
        before += amount
    return places


def placed(rank: int, amount: Decimal, before: Decimal, total: Decimal, a_border: Decimal, b_border: Decimal) -> Place:
    """Where one stands that brings an amount of a total, after others that bring more: `before` of it, together."""
    reached = before / total if total else Decimal(1)
    after = (before + amount) / total if total else Decimal(0)
    abc = AbcClass.C if not amount or reached >= b_border else AbcClass.A if reached < a_border else AbcClass.B
    return Place(rank, rounded(amount / total if total else Decimal(0)), rounded(after), abc)
