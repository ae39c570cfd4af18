"""The account itself: registered once, its profile, its manager, what is taken back."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest

from domain.account.account import (
    Account,
    CountNegative,
    NameBlank,
    ParentInCircle,
    ParentIsItself,
    must_make_no_circle,
)
from domain.account.profile import AccountKind, LoyaltyClass
from domain.account.stakeholders import NothingStated
from domain.aggregate import AlreadyOpened, LaterFactForbids, NotYetOpened, OpeningStays
from domain.claims import Claim
from domain.money import NotAnAmount
from tests.domain.given import (
    ROOT,
    after_snapshot,
    contents,
    day,
    eur,
    given,
    history,
    late,
    on,
    recorded,
    some_id,
    without,
)

WEI, ANNA = some_id("Wei"), some_id("Anna")
GROUP = some_id("group")


def registered(name: str = "Huarui Steel", **more: object) -> Account.Registered:
    return Account.Registered(name=name, **more)


def test_a_company_is_registered_with_all_that_is_known():
    account = given(Account)
    facts = {
        "name": "Huarui Steel",
        "kind": AccountKind.DISTRIBUTOR,
        "tax_number": "91310000",
        "address": "Shanghai",
        "industry": "steel",
        "territory": "east",
        "country": "CN",
        "currency": "CNY",
        "parent": GROUP,
        "external_id": "A-1",
    }
    account.register(**facts)
    assert recorded(account) == [Account.Registered(**facts)]
    assert (account.profile.name, account.profile.parent, account.external_id) == ("Huarui Steel", GROUP, "A-1")


@pytest.mark.parametrize("name", ["", "  \t"])
def test_an_account_without_a_name_is_not_registered(name: str):
    account = given(Account)
    with pytest.raises(NameBlank):
        account.register(name=name)
    assert recorded(account) == []


def test_an_account_is_not_its_own_parent():
    with pytest.raises(ParentIsItself):
        given(Account).register(name="Huarui Steel", parent=ROOT)
    with pytest.raises(ParentIsItself):
        given(Account, registered()).change_profile(parent=ROOT)


def test_parents_make_no_circle_over_several_accounts():
    parents: dict[UUID, UUID | None] = {some_id("a"): some_id("b"), some_id("b"): ROOT, ROOT: None}
    must_make_no_circle(some_id("a"), some_id("b"), parents.get)
    must_make_no_circle(ROOT, None, parents.get)
    with pytest.raises(ParentInCircle, match=str(some_id("a"))):
        must_make_no_circle(ROOT, some_id("a"), parents.get)


def test_an_account_is_registered_once():
    with pytest.raises(AlreadyOpened):
        given(Account, registered()).register(name="Huarui Steel")


def test_nothing_is_recorded_before_the_account_is_registered():
    with pytest.raises(NotYetOpened):
        given(Account).assign_manager(manager=WEI)
    with pytest.raises(NotYetOpened):
        given(Account).change_profile(name="Huarui Steel")


def test_the_external_id_belongs_to_one_account():
    assert registered(external_id="A-1").claims(ROOT) == [Claim("account", "", "A-1")]
    assert registered().claims(ROOT) == []


def test_a_changed_profile_records_only_what_changed():
    account = given(Account, registered(industry="steel", territory="east"))
    account.change_profile(industry="steel", territory="north", headcount=900, loyalty=LoyaltyClass.LOYAL)
    assert recorded(account) == [Account.ProfileChanged(territory="north", headcount=900, loyalty=LoyaltyClass.LOYAL)]


def test_every_field_of_the_profile_can_be_changed():
    changed = Account.ProfileChanged(
        name="Huarui Group",
        kind=AccountKind.WHOLESALER,
        tax_number="9",
        address="Suzhou",
        industry="metal",
        territory="north",
        country="DE",
        currency="EUR",
        parent=GROUP,
        industry_survey="growing",
        quality_standard="ISO 9001",
        annual_purchase_volume="12,000 t",
        price_expectation="2 % below last year",
        payment_terms_days=60,
        headcount=1200,
        revenue=eur(5_000_000),
        core_business="coils",
        finances="on plan",
        website="huarui.example",
        loyalty=LoyaltyClass.SWITCHING,
        segment="A",
    )
    stated = {field: getattr(changed, field) for field in changed.__struct_fields__}
    account = given(Account, registered())
    account.change_profile(**stated)
    assert recorded(account) == [changed]
    account.change_profile(**stated)
    assert recorded(account) == []
    assert {field: getattr(account.profile, field) for field in stated} == stated


def test_an_unchanged_profile_records_nothing():
    account = given(Account, registered(industry="steel", parent=GROUP))
    account.change_profile(industry="steel", parent=GROUP)
    assert recorded(account) == []


def test_what_is_no_longer_true_is_cleared():
    account = given(Account, registered(industry="steel", parent=GROUP))
    account.change_profile(industry="", parent=None)
    assert recorded(account) == [Account.ProfileChanged(industry="", parent=None)]
    assert account.profile.parent is None


def test_a_change_that_states_nothing_is_refused():
    with pytest.raises(NothingStated, match="industry_survey"):
        given(Account, registered()).change_profile()


def test_the_name_of_an_account_does_not_become_blank():
    with pytest.raises(NameBlank):
        given(Account, registered()).change_profile(name=" ")


@pytest.mark.parametrize("counted", ["payment_terms_days", "headcount"])
def test_counts_are_not_negative(counted: str):
    account = given(Account, registered())
    with pytest.raises(CountNegative, match=f"{counted} of an account is -1"):
        account.change_profile(**{counted: -1})
    account.change_profile(**{counted: 0})
    assert recorded(account) == [Account.ProfileChanged(**{counted: 0})]


def test_the_revenue_of_a_customer_is_an_amount_at_the_minor_unit():
    account = given(Account, registered())
    account.change_profile(revenue=type(eur(1))(eur(1).amount / 3, "EUR"))
    assert recorded(account) == [Account.ProfileChanged(revenue=eur("0.33"))]
    with pytest.raises(NotAnAmount):
        account.change_profile(revenue=type(eur(1))(eur(1).amount * type(eur(1).amount)("NaN"), "EUR"))


def test_a_manager_is_assigned_and_replaced():
    account = given(Account, registered())
    account.assign_manager(manager=WEI)
    account.assign_manager(manager=WEI, reason="again")
    account.assign_manager(manager=ANNA, reason="moved to Berlin", effective_on=date(2025, 2, 1))
    assert recorded(account) == [
        Account.ManagerAssigned(manager=WEI),
        Account.ManagerAssigned(manager=ANNA, previous=WEI, reason="moved to Berlin", effective_on=date(2025, 2, 1)),
    ]
    assert account.manager == ANNA


def test_a_manager_recorded_late_does_not_replace_the_later_one():
    facts = history(on(day(1), registered()), on(day(9), Account.ManagerAssigned(manager=ANNA)))
    assert late(Account, facts, day(4), lambda a: a.assign_manager(manager=WEI)) == [
        Account.ManagerAssigned(manager=WEI)
    ]
    both = [on(day(9), Account.ManagerAssigned(manager=ANNA)), on(day(4), Account.ManagerAssigned(manager=WEI))]
    assert given(Account, on(day(1), registered()), *both).manager == ANNA


def test_a_fact_before_the_registration_is_refused():
    facts = history(on(day(5), registered()))
    with pytest.raises(NotYetOpened):
        late(Account, facts, day(4), lambda a: a.assign_manager(manager=WEI))
    with pytest.raises(LaterFactForbids, match=r"Account\.Registered"):
        late(Account, facts, day(4), lambda a: a.register(name="Huarui Steel"))


def test_a_withdrawn_change_is_as_if_it_had_not_been():
    facts = history(registered(), Account.ProfileChanged(name="Typo"), Account.ManagerAssigned(manager=WEI))
    account = without(Account, facts, 2)
    assert (account.profile.name, account.manager) == ("Huarui Steel", WEI)
    taken_back = Account.FactWithdrawn(position=3, reason="another account was meant")
    assert given(Account, *[fact.event for fact in facts], taken_back).manager is None


def test_the_registration_is_not_withdrawn():
    with pytest.raises(OpeningStays):
        without(Account, history(registered()), 1)


def test_an_account_comes_back_from_its_snapshot():
    account = given(
        Account,
        registered(parent=GROUP, external_id="A-1"),
        Account.ProfileChanged(revenue=eur(5), loyalty=LoyaltyClass.LOYAL),
        Account.ManagerAssigned(manager=WEI),
    )
    assert contents(after_snapshot(account)) == contents(account)
