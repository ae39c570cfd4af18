"""An account that one may not see is not named by any page, however its identifier came into the address."""

import re

import pytest

ADDRESSES = (
    "/console/funnel?account={id}",
    "/console/funnel?account={id}&show=board",
    "/console/funnel?account={id}&show=bridge",
    "/console/forecast?account={id}",
    "/console/why?explain=funnel%3Faccount%3D{id}%26measure%3Damount",
    "/console/why?explain=funnel%3Faccount%3D{id}%26measure%3Dcount",
    "/console/why?explain=buying%3Faccount%3D{id}",
    "/console/why?explain=balance%3Faccount%3D{id}",
    "/console/why?explain=visits%3Faccount%3D{id}",
    "/console/why?explain=health%2F{id}",
    "/console/why?explain=portfolio%2F{id}",
    "/console/account/{id}",
    "/console/visits?account={id}",
    "/console/visits/log?account={id}",
    "/console/issues?account={id}",
    "/console/plans?account={id}",
    "/console/accounts?search=foreign",
)


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_foreign_account_is_named_nowhere(office, address):
    answer = office.request("GET", address.format(id=office.ids["foreign"]))
    assert answer.status_code in (200, 404, 422)
    assert ">foreign<" not in answer.text
    assert "account foreign" not in answer.text


@pytest.mark.parametrize("address", ADDRESSES[:9])
def test_the_same_addresses_name_an_account_of_ones_own_or_answer(office, address):
    assert office.request("GET", address.format(id=office.ids["own"])).status_code == 200


def test_the_class_of_an_account_says_among_which_it_is_for_who_does_not_see_all(office):
    body = {"document_no": "R-1", "revenue": {"amount": "12.50", "currency": "EUR"}}
    assert office.post(f"/accounts/{office.ids['own']}/purchases/add", body).is_success
    office.caught_up()
    address = f"/console/account/{office.ids['own']}/section/class"
    assert "Class A of the accounts that you see" in office.request("GET", address).text
    assert re.search(r">\s*Class A\s*<", office.request("GET", address, "auditor").text)
