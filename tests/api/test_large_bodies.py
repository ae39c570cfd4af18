"""A body that is too large is answered: who sends it reads the problem, and not that the connection broke."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.api.office import Office, open_office
from tests.api.sse import PATIENCE, serving
from tests.conftest import new_database

LIMITS = [("/accounts", 1_000_000), ("/commands", 5_000_000)]


@pytest.fixture(scope="module")
def office(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Office]:
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as opened:
            yield opened


@pytest.fixture(scope="module")
def port(office: Office) -> Iterator[int]:
    with serving(office.journal.database_url) as free:
        yield free


def headers_of(office: Office) -> dict[str, str]:
    return {"Authorization": f"Bearer {office.keys['manager']}"}


def must_be_problem(content: bytes, limit: int) -> None:
    problem: dict[str, Any] = json.loads(content)
    assert problem["status"] == 413
    assert problem["detail"] == f"The body is larger than {limit:,} bytes: send it in several."


@pytest.mark.parametrize(("path", "limit"), LIMITS)
@pytest.mark.parametrize("size", [1, 20_000_000])
def test_urllib_reads_the_problem(office: Office, port: int, path: str, limit: int, size: int) -> None:
    content = b'"' + b"x" * (limit + size)
    asked = Request(f"http://127.0.0.1:{port}{path}", content, headers_of(office), method="POST")
    with pytest.raises(HTTPError) as refused:
        urlopen(asked, timeout=PATIENCE)
    with refused.value as answer:
        assert answer.code == 413
        must_be_problem(answer.read(), limit)


@pytest.mark.parametrize(("path", "limit"), LIMITS)
@pytest.mark.parametrize("chunked", [False, True])
def test_http_client_reads_the_problem_and_goes_on_with_the_connection(
    office: Office, port: int, path: str, limit: int, chunked: bool
) -> None:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    content = b'"' + b"x" * (2 * limit)
    parts = (content[begin : begin + 300_000] for begin in range(0, len(content), 300_000))
    line.request(
        "POST",
        path,
        parts if chunked else content,
        headers_of(office),
        encode_chunked=chunked,
    )
    answer = line.getresponse()
    assert answer.status == 413
    must_be_problem(answer.read(), limit)
    line.request("GET", "/health/live")
    assert line.getresponse().status == 200
    line.close()


def test_who_asks_before_he_sends_is_refused_at_once(office: Office, port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as line:
        headers = [f"{name}: {value}" for name, value in headers_of(office).items()]
        head = ["POST /accounts HTTP/1.1", "Host: localhost", "Content-Length: 1000001", "Expect: 100-continue"]
        line.sendall("\r\n".join([*head, *headers, "", ""]).encode())
        assert line.makefile("rb").readline().split()[1] == b"413"


def test_what_is_not_too_large_is_read_whole(office: Office, port: int) -> None:
    content = b'"' + b"x" * 999_999
    asked = Request(
        f"http://127.0.0.1:{port}/accounts",
        content,
        headers_of(office),
        method="POST",
    )
    with pytest.raises(HTTPError) as refused:
        urlopen(asked, timeout=PATIENCE)
    with refused.value as answer:
        assert answer.code == 400, "read, and no JSON"
