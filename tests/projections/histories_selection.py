"""Random events about the selection of key accounts: scores, and models whose criteria change with each edition."""

from __future__ import annotations

import random
from decimal import Decimal

from domain.account.standing import Standing
from domain.aggregate import Event
from domain.policies.selection_definition import Criterion, CriterionGroup, SelectionDefinition
from domain.policies.selection_model import SelectionModel

KEYS = ("closeness", "sales", "prospects")


def scored(chance: random.Random) -> Event:
    """An account is scored by one of two models."""
    scores = {key: Decimal(chance.choice(["0", "4.5", "10"])) for key in KEYS[: chance.randint(1, 3)]}
    return Standing.AccountScored(
        model=chance.choice(["key-accounts", "wholesale"]),
        edition=chance.randint(0, 2),
        scores=scores,
        grades=chance.choice([{}, {"sales": {"good": Decimal("0.25"), "poor": Decimal("0.75")}}]),
        totals={"potential": Decimal(chance.choice(["3.3333", "5"])), "overall": Decimal("5")},
        wallet_share=chance.choice([None, Decimal("0.3")]),
    )


def selects(chance: random.Random) -> Event:
    """The company selects by other criteria."""
    criteria = tuple(
        Criterion(key, key.title(), group, Decimal(chance.randint(0, 3)))
        for key, group in zip(KEYS, CriterionGroup, strict=True)
        if chance.random() < 0.7
    )
    definition = SelectionDefinition(key="key-accounts", name="Ours", objective="margin", criteria=criteria)
    return SelectionModel.Defined(edition=chance.randint(1, 2), definition=definition)
