"""Receivers of webhooks: what the official library signs is genuine, and nothing else is."""

from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook

from api.client import WebhookNotGenuine, verify_webhook
from tests.api.fake_stream import envelope

OLD, NEW = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
BODY = envelope(4711)
SENT = datetime(2026, 3, 2, 9, tzinfo=UTC)
NOW = SENT.timestamp()


def headers(*secrets: str, body: bytes = BODY) -> dict[str, str]:
    signed = " ".join(Webhook(secret).sign("4711", SENT, body.decode()) for secret in secrets)
    return {"Webhook-Id": "4711", "webhook-timestamp": str(int(NOW)), "WEBHOOK-SIGNATURE": signed}


def test_a_genuine_one_is_its_event() -> None:
    event = verify_webhook(BODY, headers(NEW), NEW, now=NOW)
    assert (event.position, event.id, event.fields) == (4711, "4711", {"name": "Nº 4711"})


def test_while_secrets_are_exchanged_either_will_do() -> None:
    for signed, known in (((OLD, NEW), [NEW]), ((OLD, NEW), [OLD]), ((OLD,), [NEW, OLD]), ((NEW,), [NEW, OLD])):
        assert verify_webhook(BODY, headers(*signed), known, now=NOW).position == 4711


@pytest.mark.parametrize("late", [-301, 301])
def test_one_that_was_signed_long_ago_or_ahead_is_not(late: int) -> None:
    with pytest.raises(WebhookNotGenuine, match="more than 300 s ago or ahead"):
        verify_webhook(BODY, headers(NEW), NEW, now=NOW + late)
    assert verify_webhook(BODY, headers(NEW), NEW, tolerance=400, now=NOW + late).position == 4711
    assert verify_webhook(BODY, headers(NEW), NEW, now=NOW + late - (1 if late > 0 else -1)).position == 4711


def test_another_secret_body_id_or_time_does_not_fit() -> None:
    wrong = [
        (BODY, headers(OLD)),
        (BODY + b" ", headers(NEW)),
        (BODY, {**headers(NEW), "Webhook-Id": "4712"}),
        (BODY, {**headers(NEW), "webhook-timestamp": str(int(NOW) + 1)}),
        (BODY, {**headers(NEW), "WEBHOOK-SIGNATURE": headers(NEW)["WEBHOOK-SIGNATURE"].replace("v1,", "v1a,")}),
        (BODY, {**headers(NEW), "WEBHOOK-SIGNATURE": "v1,ä"}),
    ]
    for body, stated in wrong:
        with pytest.raises(WebhookNotGenuine, match="no signature fits"):
            verify_webhook(body, stated, NEW, now=NOW)


def test_what_is_missing_or_no_number_or_no_secret_is_said() -> None:
    with pytest.raises(WebhookNotGenuine, match="it has no webhook-id, webhook-timestamp, webhook-signature"):
        verify_webhook(BODY, {}, NEW)
    with pytest.raises(WebhookNotGenuine, match="no number of seconds"):
        verify_webhook(BODY, {**headers(NEW), "webhook-timestamp": "now"}, NEW, now=NOW)
    with pytest.raises(WebhookNotGenuine, match="the secret is none"):
        verify_webhook(BODY, headers(NEW), "whsec_%%%", now=NOW)
    with pytest.raises(WebhookNotGenuine, match="its body is no event"):
        verify_webhook(b"no json", headers(NEW, body=b"no json"), NEW, now=NOW)
