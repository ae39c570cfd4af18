"""Accounts that may be one customer: by what, how sure, as of which moment."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from domain.account.account import Account
from domain.visibility import Visibility
from projections.duplicates import CROWD, duplicates
from projections.duplicates_answer import Crowd
from projections.likeness import address_core, domain_of, name_core, neighbours, number_core
from tests.domain.given import day, some_id
from tests.projections.asking import Office
from tests.projections.conftest import EngineOf, Journal, Told

ACME, BETA, GAMMA, MEI = (some_id(name) for name in ("acme", "beta", "gamma", "mei"))


@pytest.mark.parametrize(
    ("name", "core"),
    [
        ("Harbour Foods Co., Ltd.", "harbourfoods"),
        ("HARBOUR-FOODS GmbH", "harbourfoods"),
        ("Harbour Foods GmbH & Co. KG", "harbourfoods"),
        ("Harbour Foods S.A.", "harbourfoods"),
        ("Ｈａｒｂｏｕｒ　Ｆｏｏｄｓ", "harbourfoods"),
        ("Società Müller S.p.A.", "societamuller"),
        ("海港食品有限公司", "海港食品"),
        ("海港食品股份有限公司", "海港食品"),
        ("海港食品（中国）有限公司", "海港食品中国"),
        ("Company Ltd", "companyltd"),
        ("有限公司", "有限公司"),
        ("...", ""),
    ],
)
def test_a_name_is_compared_without_legal_form_case_and_width(name: str, core: str) -> None:
    assert name_core(name) == core


def test_names_are_neighbours_where_one_sign_is_missing_or_another() -> None:
    assert neighbours("acme") == {"acme"}
    assert neighbours("") == set()
    assert neighbours("harbour") & neighbours("harbor")
    assert neighbours("harbour") & neighbours("harbeur")
    assert not neighbours("harbour") & neighbours("hrbor")


@pytest.mark.parametrize(
    ("stated", "domain"),
    [
        ("https://www.Acme.com/about?x=1", "acme.com"),
        ("acme.com:8080", "acme.com"),
        ("sales@acme.com", "acme.com"),
        ("none", ""),
        ("", ""),
    ],
)
def test_a_website_is_compared_by_its_host(stated: str, domain: str) -> None:
    assert domain_of(stated) == domain


def test_numbers_and_addresses_are_compared_without_signs() -> None:
    assert number_core("de 123-456") == number_core("DE123456") == "DE123456"
    assert address_core("1, Quai St.") == address_core("1 QUAI ST") == "1quaist"
    assert address_core("Bonn") == ""


@pytest.fixture
def office(journal: Journal, engine_of: EngineOf) -> Office:
    return Office(journal, engine_of)


def registered(account: UUID, at: int = 1, **more: Any) -> Told:
    return account, Account.Registered(**{"name": "Acme", **more}), day(at)


def pairs(office: Office, at: int = 20, known_at: int | None = None, **more: Any) -> list[tuple[Any, ...]]:
    with office.view(day(at), known_at) as view:
        found = duplicates(view, **more).candidates
    return [
        (each.first.account, each.second.account, each.score, [reason.what for reason in each.reasons])
        for each in found
    ]


def test_candidates_have_reasons_with_their_events_and_a_score(office: Office) -> None:
    office.tell(
        registered(ACME, name="Harbour Foods Co., Ltd.", tax_number="DE 1", external_id="A-1"),
        registered(BETA, name="Harbour Foods GmbH", tax_number="DE-1"),
        registered(GAMMA, name="Harbor Foods", address="1 Quai Street"),
        (BETA, Account.ProfileChanged(address="1, quai street"), day(3)),
        (ACME, Account.ProfileChanged(website="https://www.harbour.example/"), day(4)),
        (GAMMA, Account.ProfileChanged(website="harbour.example"), day(5)),
    )
    assert pairs(office) == [
        (ACME, BETA, 96, ["tax_number", "name"]),
        (GAMMA, ACME, 74, ["website", "similar_name"]),
        (GAMMA, BETA, 51, ["similar_name", "address"]),
    ]
    assert pairs(office, at_least=75) == pairs(office, account=BETA)[:1] == [(ACME, BETA, 96, ["tax_number", "name"])]
    with office.view(day(20)) as view:
        first, second, _ = duplicates(view).candidates
    assert (first.first.external_id, first.first.name) == ("A-1", "Harbour Foods Co., Ltd.")
    assert [(each.first, each.second, each.positions) for each in first.reasons] == [
        ("DE 1", "DE-1", [1, 2]),
        ("Harbour Foods Co., Ltd.", "Harbour Foods GmbH", [1, 2]),
    ]
    assert second.reasons[0].positions == [5, 6]


def test_candidates_are_those_of_the_moment_and_of_what_was_known(office: Office) -> None:
    office.tell(registered(ACME, name="Acme"), registered(BETA, name="Beta"))
    late = office.tell((BETA, Account.ProfileChanged(name="Acme Ltd"), day(9)))
    late = office.tell((BETA, Account.ProfileChanged(name="Acme Inc"), day(5)))
    alike = [(ACME, BETA, 60, ["name"])]
    assert (pairs(office, 4), pairs(office, 6), pairs(office, 10)) == ([], alike, alike)
    assert (pairs(office, 6, late - 1), pairs(office, 10, late - 1)) == ([], alike)


def test_different_tax_numbers_speak_against_two_of_one_name(office: Office) -> None:
    office.tell(registered(ACME, tax_number="DE 1"), registered(BETA, tax_number="DE 2"))
    assert pairs(office) == []
    assert [score for _, _, score, _ in pairs(office, at_least=30)] == [30]
    with office.view(day(20)) as view:
        (pair,) = duplicates(view, at_least=0).candidates
    assert pair.tax_numbers_differ


def test_a_parent_and_its_child_and_what_was_merged_are_no_candidates(office: Office) -> None:
    office.tell(registered(ACME), registered(BETA, parent=ACME), registered(GAMMA, parent=BETA))
    assert pairs(office) == []
    office.tell((GAMMA, Account.ProfileChanged(parent=None), day(3)))
    assert {pair[:2] for pair in pairs(office)} == {tuple(sorted([ACME, GAMMA])), tuple(sorted([BETA, GAMMA]))}
    office.tell((GAMMA, Account.AccountsMerged(into=BETA, reason="the same"), day(4)))
    assert pairs(office) == []


def test_what_very_many_share_is_left_out_and_said(office: Office) -> None:
    many = [some_id(f"shop {n}") for n in range(CROWD + 1)]
    office.tell(*(registered(each, name=f"{n} {n}", address="Mall Road 1") for n, each in enumerate(many)))
    with office.view(day(20)) as view:
        answer = duplicates(view, at_least=0)
    assert answer.candidates == []
    assert answer.crowds == [Crowd("address", "mallroad1", CROWD + 1)]


def test_candidates_are_found_among_what_the_asker_sees(office: Office) -> None:
    office.tell(registered(ACME), registered(BETA), (ACME, Account.ManagerAssigned(manager=MEI), day(2)))
    hers = Visibility(member=MEI, managers=frozenset({MEI}), scope="own accounts")
    with office.view(day(20), visibility=hers) as view:
        assert duplicates(view).candidates == []
    office.tell((BETA, Account.ManagerAssigned(manager=MEI), day(2)))
    with office.view(day(20), visibility=hers) as view:
        assert len(duplicates(view).candidates) == 1
