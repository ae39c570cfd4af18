"""Which account leads to which, as of two clocks, and who sees what was merged."""

from __future__ import annotations

from uuid import UUID

import pytest

from domain.account.account import Account
from domain.visibility import Visibility
from projections.lineage import LINEAGE, LineageRow
from tests.domain.given import day, some_id
from tests.projections.asking import Office
from tests.projections.conftest import EngineOf, Journal, Told
from tests.projections.rows import rows_after

ACME, BETA, GAMMA, WANG, LI, MEI = (some_id(name) for name in ("acme", "beta", "gamma", "wang", "li", "mei"))


@pytest.fixture
def office(journal: Journal, engine_of: EngineOf) -> Office:
    return Office(journal, engine_of)


def merged(one: UUID, into: UUID, at: int, people: dict[UUID, UUID] | None = None) -> Told:
    return one, Account.AccountsMerged(into=into, reason="the same", people=people or {}), day(at)


def separated(one: UUID, other: UUID, at: int) -> Told:
    return one, Account.AccountsSeparated(from_=other, reason="two"), day(at)


def registered(*accounts: UUID) -> list[Told]:
    return [(each, Account.Registered(name="Acme"), day(1)) for each in accounts]


def test_a_merge_has_a_row_until_a_separation() -> None:
    assert rows_after(LINEAGE, merged(ACME, BETA, 2, {WANG: LI})) == [LineageRow(BETA, (WANG,), (LI,))]
    event = Account.AccountsMerged(into=BETA, reason="the same", open_items={WANG: LI})
    assert rows_after(LINEAGE, (ACME, event)) == [LineageRow(BETA, items=(WANG,))]
    assert rows_after(LINEAGE, merged(ACME, BETA, 2), separated(ACME, BETA, 3)) == [LineageRow()]


def test_what_leads_where_is_asked_at_both_clocks(office: Office) -> None:
    office.tell(*registered(ACME, BETA, GAMMA), merged(ACME, BETA, 5), merged(BETA, GAMMA, 7))
    office.tell(separated(ACME, BETA, 9))
    late = office.tell(merged(ACME, BETA, 3))
    found = {}
    for at in (2, 4, 6, 8, 10):
        for known_at in (late - 1, late):
            with office.view(day(at), known_at) as view:
                found[at, known_at == late] = view.leads_to(ACME), view.together(GAMMA)
    assert found[2, True] == found[2, False] == found[4, False] == (ACME, [GAMMA])
    assert found[4, True] == found[6, True] == found[6, False] == (BETA, [GAMMA])
    assert found[8, True] == found[8, False] == (GAMMA, [GAMMA, *sorted([ACME, BETA])])
    assert found[10, True] == found[10, False] == (ACME, [GAMMA, BETA])


def test_the_same_person_is_followed_over_all_merges(office: Office) -> None:
    office.tell(*registered(ACME, BETA, GAMMA), merged(ACME, BETA, 5, {WANG: LI}), merged(BETA, GAMMA, 7, {LI: MEI}))
    with office.view(day(6)) as view:
        assert view.same_people == {WANG: LI}
    with office.view(day(8)) as view:
        assert view.same_people == {WANG: MEI, LI: MEI}


def test_who_sees_an_account_sees_what_was_merged_into_it_by_the_merges_of_now(office: Office) -> None:
    office.tell(*registered(ACME, BETA, GAMMA), (GAMMA, Account.ManagerAssigned(manager=MEI), day(2)))
    hers = Visibility(member=MEI, managers=frozenset({MEI}), scope="own accounts")
    with office.view(day(9), visibility=hers) as view:
        assert view.visible_accounts() == [GAMMA]
    office.tell(merged(ACME, BETA, 5), merged(BETA, GAMMA, 7))
    with office.view(day(1), visibility=hers) as view:
        assert view.visible_accounts() is not None
        assert {*(view.visible_accounts() or ())} == {ACME, BETA, GAMMA}
    office.tell(separated(BETA, GAMMA, 8))
    with office.view(day(7), visibility=hers) as view:
        assert view.visible_accounts() == [GAMMA]
