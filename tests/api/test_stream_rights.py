"""Who sees what in the stream, over HTTP and as a subscription brings it: by role, key, account and person."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.account.account import Account
from domain.journal.context import Context
from domain.journal.forgetting import forget
from domain.journal.journal import Journal
from domain.keys import RANDOM_BYTES, make_key
from domain.member import Member, Role
from domain.person_forgetting import PersonKind
from domain.rights import Newest, Rights
from domain.subscription.subscription import StreamFilter, Subscription
from projections.streams.feed import Feed
from projections.streams.reading import page
from projections.streams.receiver import Receiver
from projections.streams.subscriptions import visibility_for
from tests.api.office import Office, open_office
from tests.conftest import new_database

NDJSON = {"Accept": "application/x-ndjson"}
SEES: dict[str, set[str]] = {
    "manager": {"own", "merged", "taken over"},
    "director": {"own", "merged"},
    "colleague": {"foreign", "handed over", "merged"},
    "nobody": set(),
    "forecaster": {"own", "foreign", "merged", "taken over", "handed over", "of nobody", "of no account"},
}
SEES |= dict.fromkeys(("auditor", "integrator", "admin"), SEES["forecaster"])
"""Of which accounts: what was merged is seen by who sees that into which it was merged, and by its own manager."""
READS_PERSONAL = {"manager", "director", "colleague", "auditor", "integrator", "admin"}


@pytest.fixture(scope="module")
def office(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Office]:
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as opened:
            _furnish(opened)
            yield opened


def _furnish(office: Office) -> None:
    """Accounts that changed hands, and one merged into the manager's own; in each a person with a name."""
    colleague, manager = office.members["colleague"], office.members["manager"]
    office.account("handed over", "manager")
    office.account("taken over", "colleague")
    office.account("merged", "colleague")
    office.account("of nobody")
    office.ids["ann"] = uuid4()
    for name in ("own", "foreign", "handed over", "taken over", "merged", "of nobody"):
        person = office.ids["ann"] if name == "own" else uuid4()
        office.give(Account, office.ids[name], "stakeholders.add", stakeholder_id=str(person), name=f"Ann of {name}")
    office.give(Account, office.ids["handed over"], "assign_manager", manager=str(colleague))
    office.give(Account, office.ids["taken over"], "assign_manager", manager=str(manager))
    office.give(Account, office.ids["merged"], "merge", into=str(office.ids["own"]), reason="the same", people={},
                open_items={})  # fmt: skip
    for who in [*SEES]:
        key = make_key(os.urandom(RANDOM_BYTES))
        office.give(Member, office.members[who], "issue_key", key_id=key.id, secret_hash=key.hash, scopes=["stream"])
        office.keys[f"{who} streams"] = key.text


def told(office: Office, who: str, **parameters: Any) -> list[dict[str, Any]]:
    """The events that somebody is told, as one stream."""
    answer = office.request("GET", "/events", who, headers=NDJSON, params=parameters)
    assert answer.status_code == 200, answer.text
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert lines[-1]["examined"] == lines[-1]["head"]
    return lines[:-1]


def names_of(office: Office, events: list[dict[str, Any]]) -> set[str]:
    """Of which accounts the events are, by the test's names for them."""
    names = {str(office.ids[name]): name for name in SEES["forecaster"] if name in office.ids}
    return {names[each["account"]] if each.get("account") else "of no account" for each in events}


def people_in(events: list[dict[str, Any]]) -> set[str | None]:
    """The names of persons that events tell."""
    return {each["data"]["fields"]["name"] for each in events if each["type"] == "Account.StakeholderAdded"}


@pytest.mark.parametrize("who", SEES)
def test_everybody_is_told_of_the_accounts_that_are_his_now_with_all_of_their_past(office: Office, who: str) -> None:
    events = told(office, who)
    assert names_of(office, events) == SEES[who]
    assert names_of(office, told(office, f"{who} streams")) == SEES[who]
    for name in SEES[who] - {"of no account"}:
        first = next(each for each in events if each.get("account") == str(office.ids[name]))
        assert first["type"] == "Account.Registered", name


@pytest.mark.parametrize("who", SEES)
def test_names_of_people_are_told_to_keys_that_read_and_roles_that_may(office: Office, who: str) -> None:
    people = people_in(told(office, who))
    named = {f"Ann of {name}" for name in SEES[who] - {"of no account"}}
    assert people == (named if who in READS_PERSONAL else {None} if named else set())
    assert people_in(told(office, f"{who} streams")) <= {None}


def test_what_is_sealed_is_said_to_be_so_and_null_without_the_scope(office: Office) -> None:
    wanted = {"type": "Account.StakeholderAdded", "account": office.ids["own"]}
    with_scope, without = (told(office, who, **wanted)[0] for who in ("integrator", "integrator streams"))
    assert with_scope["data"]["sealed"] == without["data"]["sealed"]
    assert "/fields/name" in without["data"]["sealed"]
    assert (with_scope["data"]["fields"]["name"], without["data"]["fields"]["name"]) == ("Ann of own", None)
    assert "Ann" not in json.dumps(without)


@pytest.mark.parametrize("who", ["manager", "director", "nobody"])
def test_a_foreign_account_is_none_that_could_be_asked_for(office: Office, who: str) -> None:
    for account in (office.ids["foreign"], uuid4()):
        assert office.get("/events", who, account=account).status_code == 404


def test_reads_of_personal_data_are_noted_as_exports_and_others_are_not(office: Office) -> None:
    told(office, "auditor streams")  # signs in
    before = office.log()
    told(office, "auditor streams")
    assert office.log() == before
    told(office, "auditor")
    assert office.log()[0] == ("exported", office.members["auditor"], 200, "events")


def test_neither_write_nor_admin_alone_reads_the_stream(office: Office) -> None:
    office.member("writer", Role.ADMIN, scopes=["write", "admin"])
    assert office.get("/events", "writer").status_code == 403
    assert office.get("/events/stream", "writer", to=0).status_code == 403


# What a subscription brings


def subscribed(office: Office, owner: str, *, personal: bool) -> Subscription:
    key = uuid4()
    office.give(
        Subscription, key, "open", name=f"s-{key}", owner=str(office.members[owner]), address="https://example.com/",
        secret="whsec_1", personal=personal,
    )  # fmt: skip
    return office.journal.known(Subscription, key)


def brought(journal: Journal, subscription: Subscription) -> list[dict[str, Any]]:
    """What a worker would bring of everything."""
    feed, rights = Feed(journal), Rights(Newest(journal))
    while feed.publish() < journal.streams.head():
        pass
    receiver = Receiver(rights, journal.people, visibility_for(rights, subscription))
    journal.people.look()
    with journal.pool.connection() as connection:
        rows = page(connection, 0, 100_000, StreamFilter()).rows
    return [json.loads(event) for event in receiver.events(receiver.seen(rows))]


def test_a_subscription_brings_what_its_owner_is_told_by_any_other_transport(office: Office) -> None:
    for personal, who in ((False, "integrator streams"), (True, "integrator")):
        subscription = subscribed(office, "integrator", personal=personal)
        assert brought(office.journal, subscription) == told(office, who)


def test_a_subscription_of_who_left_or_lost_the_role_brings_nothing(office: Office) -> None:
    office.member("leaver", Role.INTEGRATOR)
    office.member("loser", Role.INTEGRATOR, Role.AUDITOR)
    leaver, loser = (subscribed(office, who, personal=True) for who in ("leaver", "loser"))
    assert len(brought(office.journal, leaver)) == len(brought(office.journal, loser)) > 10
    office.give(Member, office.members["leaver"], "leave")
    office.give(Member, office.members["loser"], "revoke_role", role="integrator")
    assert brought(office.journal, leaver) == brought(office.journal, loser) == []
    assert office.get("/events", "leaver").status_code == 401


def test_an_owner_whose_role_may_not_read_personal_data_any_more_gets_none(office: Office) -> None:
    office.member("changing", Role.INTEGRATOR)
    subscription = subscribed(office, "changing", personal=True)
    assert "Ann of own" in people_in(brought(office.journal, subscription))
    office.give(Member, office.members["changing"], "revoke_role", role="integrator")
    office.give(Member, office.members["changing"], "grant_role", role="forecaster")
    assert people_in(told(office, "changing")) == {None}
    assert brought(office.journal, subscription) == []


# What the company's own streams tell of an account


def company_facts(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each for each in events if each["type"].partition(".")[0] in ("PartnerProgramme", "Experiment")]


@pytest.fixture(scope="module")
def partners(office: Office) -> set[int]:
    """Accounts in one programme, by the word of somebody each; one enrolment is taken back. A test of two of them.
    Returns the positions of what is about an account."""
    programme, found = office.ids["programmes"], set()
    for name in ("own", "foreign", "merged before", "of nobody"):
        if name == "merged before":
            office.account(name, "colleague")
        enrolled = office.post(
            f"/programmes/{programme}/partners/enrol",
            {"account": str(office.ids[name]), "member": str(office.members["manager"]), "reason": "sells parts on",
             "agreement": f"Wang of {name}", "occurred_at": "2026-01-06"}, "admin")  # fmt: skip
        assert enrolled.status_code == 200, enrolled.text
        found.add(enrolled.json()["position"])
        if name == "foreign":
            withdrawal = {"position": enrolled.json()["position"], "reason": "by mistake"}
            back = office.post(f"/programmes/{programme}/withdraw", withdrawal, "admin")
            assert back.status_code == 200, back.text
            found.add(back.json()["position"])
    for name in ("own", "foreign"):
        result = {"account": str(office.ids[name]), "value": "7", "evidence": f"Li of {name}", "on": "2026-01-08"}
        answer = office.post(f"/experiments/{office.ids['experiments']}/record-result", result, "admin")
        assert answer.status_code == 200, answer.text
        found.add(answer.json()["position"])
    office.give(Account, office.ids["merged before"], "merge", into=str(office.ids["own"]), reason="the same",
                people={}, open_items={})  # fmt: skip
    return found


TOLD_OF_COMPANY: dict[str, set[str]] = {
    "manager": {"own", "merged before"},
    "director": {"own", "merged before"},
    "colleague": {"foreign", "merged before"},
    "nobody": set(),
    "auditor": {"own", "foreign", "merged before", "of nobody"},
}
"""Whose facts of the programme and of the test somebody is told; only who sees everything gets those of no account."""


@pytest.mark.parametrize("who", TOLD_OF_COMPANY)
def test_what_a_programme_or_a_test_tells_of_an_account_is_told_to_who_sees_that_account(
    office: Office, partners: set[int], who: str
) -> None:
    names = {str(office.ids[name]): name for name in TOLD_OF_COMPANY["auditor"]}
    events = company_facts(told(office, who))
    assert {names[each["account"]] for each in events if "account" in each} == TOLD_OF_COMPANY[who]
    companys = {each["type"] for each in events if "account" not in each}
    assert companys == ({"PartnerProgramme.Opened", "Experiment.Started"} if who == "auditor" else set())
    seen = {each["position"] for each in events}
    for position in partners:
        assert office.get(f"/events/{position}", who).status_code == (200 if position in seen else 404)
    agreed = {each["data"]["fields"].get("agreement") for each in events if each["type"].endswith("PartnerEnrolled")}
    assert agreed == {f"Wang of {name}" for name in TOLD_OF_COMPANY[who]}
    without = company_facts(told(office, f"{who} streams"))
    assert ([each["position"] for each in without], "Wang" in str(without)) == (sorted(seen), False)


def test_they_stream_to_who_follows_and_filters_by_account_and_territory_find_them(
    office: Office, partners: set[int]
) -> None:
    to = office.journal.streams.head()
    live = office.get("/events/stream", "manager", after=0, to=to, type="PartnerProgramme,Experiment").text
    expected = company_facts(told(office, "manager"))
    lines = [json.loads(line.partition(":")[2]) for line in live.splitlines() if line.startswith("data:")]
    assert [each for each in lines if "type" in each] == expected
    kinds = {"type": "PartnerProgramme,Experiment"}
    of_own = told(office, "admin", account=office.ids["own"], **kinds)
    assert [each["position"] for each in of_own] == [each["position"] for each in expected]
    north, south = (told(office, "admin", territory=where, **kinds) for where in ("north", "south"))
    assert {each["account"] for each in north} == {str(office.ids["own"])}
    assert [each["type"].partition(".")[2] for each in south] == ["PartnerEnrolled", "FactWithdrawn", "ResultRecorded"]
    assert {each["account"] for each in south} == {str(office.ids["foreign"])}
    assert {each["territory"] for each in south} == {"south"}


def test_what_took_back_an_enrolment_changes_nothing_of_other_partners(office: Office, partners: set[int]) -> None:
    (back,) = told(office, "colleague", type="PartnerProgramme.FactWithdrawn")
    assert back["account"] == str(office.ids["foreign"])
    assert {each["path"] for each in back["data"]["changes"]} == {f"/partners/stretches/{office.ids['foreign']}"}


def test_a_subscription_brings_them_to_its_owner(office: Office, partners: set[int]) -> None:
    office.member("seeing own", Role.INTEGRATOR)
    subscription = subscribed(office, "seeing own", personal=True)
    assert partners <= {each["position"] for each in brought(office.journal, subscription)}


# Afterwards: these change what the others see


def test_after_a_handover_the_former_manager_is_told_nothing_and_the_new_one_all(office: Office) -> None:
    account = office.account("moving", "manager")
    assert str(account) in {each["account"] for each in told(office, "manager")}
    office.give(Account, account, "assign_manager", manager=str(office.members["colleague"]))
    assert str(account) not in {each["account"] for each in told(office, "manager")}
    new = [each["type"] for each in told(office, "colleague", account=account)]
    assert new == ["Account.Registered", "Account.ManagerAssigned", "Account.ManagerAssigned"]


def test_a_forgotten_person_is_absent_from_replays_too(office: Office) -> None:
    other = Journal(office.journal.database_url)  # another process forgets
    subscription = subscribed(office, "integrator", personal=True)
    assert "Ann of own" in people_in(brought(office.journal, subscription))
    people: dict[UUID, PersonKind] = {office.ids["ann"]: PersonKind.STAKEHOLDER}
    forget(other, people, Context(at=datetime.now(UTC)), reason="asked for it")
    other.close()
    for events in (brought(office.journal, subscription), *(told(office, who) for who in ("integrator", "manager"))):
        assert "Ann of own" not in json.dumps(events)
        assert None in people_in(events)
        assert "Ann of taken over" in people_in(events)
