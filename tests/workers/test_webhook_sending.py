"""A delivery is signed by the Standard Webhooks specification and goes nowhere but to addresses that may be asked."""

from __future__ import annotations

import asyncio
import json
from base64 import b64decode
from datetime import UTC, datetime

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from domain.subscription.reachable import AddressForbidden, AddressNotGlobal, must_be_allowed
from domain.subscription.secret import SecretUnusable, key_of, new_secret
from tests.workers.webhook_receivers import answering, receiver
from workers.webhooks.answers import AttemptOutcome, retry_after
from workers.webhooks.sending import SECONDS, Sender
from workers.webhooks.signing import signed

BODY = json.dumps({"id": "7", "type": "Account.Registered", "data": {"fields": {"name": "锐捷"}}}).encode()


def now() -> int:
    """The clock of the official library, which refuses what is older than five minutes."""
    return int(datetime.now(UTC).timestamp())


def test_a_secret_is_32_random_bytes_as_the_specification_writes_them():
    secrets = {new_secret() for _ in range(100)}
    assert len(secrets) == 100
    assert {len(b64decode(each.removeprefix("whsec_"))) for each in secrets} == {32}
    assert {len(key_of(each)) for each in secrets} == {32}


@pytest.mark.parametrize(
    ("secret", "found"),
    [
        ("", 0),
        ("whsec_", 0),
        ("whsec_c2hvcnQ=", 5),
        ("whsec_not base64", 0),
        (f"whsec_{'A' * 88}", 66),
        ("A" * 44, 33),
        ("whsec_锐捷", 0),
    ],
)
def test_a_secret_that_is_too_short_too_long_or_no_base64_is_refused_without_repeating_it(secret, found):
    with pytest.raises(SecretUnusable) as refused:
        key_of(secret)
    assert str(refused.value) == (
        f"The secret cannot be used, its base64 holds {found} bytes: "
        "expected `whsec_` and that of 24 to 64 random ones."
    )


def test_the_official_library_verifies_a_signature():
    secret = new_secret()
    headers = signed("3-17", now(), BODY, [secret])
    assert Webhook(secret).verify(BODY, headers) == json.loads(BODY)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY + b" ", headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY, headers | {"webhook-id": "3-18"})
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(BODY, headers)


def test_while_secrets_are_rotated_both_verify():
    old, new = new_secret(), new_secret()
    headers = signed("7", now(), BODY, [new, old])
    assert Webhook(old).verify(BODY, headers) == Webhook(new).verify(BODY, headers) == json.loads(BODY)
    assert headers["webhook-signature"].count("v1,") == 2


def test_the_vector_of_the_official_library():
    secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
    headers = signed("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body, [secret])
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_what_is_sent():
    secret = new_secret()

    async def sent():
        async with (
            receiver(answering(200, b"thanks", "Set-Cookie: a=b")) as there,
            Sender("0.1", private=True) as sender,
        ):
            made = [
                await sender.send(there.url, "7", BODY, [secret], attempt=attempt, headers={"kams-subscription": "x"})
                for attempt in (1, 2)
            ]
            return made, there

    made, there = asyncio.run(sent())
    assert [(each.outcome, each.status, each.reason, each.excerpt) for each in made] == [
        (AttemptOutcome.DELIVERED, 200, "", "thanks")
    ] * 2
    assert (there.connections, [each.body for each in there.deliveries]) == (1, [BODY, BODY])
    first, second = (each.headers for each in there.deliveries)
    assert there.deliveries[0].line == "POST /hook HTTP/1.1"
    assert (first["kams-attempt"], second["kams-attempt"], first["kams-subscription"]) == ("1", "2", "x")
    assert (first["user-agent"], first["content-type"]) == ("kams/0.1", "application/cloudevents+json")
    assert (first["accept-encoding"], "cookie" in second) == ("identity", False)
    assert Webhook(secret).verify(BODY, second) == json.loads(BODY)


def test_where_personal_data_are_sent_nothing_of_the_answer_is_kept():
    async def sent():
        async with receiver(answering(500, b"Li Wei")) as there, Sender("0", private=True) as sender:
            return await sender.send(there.url, "7", BODY, [new_secret()], personal=True)

    assert (made := asyncio.run(sent())).excerpt == ""
    assert (made.outcome, made.status, made.reason) == (AttemptOutcome.FAILED, 500, "it answered 500")


def test_an_attempt_takes_15_seconds_at_most():
    assert SECONDS == 15.0


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("", None),
        ("120", 120.0),
        ("0", 0.0),
        ("999999999999999999999999", 86_400.0),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("Thu, 26 Nov 2026 12:02:00 GMT", 120.0),
        ("Thu, 26 Nov 2026 11:00:00 GMT", 0.0),
        ("Sun, 29 Nov 2026 12:00:00 GMT", 86_400.0),
        ("Thu, 99 Nov 2026 12:02:00 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_a_day_at_most(value, seconds):
    assert retry_after(value, datetime(2026, 11, 26, 12, tzinfo=UTC).timestamp()) == seconds


PRIVATE = [
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "127.0.0.1",
    "100.64.0.1",
    "198.18.0.1",
    "192.0.2.1",
    "240.0.0.1",
    "::1",
    "fc00::1",
    "::ffff:10.0.0.1",
    "::10.0.0.1",
    "64:ff9b::a00:1",
    "64:ff9b:1::1",
    "2002:a00:1::1",
    "2001:0:a00:1:0:0:f5ff:fffe",
    "2001:db8::1",
]
NEVER = [
    "169.254.169.254",
    "169.254.1.1",
    "100.100.100.200",
    "fe80::1%eth0",
    "fd00:ec2::254",
    "::ffff:169.254.169.254",
    "::169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
    "224.0.0.1",
    "ff02::1",
    "0.0.0.0",
    "::",
    "255.255.255.255",
]


@pytest.mark.parametrize("address", [*PRIVATE, *NEVER])
def test_addresses_that_are_not_global_are_refused(address):
    with pytest.raises(AddressNotGlobal, match="KAMS_WEBHOOKS_PRIVATE"):
        must_be_allowed("hook.example", address)


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_allowed_where_receivers_are_inside(address):
    must_be_allowed("hook.example", address, private=True)


@pytest.mark.parametrize("address", NEVER)
def test_where_credentials_are_handed_out_nothing_is_ever_sent(address):
    with pytest.raises(AddressForbidden, match=r"hook\.example leads to"):
        must_be_allowed("hook.example", address, private=True)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "1.1.1.1"])
def test_global_addresses_are_taken(address):
    must_be_allowed("hook.example", address)
    must_be_allowed("hook.example", address, private=True)
