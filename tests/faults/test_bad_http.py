"""Bad requests over a real server: each is answered with a problem that says what is wrong, never with a trace."""

import contextlib
import http.client
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import Phase as HypothesisPhase
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.core.result import Ok
from schemathesis.specs.openapi import checks as openapi_checks

from api.app import create_app
from api.serving import NotThisMachineOnly, make_server, must_be_allowed
from projections.view import Reader
from tests.api.office import Office, open_office
from tests.conftest import new_database

CHECKS = [
    schemathesis.checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_schema_conformance,
]
Answer = tuple[int, dict[str, str], Any]


@pytest.fixture(scope="module")
def office(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Office]:
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as opened:
            yield opened


@pytest.fixture(scope="module")
def port(office: Office) -> Iterator[int]:
    """A real server on a free port of this machine."""
    with serving(office) as free:
        yield free


@contextlib.contextmanager
def serving(office: Office) -> Iterator[int]:
    stopping = threading.Event()
    app = create_app(office.journal, office.engine, Reader(office.journal, office.engine), stopping=stopping)
    server = make_server(app, port=0, stopping=stopping)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.stop()
        thread.join(60)
    assert not thread.is_alive()


@pytest.fixture
def send(office: Office, port: int) -> Callable[..., Answer]:
    """Sends raw bytes as a body; returns status, headers and the decoded answer."""

    def sent(method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        stated = {"Authorization": f"Bearer {office.keys['manager']}", "Content-Type": "application/json"}
        stated |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, stated)
        response = connection.getresponse()
        content = response.read()
        connection.close()
        return response.status, {k.lower(): v for k, v in response.getheaders()}, json.loads(content or b"null")

    return sent


def must_be_problem(answer: Answer, status: int) -> Any:
    assert answer[0] == status, answer
    assert answer[1]["content-type"].startswith("application/problem+json")
    assert answer[2]["status"] == status
    assert "Traceback" not in json.dumps(answer[2])
    return answer[2]


@pytest.mark.parametrize(
    "body",
    [b"{", b"\xff\xfe", b'{"name": NaN}', b'{"name": "\\ud800"}', b"[" * 100_000, b'{"name": "x"} trailing', b"\0"],
)
def test_what_is_no_json_is_400(send: Callable[..., Answer], body: bytes) -> None:
    assert must_be_problem(send("POST", "/accounts", body), 400)["rule"] == "NotJson"


@pytest.mark.parametrize("body", [b"[]", b"null", b"7", b'"text"', b"true"])
def test_what_is_no_object_is_422(send: Callable[..., Answer], body: bytes) -> None:
    assert must_be_problem(send("POST", "/accounts", body), 422)["faults"][0]["field"] == "body"


def test_every_wrong_field_is_named(send: Callable[..., Answer], office: Office) -> None:
    body = {
        "visit_id": 7,
        "minutes": "5",
        "people": ["not an id", str(uuid4()), None],
        "what": "party",
        "why": "a\0b",
        "next_step_on": "2026-02-30",
        "occurred_at": "yesterday",
        "minutess": 5,
    }
    problem = must_be_problem(send("POST", f"/accounts/{office.ids['own']}/visits/log", json.dumps(body).encode()), 422)
    wrong = {fault["field"] for fault in problem["faults"]}
    right = {"visit_id", "minutes", "people[0]", "people[2]", "what", "why", "next_step_on", "occurred_at", "minutess"}
    assert wrong == right
    assert "known: " in next(fault["reason"] for fault in problem["faults"] if fault["field"] == "minutess")


@pytest.mark.parametrize(
    "amount", ['"NaN"', '"Infinity"', '"1e99"', '"1e-99"', "1e400", '"12,5"', '""', "null", "[]", "true"]
)
def test_a_wrong_amount_is_named_down_to_its_field(send: Callable[..., Answer], office: Office, amount: str) -> None:
    body = f'{{"amount": {{"amount": {amount}, "currency": "EUR"}}}}'.encode()
    problem = must_be_problem(send("POST", f"/opportunities/{office.ids['own deal']}/revise-amount", body), 422)
    assert [fault["field"] for fault in problem["faults"]] == ["amount.amount"]


def test_an_oversized_body_is_413(send: Callable[..., Answer]) -> None:
    must_be_problem(send("POST", "/accounts", json.dumps({"name": "x" * 1_100_000}).encode()), 413)


def test_unknown_paths_and_methods_are_problems_too(send: Callable[..., Answer]) -> None:
    must_be_problem(send("GET", "/nowhere"), 404)
    for question in ("/accounts/not-an-id", "/opportunities/not-one", "/funnel?owner=me", "/events?account=nobody"):
        assert must_be_problem(send("GET", question), 404)["rule"] == "NotFound"
    must_be_problem(send("DELETE", "/accounts"), 405)


@pytest.mark.parametrize(
    ("question", "field"),
    [
        ("/funnel?as_of=soon", "as_of"),
        ("/funnel?as_of=9999-12-31", "as_of"),
        ("/funnel?known_at=-1", "known_at"),
        ("/funnel?by=colour", "by"),
        ("/funnel?ower=me", "ower"),
        ("/funnel?owner=", "owner"),
        ("/relationship-health?since=soon", "since"),
        ("/funnel?by=owner&by=stage", "by"),
        ("/accounts?limit=0", "limit"),
        ("/accounts?limit=1000000", "limit"),
        ("/accounts?cursor=x", "cursor"),
        ("/accounts?name=%00", "name"),
        ("/events?after=-1", "after"),
        ("/events?after=99999999999999999999", "after"),
        ("/events?after=soon", "after"),
        ("/events?epoch=-1", "epoch"),
        ("/events?limit=0", "limit"),
        ("/events?wait=forever", "wait"),
        ("/events/stream?after=-1", "after"),
        ("/events/stream?after=soon", "after"),
        ("/events/stream?to=-1", "to"),
        ("/funnel/bridge", "from"),
        ("/opportunities?outcome=lucky", "outcome"),
    ],
)
def test_a_wrong_parameter_is_named(send: Callable[..., Answer], question: str, field: str) -> None:
    problem = must_be_problem(send("GET", question), 422)
    assert [fault["field"] for fault in problem["faults"]] == [field]


def test_a_wrong_choice_and_a_wrong_moment_are_told_what_is_accepted(send: Callable[..., Answer]) -> None:
    (fault,) = must_be_problem(send("GET", "/funnel?by=colour"), 422)["faults"]
    assert fault["reason"].endswith("; accepted: stage, owner, territory, product, account, period")
    (fault,) = must_be_problem(send("GET", "/funnel?as_of=soon"), 422)["faults"]
    assert fault["reason"].startswith("expected: A moment with its zone (2026-03-31T10:00:00Z), or a day")


def test_a_refusal_names_the_field_that_it_is_about(send: Callable[..., Answer], office: Office) -> None:
    own, stranger = f"/accounts/{office.ids['own']}", str(uuid4())
    for path, body, field in (
        ("visits/log", {"visit_id": stranger, "minutes": 0}, "minutes"),
        ("visits/log", {"visit_id": stranger, "steps": ["dance"]}, "steps"),
        ("visits/log", {"visit_id": stranger, "people": [stranger]}, "people"),
        ("satisfaction/survey", {"survey_id": stranger, "kind": "nps", "score": 11}, "score"),
        ("stakeholders/leave", {"stakeholder_id": stranger}, "stakeholder_id"),
        ("stakeholders/add", {"stakeholder_id": stranger, "name": " "}, "name"),
        ("assign-manager", {"manager": stranger}, "manager"),
        ("change-profile", {"territory": "the moon"}, "territory"),
    ):
        problem = must_be_problem(send("POST", f"{own}/{path}", json.dumps(body).encode()), 409)
        assert [fault["field"] for fault in problem["faults"]] == [field], problem
    nowhere = send("POST", f"{own}/standing/withdraw", json.dumps({"reason": "why not"}).encode())
    assert "faults" not in must_be_problem(nowhere, 409)


def test_a_period_that_is_none_is_refused_as_a_wrong_question(send: Callable[..., Answer]) -> None:
    assert must_be_problem(send("GET", "/forecast?period=soon"), 422)["rule"] == "PeriodUnknown"


def test_a_stale_or_nonsensical_etag_is_refused(send: Callable[..., Answer], office: Office) -> None:
    path = f"/accounts/{office.ids['own']}/change-profile"
    must_be_problem(send("POST", path, b'{"industry": "Steel"}', If_Match='"999"'), 412)
    assert must_be_problem(send("POST", path, b'{"industry": "Steel"}', If_Match="abc"), 422)["faults"]


def test_an_unknown_host_is_refused(send: Callable[..., Answer]) -> None:
    must_be_problem(send("GET", "/funnel", Host="evil.example"), 421)


def test_every_answer_tells_browsers_to_be_careful(send: Callable[..., Answer]) -> None:
    for answer in (send("GET", "/funnel"), send("GET", "/nowhere")):
        assert answer[1]["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in answer[1]["content-security-policy"]
        assert "server" not in answer[1]


def test_a_fault_of_ours_is_500_with_a_correlation_id_and_nothing_else(
    send: Callable[..., Answer], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("api.queries.status_answer", lambda _: dict[str, str]()["the secret of the house"])
    problem = must_be_problem(send("GET", "/projections"), 500)
    assert "secret" not in json.dumps(problem)
    logged = capsys.readouterr()
    assert problem["correlation_id"] in logged.out + logged.err


def test_a_client_that_hangs_up_in_the_middle_harms_nobody(send: Callable[..., Answer], port: int) -> None:
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(b"POST /accounts HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{")
    assert send("GET", "/me")[0] == 200


def test_no_message_of_a_stream_names_a_head_behind_the_one_it_began_with(office: Office, port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/events/stream?to=0", headers={"Authorization": f"Bearer {office.keys['auditor']}"})
    lines = connection.getresponse().read().decode().splitlines()
    connection.close()
    start, examined = (json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: "))
    assert start["head"] > 0
    assert examined["head"] >= start["head"]


def test_the_server_ends_at_once_though_somebody_waits_for_events(office: Office) -> None:
    answers: list[int] = []
    sent = threading.Event()
    with serving(office) as port:
        head = office.journal.streams.head()

        def wait() -> None:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
            key = {"Authorization": f"Bearer {office.keys['auditor']}"}
            connection.request("GET", f"/events?after={head}&wait=30", headers=key)
            sent.set()
            answers.append(connection.getresponse().status)
            connection.close()

        waiting = threading.Thread(target=wait)
        waiting.start()
        assert sent.wait(60)
        time.sleep(0.5)
        started = time.monotonic()
    waiting.join(60)
    assert answers == [200]
    assert time.monotonic() - started < 20


SERVE = """
import sys
from api.app import create_app
from api.cli.serving import listening
from api.serving import make_server
from domain.journal.journal import Journal
from domain.journal.mapper import JournalMapper
from projections import READ_MODELS
from projections.engine import Engine
from projections.view import Reader
journal = Journal(sys.argv[1])
engine = Engine(journal.pool, READ_MODELS, JournalMapper())
with listening("127.0.0.1", 0) as taken:
    print(taken.getsockname()[1], flush=True)
    make_server(create_app(journal, engine, Reader(journal, engine)), port=0).run(sockets=[taken])
journal.close()
print("ended cleanly")
"""


def test_sigterm_ends_the_server_cleanly(office: Office) -> None:
    command = [sys.executable, "-c", SERVE, office.journal.database_url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        free = int(server.stdout.readline())
        deadline = time.monotonic() + 120
        while not _lives(free):
            assert time.monotonic() < deadline
            assert server.poll() is None
            time.sleep(0.1)
        server.terminate()
        told, _ = server.communicate(timeout=60)
    assert (server.returncode, told) == (0, "ended cleanly\n")


def _lives(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/health/live")
        return connection.getresponse().status == 200
    except (ConnectionError, TimeoutError):
        return False
    finally:
        connection.close()


def test_other_machines_are_let_in_only_behind_a_proxy_and_with_an_admin() -> None:
    for host in ("127.0.0.1", "::1", "localhost"):
        must_be_allowed(host, behind_proxy=False, has_admin=False)
    must_be_allowed("0.0.0.0", behind_proxy=True, has_admin=True)
    for proxy, admin in ((True, False), (False, True), (False, False)):
        with pytest.raises(NotThisMachineOnly):
            must_be_allowed("0.0.0.0", behind_proxy=proxy, has_admin=admin)


@pytest.mark.filterwarnings("ignore:Do not use the `random` module inside strategies")  # as some of theirs do
def test_whatever_is_sent_there_is_no_500_and_no_undocumented_answer(office: Office, port: int) -> None:
    """Schemathesis makes requests of the OpenAPI document: for every route the simplest right one and the simplest
    wrong one, and one of each at random, unless an earlier route takes the same: what is sent is read alike there."""
    schema = schemathesis.openapi.from_url(f"http://127.0.0.1:{port}/openapi.json")
    with requests.Session() as session:
        tried: set[str] = set()
        for result in schema.get_all_operations():
            assert isinstance(result, Ok)
            operation = result.ok()
            examples = 1 if (takes := what_it_takes(operation)) in tried else 2
            tried.add(takes)
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                if mode is GenerationMode.NEGATIVE and not may_be_wrong(operation):
                    continue
                cases = operation.as_strategy(generation_mode=mode)
                with contextlib.suppress(Unsatisfiable):
                    given(case=cases)(sender(office, operation.path, session, examples))()


def what_it_takes(operation: Any) -> str:
    """What can be sent beside the path, as text."""
    told = operation.definition.raw
    beside = [each for each in told.get("parameters", []) if each["in"] != "path"]
    return json.dumps([beside, told.get("requestBody")])


def may_be_wrong(operation: Any) -> bool:
    """Whether a request can be wrong in something; where all that it takes is any text it never is."""
    texts = (each.definition["schema"] for part in (operation.path_parameters, operation.headers) for each in part)
    return bool(list(operation.query) or list(operation.body)) or any(text.keys() - {"type"} for text in texts)


def sender(office: Office, path: str, session: requests.Session, examples: int) -> Callable[[Any], None]:
    """Sends a case with a key that may, about an aggregate that is there, and judges the answer."""
    own = {"/accounts/{id}": office.ids["own"], "/opportunities/{id}": office.ids["own deal"]}
    aggregate = next((each for prefix, each in own.items() if path.startswith(prefix)), None)
    who = "admin" if path.startswith(("/members", "/policies", "/subscriptions")) else "manager"
    key = {"Authorization": f"Bearer {office.keys[who]}"}

    @settings(
        max_examples=examples, deadline=None, database=None, derandomize=True, phases=[HypothesisPhase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    def send_and_check(case: Any) -> None:
        if aggregate is not None:
            visit = {"visit": str(uuid4())} if "{visit}" in path else {}
            case.path_parameters = {"id": str(aggregate), **visit}
        for waits in ("wait", "wait_for"):
            case.query.pop(waits, None)
        if path == "/events/stream":
            case.query["to"] = 0  # else it goes on for ever
        case.validate_response(case.call(session=session, headers=key, timeout=60), checks=CHECKS)

    return send_and_check
