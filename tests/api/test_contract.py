"""The contract over HTTP: schemas and examples for everybody, one event in both modes, documents."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import pytest
from jsonschema import Draft202012Validator

from domain.aggregate import EVENTS
from tests.api.office import Office, open_office
from tests.conftest import new_database


@pytest.fixture(scope="module")
def office(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Office]:
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as opened:
            yield opened


def shown(office: Office, path: str) -> Any:
    """What anybody is answered."""
    answer = office.client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_every_event_is_listed_with_its_versions(office: Office) -> None:
    found = shown(office, "/schemas")
    assert {each["type"]: each["version"] for each in found["types"]} == {
        topic: event.schema_version for topic, event in EVENTS.items() if event.__module__.startswith("domain.")
    }
    visit = next(each for each in found["types"] if each["type"] == "Account.VisitLogged")
    assert visit["versions"] == [1, 2]
    assert visit["aggregate"] == "Account"
    assert visit["description"].startswith("A visit took place")
    assert (visit["schema"], visit["example"]) == ("/schemas/Account.VisitLogged/2", "/schemas/Account.VisitLogged")
    assert found["envelope"] == "/schemas/envelope"


def test_every_schema_that_is_listed_is_served_with_its_examples(office: Office) -> None:
    for each in shown(office, "/schemas")["types"]:
        about = shown(office, each["example"])
        assert [version["version"] for version in about["versions"]] == each["versions"]
        for version in about["versions"]:
            schema = shown(office, version["schema"])
            assert schema["$id"] == version["id"] == version["example"]["dataschema"]
            Draft202012Validator(schema).validate(version["example"]["data"])


def test_a_schema_has_its_media_type_and_an_etag(office: Office) -> None:
    first = office.client.get("/schemas/Account.VisitLogged/2")
    assert first.headers["content-type"].partition(";")[0] == "application/schema+json"
    again = office.client.get("/schemas/Account.VisitLogged/2", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    envelope = office.client.get("/schemas/envelope")
    assert envelope.headers["content-type"].partition(";")[0] == "application/schema+json"
    assert envelope.json()["$id"] == "urn:kams:schema:envelope"


@pytest.mark.parametrize(
    "path",
    ["/schemas/Nothing", "/schemas/Account.VisitLogged/3", "/schemas/Nothing/1", "/schemas/Account.VisitLogged/x"],
)
def test_what_is_not_published_is_not_found(office: Office, path: str) -> None:
    answer = office.client.get(path)
    assert answer.status_code == 404
    assert answer.json()["rule"] == "SchemaUnknown"
    assert "`GET /schemas` lists the event types" in answer.json()["detail"]


def test_asking_for_nonsense_without_a_key_fills_no_log(office: Office) -> None:
    before = _noted(office)
    assert office.client.get("/schemas/Nothing").status_code == 404
    assert _noted(office) == before


def position_of(office: Office, name: str) -> int:
    """Of the first event of an account."""
    facts = office.journal.streams.facts(0, 1000)
    return next(fact.position for fact in facts if fact.originator_id == office.ids[name])


def test_one_event_comes_in_structured_mode(office: Office) -> None:
    position = position_of(office, "own")
    answer = office.request("GET", f"/events/{position}", "manager")
    assert answer.headers["content-type"].partition(";")[0] == "application/cloudevents+json"
    event = answer.json()
    assert (event["position"], event["type"]) == (position, "Account.Registered")
    assert event == next(
        each for each in office.get("/events", "manager", limit=1000).json()["events"] if each["position"] == position
    )


def test_one_event_comes_in_binary_mode(office: Office) -> None:
    position = position_of(office, "own")
    whole = office.request("GET", f"/events/{position}", "manager").json()
    answer = office.request("GET", f"/events/{position}", "manager", headers={"Accept": "application/json"})
    assert answer.headers["content-type"].partition(";")[0] == "application/json"
    assert answer.json() == whole["data"]
    told = {name: unquote(value) for name, value in answer.headers.items() if name.startswith("ce-")}
    assert told == {
        f"ce-{name}": str(value) for name, value in whole.items() if name not in ("data", "datacontenttype")
    }


@pytest.mark.parametrize("position", ["0", "99999", "x", "-1", "9" * 30, "1.5"])
def test_there_is_no_event_where_there_is_none(office: Office, position: str) -> None:
    assert office.request("GET", f"/events/{position}", "manager").status_code == 404


def test_an_event_that_one_may_not_see_is_not_there(office: Office) -> None:
    position = position_of(office, "foreign")
    assert office.request("GET", f"/events/{position}", "manager").status_code == 404
    assert office.request("GET", f"/events/{position}", "integrator").status_code == 200
    assert office.client.get(f"/events/{position}").status_code == 401


def _noted(office: Office) -> int:
    with office.journal.pool.connection() as connection:
        (found,) = connection.execute("select count(*) from access_log").fetchone() or (0,)
    return int(found)


def test_a_route_says_which_methods_it_has(office: Office) -> None:
    answer = office.request("OPTIONS", "/accounts")
    assert (answer.status_code, answer.text) == (204, "")
    assert answer.headers["allow"] == "GET, OPTIONS, POST"
