"""Personal data in the answers: opened for those who may read it, null for others, never ciphertext."""

import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from domain.sealed import Sealed
from tests.api.office import Office, open_office, shipped_key
from tests.conftest import new_database
from tests.workers.sealing import KEY
from workers.sealing import Sealing

WHO = ("manager", "director", "auditor", "forecaster", "integrator", "admin")
VISIT = str(uuid4())
MAY_READ = {"manager", "director", "auditor", "integrator", "admin"}
TEXTS = {
    "Han Meimei",
    "han@example.com",
    "Their line stands still",
    "A quicker line",
    "A test is agreed",
    "All is well",
    "A low price",
    "Change the criteria",
    "Cost of ten years",
    "The old press breaks",
    "The corner shop",
    "Find the crate",
    "A new pump was sent",
    "Straps on every crate",
    "They trust our service",
    "The first line runs",
}


@pytest.fixture(scope="module")
def office(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Office]:
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as opened:
            _fill(opened)
            with opened.journal.pool.connection() as connection:
                assert Sealing(KEY).seal(connection)
            yield opened


def _fill(office: Office) -> None:
    """One of everything that is sealed, given over HTTP."""
    office.ids["person"] = uuid4()
    person, account = str(office.ids["person"]), f"/accounts/{office.ids['own']}"
    deal = f"/opportunities/{office.ids['own deal']}"
    programme, own = f"/programmes/{office.ids['programmes']}", str(office.ids["own"])
    issue, plan = f"/issues/{office.ids['own issue']}", f"/plans/{office.ids['own plan']}"
    stone = str(uuid4())
    ours = {"member": str(office.members["manager"]), "reason": "sells on"}
    given = [
        (f"{account}/stakeholders/add", {"stakeholder_id": person, "name": "Han Meimei", "email": "han@example.com"}),
        (f"{account}/visits/log", {"visit_id": VISIT, "stakeholders": [person], "outcome": "A test is agreed"}),
        (f"{account}/satisfaction/survey", {"survey_id": str(uuid4()), "kind": "nps", "score": 9,
                                            "comment": "All is well"}),
        (f"{deal}/qualification/answer", {"question": "1", "answer": "yes", "evidence": "Their line stands still"}),
        (f"{deal}/buyers/map", {"stakeholder": person, "role": "user", "support": "mentor", "wants": "A quicker line"}),
        (f"{deal}/competition/identify", {"competitor": "Acme", "strengths": "A low price"}),
        (f"{deal}/competition/choose", {"strategy": "flanking", "reasoning": "Change the criteria"}),
        (f"{deal}/criteria/describe", {"criterion_id": str(uuid4()), "text": "Cost of ten years"}),
        (f"{deal}/decision-process/describe", {"compelling_event": "The old press breaks"}),
        (f"{programme}/partners/enrol", {"account": own, "agreed_by": person, **ours}),
        (f"{programme}/network/serve", {"account": own, "document_no": "D-1", "what": "valves",
                                        "customer_name": "The corner shop"}),
        (f"{issue}/departments/ask", {"request_id": str(uuid4()), "department": "depot", "what": "Find the crate",
                                       "due": "2099-01-01T09:00:00Z"}),
        (f"{issue}/resolve", {"root_cause": "late", "resolution": "A new pump was sent"}),
        (f"{issue}/improve", {"improvement_id": str(uuid4()), "area": "packing", "what": "Straps on every crate"}),
        (f"{plan}/situation/analyse", {"strengths": "They trust our service"}),
        (f"{plan}/milestones/set", {"milestone_id": stone, "title": "First line", "due": "2099-01-01"}),
        (f"{plan}/milestones/reach", {"milestone_id": stone, "evidence": "The first line runs"}),
    ]  # fmt: skip
    for path, body in given:
        answer = office.post(path, body)
        assert answer.status_code == 200, answer.text
    hook = {"name": "hook", "address": "https://example.com/", "personal": True}
    for body in (hook, {"name": "stream", "transport": "valkey", "personal": True}):
        assert office.post("/subscriptions", body, "admin").status_code == 201
    office.caught_up()


def _asked(office: Office, who: str) -> Iterator[tuple[str, str]]:
    """Every question of the OpenAPI document about what is ours, with the text of its answer."""
    ids = {"accounts": office.ids["own"], "opportunities": office.ids["own deal"], "members": office.members[who]}
    ids |= {noun: office.ids[noun] for noun in ("strategies", "programmes", "experiments")}
    ids["plans"] = office.ids["own plan"]
    ids |= {"subscriptions": "hook", "audit": office.ids["own"], "people": office.ids["person"]}
    ids |= {"experiments": office.ids["experiments"], "issues": office.ids["own issue"]}
    paths = office.client.get("/openapi.json").json()["paths"]
    for path in (path for path, methods in paths.items() if "get" in methods):
        about = ids.get(path.split("/")[1])
        filled = path.replace("{id}", str(about)).replace("{key}", shipped_key(path)).replace("{visit}", VISIT)
        filled = filled.replace("{model}/{row}", f"account/{office.ids['own']}").replace("{model}", "stakeholder")
        filled = filled.replace("{account}", str(office.ids["own"])).replace("{position}", _position(office, path))
        filled = filled.replace("{member}", str(office.members[who]))
        filled = filled.replace("hook/groups", "stream/groups")
        filled = filled.replace("{type}", "Account.VisitLogged").replace("{version}", "2")
        required = {"/funnel/bridge": {"from": "2026-01-01"}, "/events": {"limit": 1000}}
        required["/events/stream"] = {"after": 0, "to": office.journal.streams.head()}
        required["/explain/events"] = {"positions": "1"}
        required["/explain/conversion"] = {"stage": "potential"}
        required["/audit/diff"] = {"from": "2026-01-01"}
        required["/audit/consistency"] = {"from": 1, "to": 2}
        answer = office.get(filled, who, **required.get(path, {}))
        if path.startswith("/subscriptions/{id}") and who not in ("auditor", "admin"):
            assert answer.status_code == 404
            continue
        if path.startswith(("/audit/", "/people/")) and who not in ("auditor", "admin") and answer.status_code == 403:
            continue
        assert answer.status_code == 200, (path, answer.text)
        yield path, answer.text


@pytest.fixture(scope="module")
def answers(office: Office) -> Callable[[str], list[tuple[str, str]]]:
    """What each is told, asked once."""
    return cache(lambda who: [*_asked(office, who)])


def _position(office: Office, path: str) -> str:
    """The first event, or for the stream the first one that everybody here sees."""
    facts = office.journal.streams.facts(0, 1000)
    own = next(fact.position for fact in facts if fact.originator_id == office.ids["own"])
    return str(own) if path.startswith("/events/") else "1"


def _ciphertexts(office: Office) -> set[str]:
    """Every ciphertext and fingerprint that the journal holds, as JSON would write them."""
    found: set[str] = set()
    for fact in office.journal.streams.facts(0, 1000):
        values = [fact.note, *(getattr(fact.event, name) for name in fact.event.__struct_fields__)]
        for sealed in (each for each in values if isinstance(each, Sealed)):
            found |= {b64encode(part).decode() for part in (sealed.ciphertext, sealed.fingerprint)}
    return found


def _arrays(value: Any) -> Iterator[list[Any]]:
    if isinstance(value, list):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _arrays(each)


def _is_sealed(array: list[Any]) -> bool:
    try:
        msgspec.convert(array, Sealed)
    except msgspec.ValidationError:
        return False
    return True


@pytest.mark.parametrize("who", WHO)
def test_no_answer_holds_ciphertext(office: Office, answers: Callable[..., list[tuple[str, str]]], who: str) -> None:
    ciphertexts = _ciphertexts(office)
    assert len(ciphertexts) > 10
    for path, text in answers(who):
        assert not {each for each in ciphertexts if each in text}, path
        if path.startswith("/metrics") or path == "/audit/checkpoint/note":
            continue
        if not text.startswith(("BEGIN:VCALENDAR", "<!doctype html>", "id: ")):
            assert not [array for array in _arrays(json.loads(text)) if _is_sealed(array)], path


@pytest.mark.parametrize("who", WHO)
def test_every_sealed_text_is_read_by_those_who_may_and_by_nobody_else(
    answers: Callable[..., list[tuple[str, str]]], who: str
) -> None:
    told = "\n".join(text for _, text in answers(who))
    assert {text for text in TEXTS if text in told} == (TEXTS if who in MAY_READ else set())


def test_what_is_sealed_deep_within_is_opened_or_null(office: Office) -> None:
    path = f"/opportunities/{office.ids['own deal']}"
    for who, evidence, wants in (("manager", "Their line stands still", "A quicker line"), ("forecaster", None, None)):
        shown = office.get(path, who).json()["opportunity"]
        ((answered,),) = [of_whom.values() for of_whom in shown["qualification"]["answers"].values()]
        (buyer,) = shown["buyers"]["mapped"].values()
        assert (answered["evidence"], buyer["wants"]) == (evidence, wants)
        assert UUID(next(iter(shown["buyers"]["mapped"])))


def test_money_is_an_amount_as_a_decimal_string_and_a_currency(office: Office) -> None:
    (line,) = office.get(f"/accounts/{office.ids['own']}").json()["opportunities"]
    assert line["amount"] == {"amount": "1000.00", "currency": "EUR"}
    yen = {"amount": {"amount": "9550", "currency": "JPY"}}
    assert office.post(f"/opportunities/{office.ids['own deal']}/revise-amount", yen).status_code == 200
    office.caught_up()
    (line,) = office.get("/opportunities").json()["opportunities"]
    assert (line["amount"], line["currency"], line["value"]) == ("9550", "JPY", None)
    bare = office.post("/opportunities", {"account": str(office.ids["own"]), "title": "Bare"}).json()
    office.caught_up()
    lines = office.get(f"/accounts/{office.ids['own']}").json()["opportunities"]
    assert [line["amount"] for line in lines if line["opportunity"] == bare["id"]] == [None]
