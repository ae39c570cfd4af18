"""The same filter brings the same over every transport: HTTP, webhooks and Valkey streams."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
import redis

from domain.account.account import Account
from domain.policies.territories import Territories
from domain.rights import TERRITORIES, Newest, Rights
from domain.subscription.subscription import StreamFilter, Subscription, Transport
from projections.streams.feed import feed_head
from projections.streams.reach import reached
from projections.streams.subscriptions import served_as
from projections.streams.valkey_groups import key_of
from tests.api.office import Office, open_office
from tests.conftest import new_database
from workers.exports import Exports
from workers.valkey.publisher import Publisher
from workers.valkey.stream import Scripts
from workers.webhooks.source import Source

NDJSON = {"Accept": "application/x-ndjson"}


@pytest.fixture(scope="module")
def office(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Office]:
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as opened:
            _furnish(opened)
            yield opened


def _furnish(office: Office) -> None:
    """Three accounts that become one, in territories that come to lie one below the other afterwards."""
    for key in ("earth", "land", "town", "sea"):
        office.give(Territories, TERRITORIES, "set_territory", key=key, name=key, parent="")
    for name, territory in (("one", "earth"), ("two", "land"), ("three", "town"), ("four", "sea")):
        office.account(name, territory=territory)
    office.give(Territories, TERRITORIES, "set_territory", key="land", name="land", parent="earth")
    office.give(Territories, TERRITORIES, "set_territory", key="town", name="town", parent="land")


def _merged(office: Office, ended: str, into: str) -> None:
    more: dict[str, Any] = {"people": {}, "open_items": {}}
    office.give(Account, office.ids[ended], "merge", into=str(office.ids[into]), reason="the same", **more)


def over_http(office: Office, **parameters: Any) -> list[int]:
    answer = office.request("GET", "/events", "integrator", headers=NDJSON, params=parameters)
    assert answer.status_code == 200, answer.text
    *events, end = [json.loads(line) for line in answer.text.splitlines()]
    assert end["examined"] == end["head"]
    return [each["position"] for each in events]


def subscribed(office: Office, transport: Transport, wanted: dict[str, Any]) -> Subscription:
    key = uuid4()
    webhook = {"address": "https://example.com/", "secret": "whsec_1"} if transport is Transport.WEBHOOK else {}
    owner = str(office.members["integrator"])
    office.give(
        Subscription, key, "open", name=f"s-{key}", owner=owner, transport=transport.value, filter=wanted, **webhook
    )
    return office.journal.known(Subscription, key)


def by_webhook(office: Office, subscription: Subscription) -> list[int]:
    journal = office.journal
    rights = Rights(Newest(journal))
    source = Source(journal, journal.pool, subscription, lambda: served_as(rights, subscription), Exports(journal.pool))
    found: list[int] = []
    position, head = 0, journal.streams.read(feed_head)
    while position < head:
        items, position = source.after(position, 5)
        found += [each.position for each in items]
    return found


def by_valkey(office: Office, subscription: Subscription, valkey_url: str) -> list[int]:
    with redis.Redis.from_url(valkey_url) as client, office.journal.pool.connection() as connection:
        publisher = Publisher(office.journal, Scripts(client))
        while publisher.bring(connection, subscription):
            pass
        return [int(entry.partition(b"-")[0]) for entry, _ in client.xrange(key_of(subscription.name))]


def test_a_filter_brings_the_same_over_every_transport_by_merges_and_territories_of_now(
    office: Office, valkey_url: str
) -> None:
    stated: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({"account": office.ids["one"]}, {"accounts": [str(office.ids["one"])]}),
        ({"territory": "earth"}, {"territories": ["earth"]}),
        ({"territory": "land,sea"}, {"territories": ["land", "sea"]}),
        (
            {"account": office.ids["one"], "territory": "land", "type": "Account.Registered"},
            {"accounts": [str(office.ids["one"])], "territories": ["land"], "types": ["Account.Registered"]},
        ),
    ]
    opened = [
        (http, [subscribed(office, each, wanted) for each in (Transport.WEBHOOK, Transport.VALKEY)])
        for http, wanted in stated
    ]
    alone = [over_http(office, **http) for http, _ in opened]
    for http, (webhook, valkey) in opened:
        assert over_http(office, **http) == by_webhook(office, webhook) == by_valkey(office, valkey, valkey_url)
    _merged(office, "three", "two")
    _merged(office, "two", "one")
    together = [over_http(office, **http) for http, _ in opened]
    for found, (_, (webhook, valkey)) in zip(together, opened, strict=True):
        assert found == by_webhook(office, webhook) == by_valkey(office, valkey, valkey_url)
    one, earth, _, registered = together
    assert len(alone[0]) == 1
    assert len(one) == len(earth) == 5  # three registrations, two merges
    assert set(one) == set(earth)
    assert (len(alone[3]), len(registered)) == (0, 2)


def test_what_a_filter_reaches(office: Office) -> None:
    ids: dict[str, UUID] = office.ids
    rights = Rights(Newest(office.journal))

    def of(**wanted: Any) -> StreamFilter:
        return reached(office.journal, rights, StreamFilter(**wanted))

    assert of() == StreamFilter()
    assert of(accounts=(ids["four"],)).accounts == (ids["four"],)
    assert of(accounts=(ids["one"], ids["four"])).accounts == (ids["one"], ids["four"], ids["two"], ids["three"])
    assert of(accounts=(ids["two"],)).accounts == (ids["two"], ids["three"])
    assert of(territories=("land", "gone")).territories == ("land", "town", "gone")
    assert of(types=("Account",), imports=False) == StreamFilter(types=("Account",), imports=False)
    office.give(Account, ids["two"], "separate", reason="two after all")
    assert of(accounts=(ids["one"],)).accounts == (ids["one"],)
