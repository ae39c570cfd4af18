"""Every command works on its own: it starts what it needs and stops what it started; beside `kams up` it uses that."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.journeys.commands import Home, ended, kill_all, new_home, said
from tests.journeys.conftest import ENDED, Done, copied_home
from tests.workers.following import ROOT, environment_of, started, until

ACCOUNTS = "name,external_id,currency\nAlpha,A-1,EUR\nBeta,A-2,EUR\n"
DEALS = (
    "external_id,account,title,amount,currency,stage,opened_on,close_on\n"
    "O-1,A-1,Line 1,5000,EUR,potential,2025-03-01,2026-09-30\n"
    "O-2,A-2,Line 2,7000,EUR,potential,2025-04-01,2026-10-31\n"
)
HEAVY = (
    "psycopg",
    "redis",
    "litestar",
    "uvicorn",
    "dramatiq",
    "cryptography",
    "eventsourcing",
    "structlog",
    "rich.table",
)


@pytest.fixture
def home() -> Iterator[Home]:
    with new_home() as home:
        yield home


@pytest.fixture(scope="module")
def furnished() -> Iterator[Home]:
    """A home with two accounts and two deals, whose servers do not run."""
    with new_home() as home:
        report = home.json("import", str(files_in(home.folder.parent)), "--on", "2025-12-31")
        assert report["taken"] == 4
        yield home


def files_in(folder: Path) -> Path:
    export = folder / "export"
    export.mkdir(exist_ok=True)
    (export / "accounts.csv").write_text(ACCOUNTS)
    (export / "opportunities.csv").write_text(DEALS)
    return export


def count(answer) -> int:
    return sum(stage["count"] for stage in answer["stages"])


# One command alone


def test_a_command_starts_the_servers_that_it_needs_and_stops_them(furnished):
    assert furnished.servers() == []
    answer = furnished.json("funnel")
    assert count(answer) == 2
    assert answer["complete"]
    assert furnished.servers() == []


def test_the_same_files_again_record_nothing(furnished):
    report = furnished.json("import", str(furnished.folder.parent / "export"), "--on", "2025-12-31")
    assert (report["taken"], report["unchanged"], report["events"]) == (0, 4, 0)


def test_help_loads_nothing_heavy():
    code = f"import sys, api.cli.main; print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_reading_loads_no_web_framework():
    code = (
        "import sys, api.cli.session, api.cli.reading; print([m for m in ('litestar', 'uvicorn') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_command_that_is_told_to_end_stops_what_it_started(furnished):
    process = started(furnished.folder, "work")
    said(process, "Working")
    code, _ = ended(process, signal.SIGTERM)
    assert code == 0
    assert furnished.servers() == []


def test_servers_left_by_a_killed_command_are_used_and_stopped_by_the_next(furnished):
    process = started(furnished.folder, "work")
    said(process, "Working")
    process.kill()
    process.communicate()
    assert furnished.servers()
    assert count(furnished.json("funnel")) == 2
    assert furnished.servers() == []


def test_without_waiting_an_answer_says_that_it_is_not_complete(home):
    export = files_in(home.folder.parent)
    home.json("import", str(export), "--on", "2025-12-31")
    early = home.json("funnel", "--no-wait")
    assert not early["complete"]
    assert count(early) == 0
    answer = home.json("funnel")
    assert answer["complete"]
    assert count(answer) == 2


def test_six_first_commands_at_once_make_one_system_and_one_admin(home):
    processes = [started(home.folder, "members", "list", "--json") for _ in range(6)]
    answers = [process.communicate(timeout=90) for process in processes]
    assert [process.returncode for process in processes] == [0] * 6, answers
    status = home.json("projections", "status")
    (admin,) = members_of(home.json("members", "list"))
    assert admin["external_id"] == "admin"
    assert status["head"] == 3  # invited, role granted, key issued
    assert (home.folder / "key").stat().st_mode & 0o777 == 0o600
    assert not (home.folder / "key.new").exists()
    assert home.servers() == []


def members_of(answer) -> list:
    return answer["members"] if isinstance(answer, dict) and "members" in answer else answer.get("items", answer)


# Beside `kams up`


def test_commands_beside_up_use_its_servers_and_workers(home):
    with home.up() as (process, client):
        assert client.get("/health/ready").json()["ok"]
        assert "kams_journal_head" in client.get("/metrics").text
        report = home.json("import", str(files_in(home.folder.parent)), "--on", "2025-12-31")
        answer = home.json("funnel")
        assert answer["complete"]
        assert count(answer) == 2
        assert answer["known_at"]["position"] >= report["position"]
        assert client.get("/health/ready").json()["ok"]
        assert home.servers()
        code, err = ended(process, signal.SIGINT)
    assert code == 0, err
    assert "Traceback" not in err
    assert home.servers() == []


def test_up_ends_in_order_when_it_is_told_to(furnished):
    with furnished.up() as (process, client):
        assert client.get("/health/live").status_code == 200
        code, err = ended(process, signal.SIGTERM)
    assert code == 0, err
    assert "Traceback" not in err
    assert furnished.servers() == []


def test_down_ends_a_running_system(furnished):
    with furnished.up() as (process, _):
        assert furnished.json("down") == {"stopped": ["postgresql", "valkey"]}
        assert process.wait(30) == 0
    assert furnished.servers() == []
    assert furnished.json("down") == {"stopped": []}


def test_up_starts_killed_servers_again(furnished):
    with furnished.up() as (process, client):
        for server in furnished.servers():
            with contextlib.suppress(Exception):
                server.kill()
        assert until(lambda: ready(client), 30)
        assert count(furnished.json("funnel")) == 2
        assert process.poll() is None
        assert ended(process, signal.SIGINT)[0] == 0
    assert furnished.servers() == []


def ready(client) -> bool:
    answer = client.get("/health/ready")
    return answer.status_code == 200


def test_an_address_that_is_taken_is_said_so(furnished):
    with furnished.up() as (_, client):
        done = furnished.run("serve", "--port", str(client.base_url.port))
        assert done.returncode == 1
        assert "--port" in done.stderr
        assert "Traceback" not in done.stderr


def test_other_machines_reach_nothing_unless_a_proxy_is_in_front(furnished):
    done = furnished.run("serve", "--host", "0.0.0.0", "--port", "0")
    assert done.returncode == 1
    assert "proxy" in done.stderr


# The demo


@pytest.fixture(scope="module")
def shown(shown_once: Path) -> Iterator[Home]:
    """A home in which a demo was killed in the middle of its import and another one went on."""
    with copied_home(shown_once) as folder:
        home = Home(folder)
        yield home
        kill_all(home)


def test_a_demo_killed_in_the_middle_goes_on_and_a_second_one_imports_nothing_twice(shown):
    both = json.loads((shown.folder / ENDED).read_text(encoding="utf-8"))
    assert both["killed"] == -signal.SIGKILL
    first = Done(**both["went_on"])
    for title in ("Funnel", "Forecast", "Relationship health", "Try next"):
        assert title in first.stdout
    assert "`kams up` serves it" in first.stderr  # nobody watches: where the console is to be had is said
    assert "`kams sign-in` prints another one" in first.stderr
    head = shown.json("projections", "status")["head"]
    began = seconds_of_children()
    second = shown.run("demo")
    assert seconds_of_children() - began < 10
    assert second.returncode == 0
    assert second.stdout == first.stdout.partition("\n")[2]  # all but what became of the rows
    assert shown.json("projections", "status")["head"] == head
    assert shown.servers() == []


def test_on_a_terminal_the_demo_goes_on_serving_until_ctrl_c(shown):
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "api.cli.main", "demo", "--port", "0"],
        cwd=ROOT,
        env=environment_of(shown.folder),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=lambda: __import__("fcntl").ioctl(0, __import__("termios").TIOCSCTTY, 0),
    )
    os.close(theirs)
    text = read_until(ours, "Serving at")  # from here on signals end the serving; the hints before it name Ctrl-C, too
    assert "Relationship health" in text
    assert process.poll() is None
    addresses = re.findall(r"http://\S+", text)
    assert len(addresses) == 1
    came_in = httpx.get(addresses[0], timeout=60)
    assert (came_in.status_code, came_in.headers["location"]) == (303, "/console/?as_of=2026-10-31")
    assert httpx.get(addresses[0], timeout=60).status_code == 401
    os.write(ours, b"\x03")
    read_until(ours, None)
    assert process.wait(30) == 0
    os.close(ours)
    assert shown.servers() == []


def seconds_of_children() -> float:
    """What the processes that ended here have worked, however busy the machine is."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def read_until(terminal: int, words: str | None) -> str:
    """What a terminal shows, until some words come or its program ends."""
    text = ""
    with contextlib.suppress(OSError):  # the end of a terminal
        while words is None or words not in text:
            text += os.read(terminal, 65_536).decode(errors="replace")
    return text
