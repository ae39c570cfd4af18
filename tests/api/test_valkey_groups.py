"""Consumer groups of a Valkey stream over HTTP and on the command line: who sees them, where they are put."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import redis
import typer

from api.cli import streaming
from domain.subscription.subscription import Subscription
from projections.streams.feed import Feed, brought_up
from tests.api.command_line import CommandLine
from tests.api.office import Office, open_office
from workers.valkey.streams import Streams

GROUPS = "/subscriptions/erp/groups"


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    with open_office(database_url) as opened:
        yield opened


@pytest.fixture
def erp(office: Office) -> UUID:
    subscription = uuid4()
    office.give(
        Subscription, subscription, "open", name="erp", owner=str(office.members["integrator"]), transport="valkey",
        filter={"imports": True}, after=3,
    )  # fmt: skip
    brought_up(Feed(office.journal), most=None, patience=0)
    return subscription


def put(office: Office, path: str, body: Any, who: str = "integrator") -> httpx.Response:
    return office.request("PUT", path, who, json=body)


def brings(office: Office, valkey_url: str) -> None:
    """A worker's turn."""
    streams = Streams(office.journal, valkey_url, uuid4())
    streams.publish()
    streams.close()
    with office.journal.pool.connection() as connection:
        connection.execute("delete from leases")


def groups(office: Office, who: str = "integrator") -> dict[str, Any]:
    return {each["name"]: each for each in office.get(GROUPS, who).json()["groups"]}


def test_a_group_is_put_where_it_is_asked_to_stand(office, erp, valkey_url):
    head = office.journal.streams.head()
    answer = put(office, f"{GROUPS}/books", {}).json()
    assert (answer["key"], answer["head"], answer["entries"]) == ("kams:stream:erp", head, 0)
    assert [(each["name"], each["position"], each["asked"]) for each in answer["groups"]] == [("books", 3, 3)]
    assert put(office, f"{GROUPS}/audit", {"after": 0}).status_code == 200
    brings(office, valkey_url)
    with redis.Redis.from_url(valkey_url) as valkey:
        for group, first in (("books", 4), ("audit", 1)):
            ((_, handed),) = valkey.xreadgroup(group, "me", {"kams:stream:erp": ">"})
            assert [entry for entry, _ in handed] == [f"{each}-0".encode() for each in range(first, head + 1)]
        valkey.xack("kams:stream:erp", "books", *[f"{each}-0" for each in range(4, head + 1)])
    brings(office, valkey_url)
    found = groups(office)
    assert (found["books"]["position"], found["books"]["pending"], found["books"]["lag"]) == (head, 0, 0)
    assert (found["audit"]["position"], found["audit"]["pending"], found["audit"]["lag"]) == (0, head, head)
    assert (found["books"]["asked"], found["audit"]["asked"]) == (None, None)


def test_a_removed_group_is_shown_no_more(office, erp, valkey_url):
    put(office, f"{GROUPS}/books", {})
    brings(office, valkey_url)
    assert office.post(f"{GROUPS}/books/remove", {}, "integrator").json()["groups"] == []
    assert office.post(f"{GROUPS}/books/remove", {}, "integrator").status_code == 404
    brings(office, valkey_url)
    with redis.Redis.from_url(valkey_url) as valkey:
        assert valkey.xinfo_groups("kams:stream:erp") == []


def test_who_may_see_and_change_them(office, erp):
    assert office.get(GROUPS, "auditor").status_code == 200
    assert office.get(GROUPS, "admin").status_code == 200
    assert office.get(GROUPS, "manager").status_code == 404
    assert put(office, f"{GROUPS}/books", {}, "manager").status_code == 404
    assert put(office, f"{GROUPS}/books", {}, "auditor").status_code == 403
    assert put(office, f"{GROUPS}/books", {}, "admin").status_code == 200
    assert office.post(f"{GROUPS}/books/remove", {}, "manager").status_code == 404


def test_what_cannot_be_is_refused(office, erp):
    head = office.journal.streams.head()
    ahead = put(office, f"{GROUPS}/books", {"after": head + 1})
    assert ahead.status_code == 409
    assert f"Position {head + 1}, as you know it, is not in this journal" in ahead.json()["detail"]
    assert put(office, f"{GROUPS}/books", {"after": -1}).status_code == 422
    assert put(office, f"{GROUPS}/books", {"after": "x"}).status_code == 422
    assert put(office, f"{GROUPS}/books", {"before": 1}).status_code == 422
    for name in ("a b", "x" * 101, "%00"):
        refused = put(office, f"{GROUPS}/{name}", {})
        assert "is not the name of a consumer group" in refused.json()["detail"], name
    assert groups(office) == {}
    office.give(
        Subscription, uuid4(), "open", name="hook", owner=str(office.members["integrator"]),
        address="https://erp.example/", secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    )  # fmt: skip
    refused = office.get("/subscriptions/hook/groups", "integrator")
    assert "only one over valkey is a stream" in refused.json()["detail"]


def test_groups_on_the_command_line(office, erp, database_url, valkey_url, tmp_path: Path):
    environment = {"KAMS_HOME": str(tmp_path), "KAMS_DATABASE_URL": database_url, "KAMS_REDIS_URL": valkey_url,
                   "KAMS_KEY": office.keys["integrator"]}  # fmt: skip
    app = typer.Typer()
    streaming.add(app)
    app.command("other")(lambda: None)
    kams = CommandLine(environment, app)
    assert "No consumer groups recorded" in kams("streams", "groups", "erp").err
    added = kams("streams", "groups", "erp", "--add", "books", "--after", "5", "--json")
    assert [(each["name"], each["asked"]) for each in added.json["streams"][0]["groups"]] == [("books", 5)]
    assert kams("streams", "groups", "--json").json["streams"][0]["key"] == "kams:stream:erp"
    assert "books" in kams("streams", "groups", "erp").out
    header, line = kams("streams", "groups", "erp", "--csv").out.splitlines()
    assert header == "stream,group,position,pending,lag events,asked,noted at"
    assert line.startswith("kams:stream:erp,books,5,0,")
    assert kams("streams", "groups", "erp", "--remove", "books", "--json").json["streams"][0]["groups"] == []
    assert kams("streams", "groups", "erp", "--after", "5").code == 2
    assert kams("streams", "groups", "--add", "books").code == 2
    assert kams("streams", "groups", "erp", "--remove", "books").code == 1
    assert kams("streams", "groups", "erp", "--add", "books", "--after", "999999").code == 1
