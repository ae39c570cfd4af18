"""Who may: every route, every role, one's own and a foreign account, from the OpenAPI document."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from api.access import names_an_account
from domain.account.account import Account
from domain.aggregate import ROOTS
from domain.experiment.experiment import Experiment
from domain.member import Member, Role
from tests.api.office import Office, open_office, shipped_key
from tests.conftest import new_database

EVERYTHING = ("forecaster", "auditor", "integrator", "admin")
OF_PERSONS = ("/members", "/people", "/subscriptions")
OF_THE_COMPANY = ("/strategies", "/programmes", "/experiments")
BELONGING = {"opportunities": " deal", "issues": " issue", "plans": " plan"}
FOR_AUDITORS = "/audit/report/{id}"
"""Nobody else reads it, not even of his own account."""
VISITS = {"own": uuid4(), "foreign": uuid4()}
Routes = list[tuple[str, str, dict[str, Any]]]


@pytest.fixture(scope="module")
def office(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Office]:
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as opened:
            for whose, visit in VISITS.items():
                opened.give(Account, opened.ids[whose], "visits.log", visit_id=str(visit))
            opened.caught_up()
            yield opened


@pytest.fixture(scope="module")
def routes(office: Office) -> Routes:
    """Method, path and operation of everything that there is."""
    paths = office.client.get("/openapi.json").json()["paths"]
    return [(method.upper(), path, each) for path, methods in paths.items() for method, each in methods.items()]


def id_for(office: Office, path: str, whose: str) -> UUID:
    """The id of one's own or the foreign thing that a path is about."""
    if path.startswith("/members"):
        return office.members["colleague"]
    noun = path.split("/")[1]
    return office.ids[noun if path.startswith(OF_THE_COMPANY) else whose + BELONGING.get(noun, "")]


def asked(office: Office, method: str, path: str, who: str, whose: str = "foreign") -> int:
    filled = path.replace("{id}", str(id_for(office, path, whose))).replace("{key}", shipped_key(path))
    filled = filled.replace("{visit}", str(VISITS[whose])).replace("{account}", str(office.ids[whose]))
    body = None if method == "GET" else {"no such field": 1}
    return office.request(method, filled, who, json=body).status_code


def test_without_a_key_there_is_nothing_but_health_and_the_document(office: Office, routes: Routes) -> None:
    for method, path, operation in routes:
        filled = path.replace("{id}", str(uuid4())).replace("{key}", shipped_key(path))
        status = office.client.request(method, filled, json={}).status_code
        assert (status == 401) == (operation.get("security") != []), (method, path)


@pytest.mark.parametrize("who", ["manager", "director", "nobody"])
def test_a_foreign_account_does_not_exist(office: Office, routes: Routes, who: str) -> None:
    concerned = [(m, p) for m, p, _ in routes if "{id}" in p and not p.startswith((*OF_PERSONS, *OF_THE_COMPANY))]
    assert len(concerned) > 30
    for method, path in concerned:
        assert asked(office, method, path, who) == 404, (method, path)


@pytest.mark.parametrize("who", EVERYTHING)
def test_who_sees_everything_changes_no_account_but_an_admin(office: Office, routes: Routes, who: str) -> None:
    for method, path, _ in routes:
        if "{id}" not in path or path.startswith((*OF_PERSONS, *OF_THE_COMPANY)):
            continue
        reads = method == "GET" and (path != FOR_AUDITORS or who in ("auditor", "admin"))
        expected = 200 if reads else 422 if who == "admin" else 403
        assert asked(office, method, path, who) == expected, (method, path)


@pytest.mark.parametrize("who", ["manager", "director"])
def test_ones_own_accounts_are_changed(office: Office, routes: Routes, who: str) -> None:
    for method, path, _ in routes:
        if "{id}" in path and not path.startswith((*OF_PERSONS, *OF_THE_COMPANY)):
            expected = 403 if path == FOR_AUDITORS else 200 if method == "GET" else 422
            assert asked(office, method, path, who, "own") == expected, (method, path)


@pytest.mark.parametrize("who", [role.value for role in Role] + ["nobody"])
def test_members_and_policies_are_the_admins(office: Office, routes: Routes, who: str) -> None:
    for method, path, _ in routes:
        if path.startswith("/policies"):
            expected = 200 if method == "GET" else 422 if who == "admin" else 403
        elif path.startswith("/members/{id}"):
            sees = who in ("admin", "auditor")
            expected = (200 if sees else 404) if method == "GET" else 422 if who == "admin" else 403 if sees else 404
        elif path == "/members":
            expected = 422 if who == "admin" else 403
        else:
            continue
        assert asked(office, method, path, who) == expected, (method, path)


@pytest.mark.parametrize("who", [role.value for role in Role] + ["nobody"])
def test_what_is_the_companys_is_read_by_all_and_changed_by_who_directs(
    office: Office, routes: Routes, who: str
) -> None:
    for method, path, operation in routes:
        if not (path.startswith(OF_THE_COMPANY) and "{id}" in path):
            continue
        changers = {"director", "admin"} | ({"manager"} if _names_an_account(operation) else set())
        read = 404 if "{account}" in path else 200  # no partner of the programme
        expected = read if method == "GET" else 422 if who in changers else 403
        assert asked(office, method, path, who) == expected, (method, path)


def _names_an_account(operation: dict[str, Any]) -> bool:
    kind, _, command = operation["operationId"].partition(".")
    return kind in ROOTS and names_an_account(ROOTS[kind], command)


def test_of_the_companys_own_what_concerns_a_foreign_account_is_refused(office: Office, routes: Routes) -> None:
    for _, path, operation in routes:
        if path.startswith(OF_THE_COMPANY) and "{id}" in path and _names_an_account(operation):
            body = {"account": str(office.ids["foreign"])}
            status = office.post(path.replace("{id}", str(id_for(office, path, "own"))), body).status_code
            assert status in (404, 422), path


def test_a_fact_of_the_companys_own_is_taken_back_by_who_could_record_it(office: Office) -> None:
    experiment = office.ids["experiments"]
    taken = {
        whose: office.give(Experiment, experiment, "record_result", account=str(office.ids[whose]), value="5")
        for whose in ("foreign", "own")
    }
    begun = next(iter(office.journal.streams.history(experiment))).position
    path = f"/experiments/{experiment}/withdraw"
    for who in ("manager", "director"):
        assert office.post(path, {"position": taken["foreign"], "reason": "x"}, who).status_code == 404, who
    for who in ("auditor", "forecaster", "integrator", "nobody"):
        assert office.post(path, {"position": taken["own"], "reason": "x"}, who).status_code == 403, who
    for position in (begun, 10**9):
        assert office.post(path, {"position": position, "reason": "x"}).status_code == 403
    one = {"aggregate": "experiment", "id": str(experiment), "command": "withdraw"}
    bodies = [{**one, "body": {"position": taken[whose], "reason": "x"}} for whose in ("foreign", "own")]
    answers = office.post("/commands", {"commands": bodies}).json()["results"]
    assert [each["status"] for each in answers] == [404, 200]


def test_a_customer_named_beside_is_one_that_the_asker_sees(office: Office) -> None:
    path = f"/programmes/{office.ids['programmes']}/network/serve"
    body = {"account": str(office.ids["own"]), "document_no": "D1", "what": "pumps"}
    served = {**body, "customer": str(office.ids["foreign"])}
    assert office.post(path, served).status_code == 404
    assert office.post(path, served, "admin").status_code == 409  # no partner


def test_an_issue_names_no_opportunity_of_another_account(office: Office) -> None:
    body = {"account": str(office.ids["own"]), "kind": "question", "severity": 4, "category": "x", "description": "y"}
    told = []
    for deal in (office.ids["foreign deal"], uuid4()):
        answer = office.post("/issues", {**body, "opportunity": str(deal)})
        assert answer.status_code == 409
        told.append(answer.json()["detail"].replace(str(deal), ""))
    assert told[0] == told[1]
    assert office.post("/issues", {**body, "opportunity": str(office.ids["own deal"])}).status_code == 201


def test_lists_and_sums_hold_what_the_asker_sees(office: Office) -> None:
    expected = {"manager": {"own"}, "director": {"own"}, "colleague": {"foreign"}, "nobody": set()}
    for who, names in {**expected, **{who: {"own", "foreign"} for who in EVERYTHING}}.items():
        shown = {line["name"] for line in office.get("/accounts", who).json()["accounts"]}
        assert shown == names, who
        healthy = {line["name"] for line in office.get("/relationship-health", who).json()["accounts"]}
        assert healthy == names, who
        deals = {line["account"] for line in office.get("/opportunities", who).json()["opportunities"]}
        assert deals == {str(office.ids[name]) for name in names}, who
        stages = office.get("/funnel", who).json()["stages"]
        assert sum(stage["count"] for stage in stages) == len(names), who


def test_a_foreign_account_cannot_be_asked_for_by_a_filter(office: Office) -> None:
    foreign = office.ids["foreign"]
    assert office.get("/relationship-health", account=foreign).status_code == 404
    assert office.get("/events", account=foreign).status_code == 404
    assert office.get("/funnel", account=foreign).json()["stages"] == []
    assert office.get("/opportunities", account=foreign).json()["opportunities"] == []


def test_an_opportunity_is_opened_on_accounts_that_one_sees_only(office: Office) -> None:
    foreign, unknown = {"account": str(office.ids["foreign"]), "title": "x"}, {"account": str(uuid4()), "title": "x"}
    assert office.post("/opportunities", foreign).status_code == 404
    assert office.post("/opportunities", unknown).status_code == 404
    assert office.post("/opportunities", foreign, "auditor").status_code == 403


def test_the_new_manager_sees_the_whole_past_and_the_former_one_nothing(office: Office) -> None:
    account = office.account("Handed over", "manager")
    assert office.get(f"/accounts/{account}").status_code == 200
    assert office.get(f"/accounts/{account}", "colleague").status_code == 404
    office.give(Account, account, "assign_manager", manager=str(office.members["colleague"]))
    assert office.get(f"/accounts/{account}").status_code == 404
    assert office.get(f"/accounts/{account}", "colleague", as_of="2026-01-05T09:00:00Z").status_code == 200
    types = [e["type"] for e in office.get("/events", "colleague", account=account).json()["events"]]
    assert types[0] == "Account.Registered"


def test_a_director_sees_the_accounts_of_managers_in_his_territory(office: Office) -> None:
    office.member("northerner", Role.MANAGER, territory="north")
    account = office.account("No territory of its own", "northerner")
    assert office.get(f"/accounts/{account}", "director").status_code == 200


def test_a_role_taken_away_is_gone_at_once(office: Office) -> None:
    office.member("for a while", Role.AUDITOR)
    assert office.get(f"/accounts/{office.ids['foreign']}", "for a while").status_code == 200
    office.give(Member, office.members["for a while"], "revoke_role", role="auditor")
    assert office.get(f"/accounts/{office.ids['foreign']}", "for a while").status_code == 404


def test_a_key_does_what_its_scopes_say(office: Office) -> None:
    office.member("reader", Role.MANAGER, Role.ADMIN, scopes=["read"])
    office.member("writer", Role.MANAGER, scopes=["write"])
    assert office.post("/accounts", {"name": "x"}, "reader").status_code == 403
    assert office.request("PUT", "/policies/company", "reader", json={}).status_code == 403
    assert office.post("/accounts", {"name": "Written"}, "writer").status_code == 201
    assert office.get("/accounts", "writer").status_code == 403
    assert office.get("/events", "writer").status_code == 403


def test_wrong_revoked_and_expired_keys_are_told_nothing(office: Office) -> None:
    good = office.keys["auditor"]
    office.keys["tampered"] = good[:-1] + ("A" if good[-1] != "A" else "B")
    office.keys["garbage"] = "kams_nonsense"
    office.keys["unknown"] = "kams_0123456789abcdef_" + "x" * 43
    body = {"scopes": ["read"], "expires": (datetime.now(UTC) + timedelta(seconds=0.3)).isoformat()}
    issued = office.post(f"/members/{office.members['nobody']}/issue-key", body, "admin")
    office.keys["expired"] = issued.json()["key"]
    assert office.get("/me", "expired").status_code == 200
    while datetime.now(UTC) < datetime.fromisoformat(body["expires"]):  # type: ignore[arg-type]
        pass
    told = {who: office.get("/me", who) for who in ("tampered", "garbage", "unknown", "expired")}
    assert {answer.status_code for answer in told.values()} == {401}
    assert len({answer.json()["detail"] for answer in told.values()}) == 1
    assert all(answer.headers["www-authenticate"].startswith("Bearer") for answer in told.values())


def test_refused_attempts_and_reads_of_personal_data_are_in_the_access_log(office: Office) -> None:
    person = {"stakeholder_id": str(uuid4()), "name": "Li Lei"}
    office.post(f"/accounts/{office.ids['own']}/stakeholders/add", person)
    office.get(f"/accounts/{office.ids['foreign']}")
    assert office.log()[0] == ("refused", office.members["manager"], 404, "NotFound")
    office.get(f"/accounts/{office.ids['own']}")
    assert office.log()[0] == ("personal", office.members["manager"], 200, "Account.show")
    office.get("/me", "forecaster")  # signs in
    before = office.log()
    shown = office.get(f"/accounts/{office.ids['own']}", "forecaster").json()["stakeholders"]
    assert [each["name"] for each in shown if each["id"] == person["stakeholder_id"]] == [None]
    assert office.log() == before


def test_the_access_log_cannot_be_changed(office: Office) -> None:
    office.get(f"/accounts/{office.ids['foreign']}")
    with office.journal.pool.connection() as connection, pytest.raises(Exception, match="append-only"):
        connection.execute("delete from access_log")
