"""Facts as they come in: put in their places one by one they lie as if they had come together."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pytest

from projections.forecasting.piles import Codes, Pile, Ranked
from projections.forecasting.tables import NEVER_KNOWN, Table, Withdrawals

KINDS = (1, 2)


def columns(table: Table) -> dict[str, list[Any]]:
    """What a table holds; an amount that is not stated is None."""
    found = {each.name: getattr(table, each.name).tolist() for each in fields(Table)}
    return {name: [None if value != value else value for value in held] for name, held in found.items()}


class Told:
    """A wild history: deals and moments that meet often, some facts taken back, told in steps."""

    def __init__(self, seed: int) -> None:
        self.chance = np.random.default_rng(seed)
        self.deals, self.keys = Ranked[bytes](), Ranked[str]()
        self.withdrawn, self.pile = Withdrawals(), Pile()
        self.position = 0
        self.batches: list[tuple[tuple[Any, ...], dict[str, Any]]] = []

    def tell(self, count: int) -> None:
        """So many facts more."""
        of = np.array([self.deals[b"%d" % each] for each in self.chance.integers(0, 300, count)])
        key = np.array([self.keys[f"key {each}"] for each in self.chance.integers(0, 3 + len(self.keys), count)])
        occurred = self.chance.integers(0, 9, count)
        of[self.chance.random(count) < 0.1] = -1
        said = {
            "kind": self.chance.integers(0, 4, count),
            "key": np.where(self.chance.random(count) < 0.2, -1, key),
            "value": np.where(self.chance.random(count) < 0.2, np.nan, self.chance.random(count)),
        }
        position = self.position + 1 + np.sort(self.chance.integers(0, max(count // 2, 1), count))
        self.position += count
        self._add((of, occurred, occurred + self.chance.integers(0, 3, count), position), said)

    def _add(self, facts: tuple[Any, ...], said: dict[str, Any]) -> None:
        self.batches.append((facts, said))
        self.pile.add(*facts, **said)

    def take_back(self) -> None:
        """One of the facts is withdrawn."""
        told = np.concatenate([facts[3] for facts, _ in self.batches])
        self.position += 1
        self.withdrawn.add(int(self.chance.choice(told)), int(self.chance.integers(0, 12)), self.position)

    def table(self, kinds: tuple[int, ...] | None) -> Table:
        """What the pile makes of all so far."""
        return self.pile.table(self.withdrawn, self.of, self.key, kinds)

    def table_at_once(self, kinds: tuple[int, ...] | None) -> Table:
        """What a pile makes of all so far that gets it at once."""
        other = Pile()
        for facts, said in self.batches:
            other.add(*facts, **said)
        return other.table(self.withdrawn, self.of, self.key, kinds)

    @property
    def of(self) -> Codes:
        return self.deals.ranked()[0]

    @property
    def key(self) -> Codes:
        return self.keys.ranked()[0]


@pytest.mark.parametrize("kinds", [None, KINDS])
@pytest.mark.parametrize("seed", range(4))
def test_facts_that_come_one_by_one_lie_where_they_lie_that_come_together(
    seed: int, kinds: tuple[int, ...] | None
) -> None:
    told = Told(seed)
    for count in (0, 5, 400, 1, 0, 3, 2, 1, 7, 200, 1, 1):
        told.tell(count)
        if told.position and told.chance.random() < 0.7:
            told.take_back()
        assert columns(told.table(kinds)) == columns(told.table_at_once(kinds))
    assert (told.table(kinds).gone < NEVER_KNOWN).any()


def test_facts_lie_by_deal_then_when_they_occurred_then_position() -> None:
    told = Told(11)
    told.tell(300)
    told.table(None)
    told.tell(3)
    table = told.table(None)
    order = list(zip(table.of.tolist(), table.occurred.tolist(), table.position.tolist(), strict=True))
    assert len(order) == 303
    assert order == sorted(order)


def test_a_table_to_which_nothing_came_stays_the_same_object() -> None:
    told = Told(5)
    told.tell(100)
    before = told.table(None)
    assert told.table(None) is before
    told.tell(1)
    assert told.table(None) is not before


def test_a_withdrawal_of_another_fact_leaves_the_table_as_it_is() -> None:
    pile, withdrawn = Pile(), Withdrawals()
    pile.add(np.array([0]), *(np.array([1]) for _ in range(3)))
    before = pile.table(withdrawn)
    withdrawn.add(2, 5, 3)
    assert pile.table(withdrawn) is before
    withdrawn.add(1, 5, 4)
    assert pile.table(withdrawn).gone_at.tolist() == [4]


@pytest.mark.parametrize("seed", range(3))
def test_values_that_come_one_by_one_are_ranked_as_if_they_had_come_together(seed: int) -> None:
    chance = np.random.default_rng(seed)
    ranked = Ranked[str]()
    for count in (1, 200, 1, 3, 0, 2, 300):
        for each in chance.integers(0, 10_000, count).tolist():
            ranked[f"{each}"]
        ranks, keys = ranked.ranked()
        assert keys == sorted(ranked)
        assert [keys[rank] for rank in ranks.tolist()] == list(ranked)


def test_ranks_to_which_no_value_came_stay_the_same_objects() -> None:
    ranked = Ranked[str]()
    ranked["b"], ranked["a"]
    ranks, keys = ranked.ranked()
    assert ranked["a"] == 1
    again, same = ranked.ranked()
    assert again is ranks
    assert same is keys
    ranked["0"]
    assert ranked.ranked()[1] == ["0", "a", "b"]
    assert keys == ["a", "b"]
