"""The accounts that a list chooses in columns are those of the rows, in their order, at all clocks, for who sees all
and for who does not."""

from __future__ import annotations

import random
from operator import itemgetter
from uuid import UUID

import pytest

from domain.errors import NotFound
from domain.visibility import Visibility
from projections.account_choice import Chosen, chosen, managers_of
from projections.account_list import AccountFilters, listed
from projections.accounts import ACCOUNTS
from projections.kept_columns import forget
from projections.view import View
from tests.domain.given import some_id
from tests.projections.asking import Office
from tests.projections.business import TERRITORIES, Business, Chronicle
from tests.projections.conftest import EngineOf, Journal
from tests.projections.people import at
from tests.projections.test_kept_answers import Written
from tests.projections.test_portfolio import HUARUI, NORTH, QUAY, on, story

MEMBERS = [some_id(f"member {n}") for n in range(4)]
VISIBILITIES = [Visibility.whole(), Visibility(member=MEMBERS[0], managers=frozenset(MEMBERS[:2]))]


def managed(view: View) -> set[UUID]:
    """Who manages accounts, by the rows."""
    visible = view.visible_accounts()
    rows = view.rows(ACCOUNTS, "key, manager", "manager is not null")
    return {manager for key, manager in rows if visible is None or key in visible}


def filters_of(chance: random.Random) -> AccountFilters:
    """One filter, or none."""
    return chance.choice(
        [
            AccountFilters(),
            AccountFilters(territory=chance.choice(TERRITORIES)),
            AccountFilters(manager=chance.choice(MEMBERS)),
            AccountFilters(key_only=True),
            AccountFilters(text=chance.choice(["a", "1", "%", "nothing"])),
        ]
    )


def test_columns_choose_what_the_rows_say(journal: Journal, engine_of: EngineOf) -> None:
    forget("test_")
    office, written, chance, several = Office(journal, engine_of), Written(), random.Random(9), 0
    Chronicle(9, Business(facts=420, late=0.3, withdrawn=0.05, merges=True)).write(written)  # type: ignore[arg-type]
    journal.append_all([list(each) for each in written.appends])
    office.engine.catch_up()
    for _ in range(60):
        known = chance.randint(len(journal.facts) // 2, len(journal.facts))
        with office.view(at(chance.uniform(20, 120)), known, chance.choice(VISIBILITIES)) as view:
            view.keeps = chance.random() < 0.7
            filters = filters_of(chance)
            found = chosen(view, filters)
            assert found.listed(found.first(99)) == listed(view, filters)
            assert managers_of(view) == managed(view)
            several += len(found) > 1
    assert several > 10


def test_they_are_ordered_by_numbers_then_by_name(journal: Journal, engine_of: EngineOf) -> None:
    office, chance = Office(journal, engine_of), random.Random(4)
    office.tell(*story())
    with office.view(on("2025-02-20")) as view:
        found = chosen(view, AccountFilters())
        by_name = listed(view)
        assert len(found) == 5
        for _ in range(20):
            numbers = {each: chance.choice([0.0, -1.5, 2.0]) for each in found.accounts}
            missing = {each: chance.random() < 0.3 for each in found.accounts}
            ordered = [[of[each] for each in found.accounts] for of in (missing, numbers)]
            keys = [(missing[each.account], numbers[each.account]) for each in by_name]
            for falling in (False, True):
                told = sorted(zip(keys, by_name, strict=True), key=itemgetter(0), reverse=falling)
                assert found.listed(found.first(3, *ordered, falling=falling)) == [each for _, each in told[:3]]
        assert names(found, falling=True) == names(found)[::-1]


def names(found: Chosen, *, falling: bool = False) -> list[str]:
    return [each.name for each in found.listed(found.first(9, falling=falling))]


def test_a_new_name_is_known_to_who_asks_after_it_was_recorded(journal: Journal, engine_of: EngineOf) -> None:
    forget("test_")
    office = Office(journal, engine_of)
    office.tell(*story()[:3])
    with office.view(on("2025-02-20")) as view:
        view.keeps = True
        assert names(chosen(view, AccountFilters())) == ["Huarui Steel", "North Foods"][: len(listed(view))]
    office.tell(*story()[3:])
    with office.view(on("2025-04-20")) as view:
        view.keeps = True
        found = chosen(view, AccountFilters())
        assert found.listed(found.first(9)) == listed(view)
        assert QUAY not in found.accounts
        assert set(found.among([QUAY, HUARUI, NORTH]).accounts) == {HUARUI, NORTH}


def test_a_territory_that_never_was_is_not_found(journal: Journal, engine_of: EngineOf) -> None:
    office = Office(journal, engine_of)
    office.tell(*story())
    with office.view(on("2025-04-20")) as view, pytest.raises(NotFound):
        chosen(view, AccountFilters(territory="nowhere"))
