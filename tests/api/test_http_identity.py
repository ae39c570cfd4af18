"""What is asked over HTTP by an external id, and what the command line asks besides."""

from collections.abc import Iterator

import pytest

from domain.account.account import Account
from tests.api.office import Office, open_office
from tests.conftest import new_database


@pytest.fixture(scope="module")
def office(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Office]:
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as opened:
            for key, who in (("A-17", "manager"), ("A-18", "colleague")):
                told = opened.post("/accounts", {"name": f"Account {key}", "external_id": key}, who).json()
                deal = {"account": told["id"], "title": f"Deal of {key}", "external_id": f"O {key}/1"}
                opened.ids[key] = told["id"]
                opened.ids[f"deal {key}"] = opened.post("/opportunities", deal, who).json()["id"]
            opened.caught_up()
            yield opened


def test_a_path_takes_an_external_id(office: Office) -> None:
    by_id, by_name = office.get(f"/accounts/{office.ids['A-17']}"), office.get("/accounts/A-17")
    assert by_name.json()["account"] == by_id.json()["account"] == office.ids["A-17"]
    told = office.post("/accounts/A-17/change-profile", {"industry": "Steel"})
    assert told.json()["id"] == office.ids["A-17"]
    assert office.get("/members/manager").json()["id"] == str(office.members["manager"])
    deal = office.get("/opportunities", external_id="O A-17/1").json()["opportunities"]
    assert [(line["id"], line["external_id"]) for line in deal] == [(office.ids["deal A-17"], "O A-17/1")]


@pytest.mark.parametrize("path", ["/accounts/A-18", "/accounts/A-99", "/members/colleague", "/members/nobody-at-all"])
def test_what_may_not_be_seen_is_answered_as_what_is_not_there(office: Office, path: str) -> None:
    key = path.rpartition("/")[2]
    answer = office.get(path)
    problem = answer.json()
    assert (answer.status_code, problem["rule"], problem["type"]) == (404, "NotFound", "urn:kams:rule:NotFound")
    assert problem["details"] == {"kind": path.split("/")[1].removesuffix("s"), "key": key}
    assert office.log()[0] == ("refused", office.members["manager"], 404, "NotFound")


def test_filters_take_external_ids(office: Office) -> None:
    (line,) = office.get("/opportunities", account="A-17").json()["opportunities"]
    assert line["id"] == office.ids["deal A-17"]
    assert office.get("/opportunities", account="A-18").status_code == 404
    assert office.get("/opportunities", external_id="O A-18/1").json()["opportunities"] == []
    assert office.get("/opportunities", external_id="unheard of").json()["opportunities"] == []
    names = {line["name"] for line in office.get("/accounts", "auditor", manager="colleague").json()["accounts"]}
    assert names == {"foreign", "Account A-18"}
    assert office.get("/funnel", owner="colleague").status_code == 200
    assert office.get("/funnel", owner="unheard-of").json()["rule"] == "NotFound"
    subjects = {event["subject"] for event in office.get("/events", account="A-17", limit=1000).json()["events"]}
    assert subjects == {office.ids["A-17"], office.ids["deal A-17"]}


def test_conversion_from_stage_to_stage(office: Office) -> None:
    mine, whole = office.get("/funnel/conversion").json(), office.get("/funnel/conversion", "auditor").json()
    assert [(flow["stage"], flow["entered"]) for flow in mine["stages"]] == [("potential", 2)]
    assert [(flow["stage"], flow["entered"]) for flow in whole["stages"]] == [("potential", 4)]
    assert office.get("/funnel/conversion", account="A-17").json()["stages"][0]["still_there"] == 1


def test_a_bridge_of_what_is_expected_to_close_in_a_period(office: Office) -> None:
    for period, end in (("2026-Q1", "1000.00"), ("2026-Q2", "0.00")):
        assert office.get("/funnel/bridge", **{"from": "2026-01-01", "period": period}).json()["end"] == end


def test_relationship_health_tells_what_moved_since_a_day(office: Office) -> None:
    account = office.account("Visited", "manager")
    office.give(Account, account, "visits.log", visit_id="00000000-0000-0000-0000-000000000007", minutes=60)
    office.caught_up()
    told = office.get("/relationship-health", account=account, since="2026-01-01").json()
    (moved,) = told["accounts"]
    assert told["since"].startswith("2026-01-01")
    assert (moved["account"], moved["before"]) == (str(account), None)
    assert moved["components"][0]["positions"]


def paths(office: Office, count: int) -> list[str]:
    with office.journal.pool.connection() as connection:
        found = connection.execute("select path from access_log order by id desc limit %s", (count,)).fetchall()
    return [path for (path,) in reversed(found)]


def test_the_access_log_holds_the_identifiers_of_what_was_named_and_never_what_was_stated(office: Office) -> None:
    account, deal, manager = office.ids["A-17"], office.ids["deal A-17"], office.members["manager"]
    office.get("/funnel", "auditor")
    for path, asked in (
        ("/audit/replay/A-17", {}),
        ("/audit/replay/A-17", {"opportunity": "O A-17/1"}),
        ("/explain/health/A-17", {}),
        ("/explain/rows/account/A-17", {}),
        ("/explain/funnel", {"account": "A-17", "owner": "manager"}),
        ("/audit/access/manager", {"account": "A-17"}),
        (f"/audit/replay/{account}", {"opportunity": deal}),
        ("/audit/trail", {"account": account, "format": "ndjson"}),
    ):
        assert office.get(path, "auditor", **asked).status_code == 200, path
    assert paths(office, 8) == [
        f"/audit/replay/{account}",
        f"/audit/replay/{account} {deal}",
        f"/explain/health/{account}",
        f"/explain/rows/{{model}}/{account}",
        f"/explain/funnel {manager} {account}",
        f"/audit/access/{manager} {account}",
        f"/audit/replay/{account} {deal}",
        f"/audit/trail {account}",
    ]
    (line, *_) = office.get("/audit/access-log", "auditor", about=deal, limit=5).json()["lines"]
    assert line["about"] == ["Account A-17", "Account A-17 · Deal of A-17"]


def test_a_refused_request_is_noted_with_what_it_named(office: Office) -> None:
    foreign = office.ids["A-18"]
    assert office.get("/audit/replay/A-18").status_code == 404
    assert office.get("/accounts/A-18").status_code == 404
    assert office.get("/funnel", account="A-18").status_code == 404
    assert office.get("/audit/access/colleague", account="A-18").status_code == 403
    assert office.post("/opportunities", {"account": foreign, "title": "Valves"}).status_code == 404
    assert paths(office, 5) == [
        f"/audit/replay/{foreign}",
        f"/accounts/{foreign}",
        f"/funnel {foreign}",
        "/audit/access/{member}",
        f"/opportunities {foreign}",
    ]
    refused = office.get("/audit/access-log", "auditor", about=foreign, kind="refused", limit=4).json()["lines"]
    assert [line["about"] for line in refused] == [["Account A-18"]] * 4


@pytest.mark.parametrize(
    "path",
    [
        "/audit/report/{}",
        "/audit/replay/{}",
        "/explain/health/{}",
        "/explain/portfolio/{}",
        "/explain/rows/account/{}",
        "/explain/funnel?account={}",
        "/explain/visits?account={}",
    ],
)
def test_a_refusal_says_the_same_of_what_may_not_be_seen_and_of_what_is_not_there(office: Office, path: str) -> None:
    hidden, absent = (office.request("GET", path.format(key)) for key in ("A-18", "A-99"))
    assert (hidden.status_code, absent.status_code) == (404, 404)
    assert hidden.json()["detail"] == absent.json()["detail"].replace("A-99", "A-18")
    assert hidden.json()["details"] == absent.json()["details"] | {"key": "A-18"}
    assert office.ids["A-18"] not in hidden.text


@pytest.mark.parametrize("path", ["/audit/replay/A-17", "/explain/cost", "/cost-of-winning"])
def test_a_refusal_says_the_same_of_opportunities(office: Office, path: str) -> None:
    hidden, absent = (office.get(path, opportunity=f"O {key}/1") for key in ("A-18", "A-98"))
    assert (hidden.status_code, absent.status_code) == (404, 404)
    assert hidden.json()["detail"] == absent.json()["detail"].replace("A-98", "A-18")
    assert office.ids["deal A-18"] not in hidden.text


@pytest.mark.parametrize(
    "path",
    [
        "/audit/replay/{}",
        "/explain/health/{}",
        "/explain/portfolio/{}",
        "/explain/rows/account/{}",
        "/explain/funnel?account={}",
    ],
)
def test_names_identify_nothing_over_http(office: Office, path: str) -> None:
    answer = office.request("GET", path.format("Account A-17"))
    assert (answer.status_code, answer.json()["details"]["key"]) == (404, "Account A-17")
    assert office.get("/explain/rows/member/manager 王", "admin").status_code == 404
    assert office.get("/explain/rows/member/manager", "admin").status_code == 200
