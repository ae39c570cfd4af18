"""A thousand commands in one request, against a thousand requests on one connection, over a real server."""

from __future__ import annotations

import http.client
import json
import threading
import time
from statistics import median
from typing import Any
from uuid import uuid4

from api.app import create_app
from api.cli.serving import listening
from api.serving import make_server
from projections.view import Reader
from tests.api.office import Office, open_office
from tests.benchmarks.report import Report

COMMANDS = 1_000
ROUNDS = 3


def run(report: Report) -> None:
    """In turns, on the same account."""
    with report.database() as url, open_office(url) as office:
        stopping = threading.Event()
        app = create_app(office.journal, office.engine, Reader(office.journal, office.engine), stopping=stopping)
        with listening("127.0.0.1", 0) as taken:
            server = make_server(app, stopping=stopping)
            thread = threading.Thread(target=server.run, kwargs={"sockets": [taken]})
            thread.start()
            try:
                connection = http.client.HTTPConnection(*taken.getsockname()[:2])
                measured = [(singly(connection, office), together(connection, office)) for _ in range(ROUNDS)]
            finally:
                server.stop()
                thread.join()
    one, many = measured[-1]
    report.line(
        "1,000 commands in one request, against 1,000 requests",
        must=1.2,
        stretch=2,
        reached=median(alone / batch for alone, batch in measured),
        beside=f"{COMMANDS / many:,.0f} commands/s; singly {COMMANDS / one:,.0f}/s",
    )


def visits() -> list[dict[str, Any]]:
    return [{"visit_id": str(uuid4()), "minutes": 45} for _ in range(COMMANDS)]


def singly(connection: http.client.HTTPConnection, office: Office) -> float:
    bodies, path = visits(), f"/accounts/{office.ids['own']}/visits/log"
    started = time.perf_counter()
    for body in bodies:
        assert "position" in _post(connection, office, path, body)
    return time.perf_counter() - started


def together(connection: http.client.HTTPConnection, office: Office) -> float:
    account = str(office.ids["own"])
    given = [{"aggregate": "account", "id": account, "command": "visits.log", "body": body} for body in visits()]
    started = time.perf_counter()
    answer = _post(connection, office, "/commands", {"commands": given})
    assert answer["refused"] == 0
    return time.perf_counter() - started


def _post(connection: http.client.HTTPConnection, office: Office, path: str, body: Any) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {office.keys['manager']}", "Idempotency-Key": str(uuid4())}
    connection.request("POST", path, json.dumps(body), headers)
    found: dict[str, Any] = json.loads(connection.getresponse().read())
    return found
