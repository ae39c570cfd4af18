"""Random events about influence between the people of a customer."""

from __future__ import annotations

import random

from domain.account.influence import InfluenceKind, InfluenceNature, Influences
from domain.aggregate import Event
from tests.domain.given import some_id

PEOPLE = tuple(some_id(f"stakeholder {n}") for n in range(3))


def of_influence(chance: random.Random) -> Event:
    """Influence was observed, or there is none any more."""
    of, on = chance.sample(PEOPLE, 2)
    kind, nature = chance.choice(list(InfluenceKind)[:2]), chance.choice(list(InfluenceNature))
    observed = Influences.InfluenceObserved(
        from_stakeholder=of, to_stakeholder=on, kind=kind, strength=chance.randint(1, 3), nature=nature
    )
    withdrawn = Influences.InfluenceWithdrawn(from_stakeholder=of, to_stakeholder=on, kind=kind)
    return chance.choice([observed, observed, withdrawn])
