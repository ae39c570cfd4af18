"""Receivers of webhooks as they are: down, slow, endless, broken, elsewhere. An attempt ends in time and says why."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading

import pytest

from domain.subscription.secret import new_secret
from tests.workers.webhook_receivers import (
    HERE,
    Answer,
    Certificate,
    Receiver,
    answering,
    certificate,
    cut,
    never,
    receiver,
    writing,
)
from workers.webhooks.answers import Attempt, AttemptOutcome
from workers.webhooks.sending import MOST_READ, Sender

SECRET = new_secret()
BODY = b'{"id": "7"}'
OUTSIDE = "93.184.216.34"


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate(tmp_path_factory.mktemp("tls"), "hook.example")


def tried(answer: Answer, times: int = 1, **options) -> tuple[list[Attempt], Receiver]:
    """Attempts at a receiver that answers so, one after the other."""

    async def tries():
        async with receiver(answer) as there, Sender("0", private=True, **options) as sender:
            return [await sender.send(there.url, "7", BODY, [SECRET]) for _ in range(times)], there

    return asyncio.run(tries())


def sent(url: str, **options) -> Attempt:
    async def send():
        async with Sender("0", **options) as sender:
            return await sender.send(url, "7", BODY, [SECRET])

    return asyncio.run(send())


def test_one_that_answers_500_has_failed():
    (made,), _ = tried(answering(500, b"<h1>oops</h1>"))
    assert (made.outcome, made.status, made.reason) == (AttemptOutcome.FAILED, 500, "it answered 500")
    assert made.excerpt == "<h1>oops</h1>"


@pytest.mark.parametrize("status", [429, 503])
def test_one_that_names_a_time_is_busy_until_then(status):
    (made,), _ = tried(answering(status, b"", "Retry-After: 90"))
    assert (made.outcome, made.status, made.retry_after_seconds) == (AttemptOutcome.BUSY, status, 90.0)
    (made,), _ = tried(answering(status, b"", "Retry-After: Sun, 06 Nov 2094 08:49:37 GMT"))
    assert (made.outcome, made.retry_after_seconds) == (AttemptOutcome.BUSY, 86_400.0)
    (made,), _ = tried(answering(status))
    assert (made.outcome, made.retry_after_seconds) == (AttemptOutcome.FAILED, None)


def test_one_that_is_gone_says_so():
    (made,), _ = tried(answering(410))
    assert (made.outcome, made.status) == (AttemptOutcome.GONE, 410)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(status):
    async def tries():
        async with receiver(answering(200)) as elsewhere:
            moved = answering(status, b"", f"Location: {elsewhere.url}")
            async with receiver(moved) as there, Sender("0", private=True) as sender:
                return await sender.send(there.url, "7", BODY, [SECRET]), elsewhere

    made, elsewhere = asyncio.run(tries())
    assert made.outcome is AttemptOutcome.FAILED
    assert made.reason == f"it answered {status}: redirects are not followed"
    assert elsewhere.connections == 0


def test_one_that_answers_too_late_has_failed():
    async def late(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(29)
        await answering(200)(writer)

    (made,), there = tried(late, seconds=0.3)
    assert (made.outcome, made.status, made.reason) == (AttemptOutcome.FAILED, None, "no answer within 0.3 s")
    assert made.connected
    assert made.latency_ms >= 300
    assert len(there.deliveries) == 1


def test_one_that_dribbles_its_headers_has_failed():
    async def dribbling(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nX: ")
        while True:
            writer.write(b"a")
            await asyncio.sleep(0.02)

    (made,), _ = tried(dribbling, seconds=0.3)
    assert (made.outcome, made.reason) == (AttemptOutcome.FAILED, "no answer within 0.3 s")


def test_of_a_huge_body_the_beginning_is_read_and_the_rest_is_cut():
    async def huge(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n")
        for _ in range(1024):
            writer.write(b"\xe4\xba\xba\0" * (1 << 18))
            await writer.drain()
            written.append(1 << 20)

    written: list[int] = []
    made, there = tried(huge, times=2)
    assert [each.outcome for each in made] == [AttemptOutcome.DELIVERED] * 2
    assert {each.excerpt for each in made} == {"人\ufffd" * 250}
    assert there.connections == 2
    assert MOST_READ == 65_536
    assert sum(written) < 64 << 20


@pytest.mark.parametrize(
    "head", [b"HTTP/1.1 204 No Content\r\n\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n"]
)
def test_a_body_that_never_ends_delays_nothing(head, monkeypatch):
    monkeypatch.setattr("workers.webhooks.sending.SECONDS_TO_READ", 0.2)
    made, there = tried(writing(head, then=never), seconds=20)
    assert [each.outcome for each in made] == [AttemptOutcome.DELIVERED]
    assert made[0].excerpt == ("ok" if b"chunked" in head else "")
    assert len(there.deliveries) == 1


def test_a_body_that_breaks_off_was_an_answer_all_the_same():
    (made,), _ = tried(writing(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhal", then=cut))
    assert (made.outcome, made.status) == (AttemptOutcome.DELIVERED, 200)


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd", "nonsense"])
def test_a_body_is_never_unpacked(encoding):
    (made,), _ = tried(answering(200, b"\x1f\x8b not really", f"Content-Encoding: {encoding}"))
    assert (made.outcome, made.excerpt) == (AttemptOutcome.DELIVERED, "\x1f\ufffd not really")


@pytest.mark.parametrize(
    "answer",
    [b"SSH-2.0-OpenSSH_9.9\r\n", b"\0\1\2\3" * 100, b"HTTP/1.1 abc OK\r\n\r\n", b"220 mail.example ESMTP\r\n"],
)
def test_what_is_no_http_has_failed(answer):
    (made,), _ = tried(writing(answer, then=never), seconds=20)
    assert (made.outcome, made.reason) == (AttemptOutcome.FAILED, "what it answered is not HTTP")


def test_headers_without_end_have_failed():
    lines = b"".join(b"X-%d: %s\r\n" % (number, b"a" * 60) for number in range(100_000))
    (made,), _ = tried(writing(b"HTTP/1.1 200 OK\r\n", lines, then=never), seconds=20)
    assert (made.outcome, made.reason) == (AttemptOutcome.FAILED, "what it answered is not HTTP")
    (made,), _ = tried(writing(b"HTTP/1.1 200 OK\r\nX: ", b"a" * (1 << 22), then=never), seconds=20)
    assert (made.outcome, made.reason) == (AttemptOutcome.FAILED, "what it answered is not HTTP")


def test_a_connection_that_is_reset_before_an_answer_has_failed():
    (made,), there = tried(cut)
    assert (made.outcome, made.reason) == (AttemptOutcome.FAILED, "it cut the connection before it answered")
    assert made.connected
    assert there.connections == 1
    (made,), _ = tried(writing(b"HTTP/1.1 200 OK\r\nContent-Le", then=cut))
    assert (made.outcome, made.reason) == (AttemptOutcome.FAILED, "it cut the connection before it answered")


def test_a_kept_connection_that_ends_is_no_failure():
    """Servers end connections after some requests, without a word before."""
    counted = iter(range(100))

    async def answer(writer: asyncio.StreamWriter) -> None:
        await (cut if next(counted) == 1 else answering(200))(writer)

    made, there = tried(answer, times=3)
    assert [each.outcome for each in made] == [AttemptOutcome.DELIVERED] * 3
    assert (there.connections, len(there.deliveries)) == (2, 4)


def test_one_that_refuses_connections_has_failed():
    with socket.socket() as deaf:  # bound, so that nobody else takes the port, and not listening
        deaf.bind((HERE, 0))
        made = sent(f"http://{HERE}:{deaf.getsockname()[1]}/", private=True)
    assert (made.outcome, made.status, made.reason) == (AttemptOutcome.FAILED, None, "it refuses connections")
    assert not made.connected


def test_one_that_never_takes_the_connection_has_failed():
    with socket.socket() as full:
        full.bind((HERE, 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(8)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(full.getsockname())
        made = sent(f"http://{HERE}:{full.getsockname()[1]}/", private=True, seconds=0.3)
        for each in waiting:
            each.close()
    assert (made.outcome, made.reason, made.connected) == (AttemptOutcome.FAILED, "no answer within 0.3 s", False)


def over_tls(shown: Certificate, trust: ssl.SSLContext | None, host: str) -> tuple[Attempt, Receiver]:
    async def tries():
        here = lambda name, port: [HERE]  # noqa: E731
        async with (
            receiver(answering(200), shown.server) as there,
            Sender("0", private=True, trust=trust, lookup=here) as sender,
        ):
            return await sender.send(f"https://{host}:{there.port}/", "7", BODY, [SECRET]), there

    return asyncio.run(tries())


def test_a_certificate_that_nobody_trusts_gets_nothing(shown):
    made, there = over_tls(shown, None, "hook.example")
    assert (made.outcome, made.status) == (AttemptOutcome.FAILED, None)
    assert made.reason == "its certificate is not trusted: self-signed certificate"
    assert there.deliveries == []


def test_a_certificate_of_another_name_gets_nothing(shown):
    made, there = over_tls(shown, shown.trusting, "other.example")
    assert made.outcome is AttemptOutcome.FAILED
    assert made.reason.startswith("its certificate is not trusted: Hostname mismatch")
    assert there.deliveries == []


def test_a_trusted_certificate_gets_the_delivery(shown):
    made, there = over_tls(shown, shown.trusting, "hook.example")
    assert (made.outcome, len(there.deliveries)) == (AttemptOutcome.DELIVERED, 1)


def test_one_that_does_not_speak_tls_has_failed():
    async def plain(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async def tries():
        async with await asyncio.start_server(plain, HERE, 0) as there, Sender("0", private=True) as sender:
            url = f"https://{HERE}:{there.sockets[0].getsockname()[1]}/"
            return await sender.send(url, "7", BODY, [SECRET])

    made = asyncio.run(tries())
    assert made.outcome is AttemptOutcome.FAILED
    assert (made.reason[:8], made.connected) == ("no TLS: ", False)


def test_a_host_that_is_not_known_has_failed():
    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    made = sent("https://hook.example/", lookup=unknown)
    assert (made.outcome, made.reason) == (AttemptOutcome.FAILED, "the host hook.example is not known")
    assert not made.connected


@pytest.mark.parametrize("led", [["10.0.0.5"], [OUTSIDE, "127.0.0.1"], ["::1", OUTSIDE], ["::ffff:192.168.0.1"]])
def test_a_name_that_leads_inside_is_refused_as_a_whole(led):
    made = sent("https://hook.example/", lookup=lambda host, port: led)
    assert (made.outcome, made.status) == (AttemptOutcome.REFUSED, None)
    assert made.reason.startswith("hook.example leads to")
    assert "KAMS_WEBHOOKS_PRIVATE" in made.reason


def test_a_name_that_changes_between_two_connections_is_looked_at_again():
    led = iter([[HERE], ["169.254.169.254"]])

    async def answer(writer: asyncio.StreamWriter) -> None:
        await answering(200, b"", "Connection: close")(writer)
        await writer.drain()
        writer.close()

    async def tries():
        async with (
            receiver(answer) as there,
            Sender("0", private=True, lookup=lambda host, port: next(led), remember_seconds=0) as sender,
        ):
            url = f"http://hook.example:{there.port}/"
            return [await sender.send(url, "7", BODY, [SECRET]) for _ in range(2)], there

    made, there = asyncio.run(tries())
    assert [each.outcome for each in made] == [AttemptOutcome.DELIVERED, AttemptOutcome.REFUSED]
    assert made[1].reason.startswith("hook.example leads to 169.254.169.254")
    assert (there.connections, next(led, None)) == (1, None)


@pytest.mark.parametrize("host", ["127.0.0.1", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "localhost", "127.1"])
def test_an_address_in_place_of_a_name_is_looked_at_too(host):
    async def tries():
        async with receiver(answering(200)) as there, Sender("0") as sender:
            return await sender.send(f"https://{host}:{there.port}/", "7", BODY, [SECRET]), there

    made, there = asyncio.run(tries())
    assert (made.outcome, made.status, there.connections) == (AttemptOutcome.REFUSED, None, 0)


@pytest.mark.parametrize(
    "url", ["", "hook", "ftp://a/", "http://a.example/", "https://", "https:///x", "https://a:99999/", "file:///etc/x"]
)
def test_what_is_no_https_address_is_refused_without_repeating_it(url):
    made = sent(url)
    assert (made.outcome, made.status) == (AttemptOutcome.REFUSED, None)
    assert made.reason == (
        "The address cannot be used: expected `https://host/path` (`http://` only with KAMS_WEBHOOKS_PRIVATE=1)."
    )


def test_an_unusable_secret_is_refused_without_repeating_it():
    async def tries():
        async with Sender("0") as sender:
            return await sender.send("https://hook.example/", "7", BODY, ["whsec_short"])

    made = asyncio.run(tries())
    assert made.outcome is AttemptOutcome.REFUSED
    assert "short" not in made.reason


def test_many_receivers_that_are_dead_hold_up_no_other():
    async def tries():
        async with receiver(never) as dead, receiver(answering(200)) as well, Sender("0", private=True) as sender:
            held = [asyncio.create_task(sender.send(dead.url, "7", BODY, [SECRET])) for _ in range(200)]
            made = [await sender.send(well.url, "7", BODY, [SECRET]) for _ in range(50)]
            for each in held:
                each.cancel()
            ended = await asyncio.gather(*held, return_exceptions=True)
            return made, ended

    made, ended = asyncio.run(tries())
    assert {each.outcome for each in made} == {AttemptOutcome.DELIVERED}
    assert {type(each) for each in ended} == {asyncio.CancelledError}


def test_names_whose_servers_do_not_answer_hold_up_no_other():
    def slow(host: str, port: int) -> list[str]:
        if host.startswith("dead"):
            done.wait(30)
        return [HERE]

    async def tries():
        async with receiver(answering(200)) as there, Sender("0", private=True, lookup=slow, seconds=20) as sender:
            dead = [f"http://dead{number}.example/" for number in range(40)]
            held = [asyncio.create_task(sender.send(each, "7", BODY, [SECRET])) for each in dead]
            made = await sender.send(f"http://well.example:{there.port}/", "7", BODY, [SECRET])
            for each in held:
                each.cancel()
            await asyncio.gather(*held, return_exceptions=True)
            done.set()
            return made

    done = threading.Event()
    assert asyncio.run(tries()).outcome is AttemptOutcome.DELIVERED
