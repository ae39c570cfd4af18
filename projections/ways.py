"""Where things lead that lead to others, step by step."""

from __future__ import annotations

from uuid import UUID


def on_the_way(led: dict[UUID, UUID], one: UUID) -> list[UUID]:
    """What something leads to, step by step; a circle ends where it began."""
    way = [one]
    while (following := led.get(way[-1])) is not None and following not in way:
        way.append(following)
    return way[1:]


def followed(led: dict[UUID, UUID]) -> dict[UUID, UUID]:
    """The ends of all ways."""
    return {one: way[-1] for one in led if (way := on_the_way(led, one))}
