"""The README's section for integrators, run as it is written: curl, Python and JavaScript against `kams up`."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from api.client import Client
from api.client.webhooks import signature
from tests.journeys.commands import Home, new_home
from tests.node import NODE, node
from tests.workers.following import until

ROOT = Path(__file__).parents[2]
SECRET = "whsec_" + b64encode(b"0123456789abcdef0123456789abcdef").decode()
OTHER = "whsec_" + b64encode(b"fedcba9876543210").decode()
LIMIT = 36
"""Lines of the section."""


def section(file: str, heading: str) -> str:
    """A section of a document, up to the next heading of its level."""
    text = (ROOT / file).read_text(encoding="utf-8")
    found = re.search(rf"^{heading}\n.*?(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[0]


def blocks(text: str, language: str) -> list[str]:
    """The blocks of code in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A folder beside `.kams`, in which a system runs, and its address."""
    folder = tmp_path_factory.mktemp("integrator")
    with new_home() as home, home.up() as (_, client):
        (folder / ".kams").symlink_to(home.folder)
        yield folder, str(client.base_url).rstrip("/")


def environment(folder: Path, url: str) -> dict[str, str]:
    key = (folder / ".kams" / "key").read_text().strip()
    return {**os.environ, "URL": url, "KEY": key, "PYTHONPATH": str(ROOT)}


def test_the_section_is_short() -> None:
    assert len(section("README.md", "## For integrators").strip().splitlines()) <= LIMIT


def test_curl(running: tuple[Path, str]) -> None:
    folder, url = running
    script = blocks(section("README.md", "## For integrators"), "sh")[0]
    script = script.replace("http://127.0.0.1:8000", url)
    found = subprocess.run(
        ["bash", "-euc", script], cwd=folder, capture_output=True, text=True, timeout=90, check=False
    )
    assert found.returncode == 0, found.stderr
    answers = found.stdout.replace("}{", "}\n{").splitlines()
    documents = [json.loads(line) for line in answers if line.startswith("{")]
    assert "stages" in documents[0]
    page = [each for each in documents[1:] if "specversion" in each or "examined" in each]
    assert [each.get("type") for each in page[:3]] == ["Member.Invited", "Member.RoleGranted", "Member.KeyIssued"]
    assert page[3]["examined"] >= 3
    assert sum(line == "event: event" for line in answers) == 3
    opened, given = documents[-2:]
    assert opened["secret"].startswith("whsec_")
    assert [each["status"] for each in given["results"]] == [201]
    (line,) = [each for each in script.splitlines() if "/commands" in each]
    setting = "\n".join(script.splitlines()[:2])
    again = subprocess.run(
        ["bash", "-euc", f"{setting}\n{line}"], cwd=folder, capture_output=True, text=True, timeout=90, check=False
    )
    assert [each["repeated"] for each in json.loads(again.stdout)["results"]] == [True], "run twice, recorded once"


def test_python(running: tuple[Path, str]) -> None:
    folder, url = running
    (script,) = blocks(section("README.md", "## For integrators"), "python")
    for times in (1, 2):
        done = subprocess.run(
            [sys.executable, "-c", script], cwd=folder, env=environment(folder, url), capture_output=True, text=True,
            timeout=90, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        kinds = [line.split()[1] for line in done.stdout.splitlines()]
        if times == 1:
            assert (kinds[0], kinds[-1]) == ("Member.Invited", "Account.Registered")
        else:
            assert kinds == [], "the second time it records nothing, and goes on where it was"


def test_javascript(running: tuple[Path, str]) -> None:
    folder, url = running
    (script,) = blocks(section("README.md", "## For integrators"), "js")
    (folder / "snippet.mjs").write_text(script, encoding="utf-8")
    said = node("snippet.mjs", folder=folder, environment=environment(folder, url)).splitlines()
    assert said == ["Member.Invited", "Member.RoleGranted", "Member.KeyIssued"]


def test_the_command_line(running: tuple[Path, str]) -> None:
    folder, _ = running
    home = Home((folder / ".kams").resolve())
    home.run("streams", "open", "erp", "https://erp.example.com/kams")  # unless the lines for curl did
    _, script = blocks(section("README.md", "## For integrators"), "sh")
    for line in script.splitlines():
        command = line.partition("#")[0].split()[1:]
        done = home.run(*command)
        assert done.returncode == 0, (command, done.stderr)


def test_the_guides_python_client(running: tuple[Path, str]) -> None:
    folder, url = running
    (script,) = blocks(section("docs/streams.md", "## Python"), "python")
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=folder, env=environment(folder, url), capture_output=True, text=True,
        timeout=90, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "restored" not in done.stdout


def test_the_guides_consumer_of_a_valkey_stream_through_a_death_and_a_wipe(running: tuple[Path, str]) -> None:
    folder, url = running
    guide, home = section("docs/streams.md", "## Valkey streams"), Home((folder / ".kams").resolve())
    for line in blocks(guide, "sh")[0].splitlines():
        assert home.run(*line.partition("#")[0].split()[1:]).returncode == 0, line
    redis_url = home.json("doctor")["redis_url"]
    kams, stream = Client(url, home.key()), "kams:stream:orders"
    kams.command("account", "register", {"name": "Delta"})
    with redis.Redis.from_url(redis_url) as valkey:
        assert until(lambda: valkey.exists(stream) and valkey.xinfo_groups(stream))
        assert until(lambda: valkey.xlen(stream) > 0)
        ((_, ((dead, _),)),) = valkey.xreadgroup("books", "dead", {stream: ">"}, count=1)
        valkey.xclaim(stream, "books", "dead", 0, [dead], idle=60_000)
        (script,) = blocks(guide, "python")
        with subprocess.Popen(
            [sys.executable, "-c", script], env={**os.environ, "KAMS_REDIS_URL": redis_url}, stdout=subprocess.PIPE,
            text=True,
        ) as consumer:  # fmt: skip
            try:
                assert consumer.stdout is not None
                said = [consumer.stdout.readline()]
                valkey.flushall()
                last = kams.command("account", "register", {"name": "Epsilon"}).positions[-1]
                while not said[-1].startswith(f"{last} "):
                    said.append(consumer.stdout.readline())
                    assert said[-1], "it goes on"
            finally:
                consumer.kill()
    wanted = [event.position for event in kams.events(types="Account", follow=False)]
    assert sorted(int(line.split()[0]) for line in said) == wanted


BODY = b'{"specversion":"1.0","id":"7","type":"Account.Registered","position":7}'


def deliver(port: int, headers: dict[str, str], body: bytes) -> int:
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request("POST", "/", body, headers)
        return connection.getresponse().status


def signed_headers() -> dict[str, str]:
    now = str(int(time.time()))
    content = b".".join([b"7", now.encode(), BODY])
    return {"webhook-id": "7", "webhook-timestamp": now, "webhook-signature": f"v1,{signature(SECRET, content)}"}


@pytest.mark.parametrize("language", ["python", "js"])
def test_the_guides_receivers_take_what_is_genuine_once(language: str, tmp_path: Path) -> None:
    (script,) = blocks(section("docs/streams.md", "## Receiving webhooks"), language)
    if language == "python":
        script = f"SECRETS, PORT = {[OTHER, SECRET]!r}, 0\n{script}\nprint(server.server_port, flush=True)\n"
        command = [sys.executable, "-u", "-c", script + "server.serve_forever()"]
    else:
        (tmp_path / "receiver.mjs").write_text(
            script + 'server.listen(0, "127.0.0.1", () => console.log(server.address().port))', encoding="utf-8"
        )
        command = [str(NODE), str(tmp_path / "receiver.mjs")]
    environment = {**os.environ, "SECRETS": f"{OTHER} {SECRET}", "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as receiver:
        try:
            assert receiver.stdout is not None
            port, headers = int(receiver.stdout.readline()), signed_headers()
            assert deliver(port, {**headers, "webhook-id": "8"}, BODY) == 401
            assert [deliver(port, headers, BODY) for _ in range(2)] == [204, 204]
            assert deliver(port, headers, BODY.replace(b"7}", b"8}")) == 401
            assert receiver.stdout.readline() == "7 Account.Registered\n"
        finally:
            receiver.kill()
        assert receiver.stdout.read() == "", "the second one was known"
