"""The client for notebooks against a server that listens: frames of rows and answers, clear words where it fails."""

from __future__ import annotations

import importlib.util
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow
import pytest

from api.app import create_app
from api.cli.serving import listening
from api.client import Client, NoLines, NotAFrame, NotAnswered, NotReached, PackageMissing, read
from api.serving import make_server
from projections.view import Reader
from tests.api.office import JANUARY, Office, open_office
from tests.conftest import new_database


@pytest.fixture(scope="module")
def office(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Office]:
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as opened:
            revised = {"amount": {"amount": "1500.50", "currency": "EUR"}, "reason": "x", "occurred_at": "2026-02-10"}
            answer = opened.post(f"/opportunities/{opened.ids['own deal']}/revise-amount", revised)
            assert answer.status_code == 200
            opened.caught_up()
            yield opened


@pytest.fixture(scope="module")
def url(office: Office) -> Iterator[str]:
    stopping = threading.Event()
    app = create_app(office.journal, office.engine, Reader(office.journal, office.engine), stopping=stopping)
    with listening("127.0.0.1", 0) as taken:
        server = make_server(app, "127.0.0.1", 0, stopping=stopping, behind_proxy=False, has_admin=True)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [taken]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{taken.getsockname()[1]}"
        finally:
            server.stop()
            thread.join()


@pytest.fixture
def client(office: Office, url: str) -> Client:
    return Client(url, office.keys["auditor"])


def test_rows_come_as_a_pandas_frame_with_what_they_rest_on(office: Office, client: Client) -> None:
    found = client.read("opportunities", as_of=date(2026, 3, 1))
    assert sorted(found["amount"]) == [Decimal("1000.000"), Decimal("1500.500")]
    assert set(found["key"]) == {str(office.ids["own deal"]), str(office.ids["foreign deal"])}
    assert found["opened"].iloc[0] == JANUARY
    assert found.attrs["kams"]["known_at"] == office.journal.streams.head()
    assert found.attrs["kams"]["as_of"] == "2026-03-01T15:59:59.999999Z"


def test_the_same_can_be_read_again_and_as_it_was_known(office: Office, client: Client) -> None:
    now = client.read("funnel", frame="arrow")
    position = max(now.column("cause").to_pylist())
    before = client.read("funnel", known_at=position - 1, frame="arrow", columns=["amount"])
    assert before.schema.names == ["key", "amount"]
    assert before.column("amount").to_pylist() == [Decimal("1000.000")] * 2
    moment = datetime(2026, 2, 1, tzinfo=UTC)
    assert client.read("funnel", as_of=moment, frame="arrow").column("amount").to_pylist() == [Decimal("1000.000")] * 2


def test_polars_has_the_same_rows(client: Client) -> None:
    frame = client.read("opportunities", frame="polars")
    assert sorted(frame["amount"].to_list()) == [Decimal("1000.000"), Decimal("1500.500")]


def test_a_question_comes_as_the_list_in_its_answer(office: Office, client: Client, url: str) -> None:
    lines = client.read("audit/trail", limit=1, frame="arrow")
    assert lines.num_rows == 1
    found = read("funnel/bridge", from_="2026-01-20", key=office.keys["auditor"], url=url)
    assert list(found["kind"]) == ["increased"]
    assert list(found["amount"]) == [Decimal("500.50")]
    assert found.attrs["kams"]["currency"] == "EUR"
    with pytest.raises(NoLines, match="it has: ok"):
        client.read("health/live")


def test_a_refusal_is_said_in_its_words(office: Office, client: Client) -> None:
    with pytest.raises(NotAnswered, match=r"422: .*model: expected one of account"):
        client.read("no_such_model")
    with pytest.raises(NotAnswered, match="403"):
        replace(client, key=office.keys["forecaster"]).read("stakeholder", personal=True)
    with pytest.raises(NotAnswered, match="401"):
        replace(client, key="nobody").read("funnel")


def test_where_nobody_serves_it_says_so(client: Client) -> None:
    with socket.socket() as deaf:  # bound, so that nobody else takes the port, and not listening
        deaf.bind(("127.0.0.1", 0))
        for url in (f"http://127.0.0.1:{deaf.getsockname()[1]}", "ftp://127.0.0.1"):
            with pytest.raises(NotReached, match=url):
                replace(client, url=url).read("funnel")


def test_a_missing_package_is_named(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    there = importlib.util.find_spec

    def without_polars(name: str, *rest: Any) -> Any:
        return None if name == "polars" else there(name, *rest)

    monkeypatch.setattr(importlib.util, "find_spec", without_polars)
    with pytest.raises(PackageMissing, match="pip install polars"):
        client.read("funnel", frame="polars")


def test_an_unknown_frame_is_refused_with_those_that_there_are() -> None:
    wanted: Any = "dask"
    with pytest.raises(NotAFrame, match="dask is no frame that can be made: state pandas, polars, arrow"):
        read("opportunities", key="kams_x", frame=wanted)


def test_visibility_is_that_of_the_key(office: Office, client: Client) -> None:
    found = replace(client, key=office.keys["colleague"]).read("opportunities", frame="arrow")
    assert isinstance(found, pyarrow.Table)
    assert found.column("key").to_pylist() == [str(office.ids["foreign deal"])]
