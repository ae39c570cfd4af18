"""Signing in by password: what a password must be, how it is set and changed, and what slows guessing down."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import httpx
import psycopg
import pytest
from psycopg_pool import ConnectionPool

from api.signing_in import passwords
from api.signing_in.attempts import BY_NAME, Attempts, TooManyAttempts
from api.signing_in.choosing import PasswordEasy, PasswordTooLong, PasswordTooShort, must_be_good
from api.signing_in.passwords import AT_ONCE, KIBIBYTES, ROUNDS, WAITING, Passwords
from api.signing_in.rates import Rate
from api.signing_in.tokens import LONGEST, SignInTokens
from domain.member import Member, Role
from domain.person_forgetting import PersonKind
from tests.api.office import Office, open_office
from tests.conftest import new_database
from tests.console.clock import Clock

SIGN_IN, SET_PASSWORD, YOU = "/console/sign-in", "/console/set-password", "/console/you"
GOOD, BETTER = "Lake-Tannin-Orbit", "Möhre auf dem Dach 茶"


@pytest.fixture(scope="module")
def office(postgres_url: str, fresh_names: Iterator[str], clock: Clock) -> Iterator[Office]:
    """Hashes here cost little."""
    for url in new_database(postgres_url, next(fresh_names)):
        with pytest.MonkeyPatch.context() as patch, open_office(url, clock) as opened:
            patch.setattr(passwords, "ROUNDS", 1)
            patch.setattr(passwords, "KIBIBYTES", 64)
            Passwords(opened.journal.pool).set(opened.members["manager"], GOOD, clock.now)
            yield opened


@pytest.fixture(autouse=True)
def _no_cookies(office: Office, clock: Clock) -> Iterator[None]:
    yield
    office.client.cookies.clear()
    clock.now += timedelta(days=2)  # what failed is forgotten


def sign_in(office: Office, name: str, password: str, then: str = "/console/", **headers: str) -> httpx.Response:
    fields = {"name": name, "password": password, "next": then}
    return office.client.post(SIGN_IN, data=fields, headers=headers, follow_redirects=False)


def link_for(office: Office, name: str) -> str:
    return SignInTokens(office.journal.pool).issue(office.members[name], office.clock(), LONGEST, "password")


def set_by_link(office: Office, token: str, password: str, again: str | None = None) -> httpx.Response:
    fields = {"token": token, "password": password, "again": password if again is None else again}
    return office.client.post(SET_PASSWORD, data=fields, follow_redirects=False)


def fault_in(answer: httpx.Response) -> str:
    found = re.search(r'role="alert"[^>]*>([^<]*)<', answer.text)
    return found[1] if found else ""


def test_who_knows_the_password_comes_in(office: Office) -> None:
    answer = sign_in(office, " manager ", GOOD, "/console/accounts?as_of=2026-10-31")
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/accounts?as_of=2026-10-31")
    assert office.log()[0] == ("signed_in", office.members["manager"], 303, "password")


@pytest.mark.parametrize("name", ["manager", "director", "no such member", "", "x\x00"])
def test_a_wrong_password_no_password_and_no_member_are_told_the_same(office: Office, name: str) -> None:
    answer = sign_in(office, name, "Lake-Tannin-Orbits")
    assert (answer.status_code, "set-cookie" in answer.headers) == (422, False)
    assert fault_in(answer) == "The identifier or the password is wrong, or this member may not sign in now."
    assert office.log()[0] == ("refused", None, 401, "PasswordWrong")


def test_who_is_locked_out_is_told_the_same(office: Office) -> None:
    office.member("locked", Role.MANAGER)
    Passwords(office.journal.pool).set(office.members["locked"], GOOD, office.clock())
    office.give(Member, office.members["locked"], "lock_out", reason="laptop stolen")
    assert fault_in(sign_in(office, "locked", GOOD)) == fault_in(sign_in(office, "locked", "wrong"))
    assert office.log()[1] == ("refused", office.members["locked"], 401, "MemberLockedOut")


def test_a_form_of_another_site_signs_nobody_in(office: Office) -> None:
    assert sign_in(office, "manager", GOOD, Origin="https://evil.example").status_code == 403
    assert sign_in(office, "manager", GOOD, **{"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert sign_in(office, "manager", GOOD, Origin="http://testserver.local").status_code == 303


def test_what_was_typed_stays_but_the_password(office: Office) -> None:
    answer = sign_in(office, 'x"><script>', "Lake-Tannin", "/console/funnel")
    assert 'value="x&#34;&gt;&lt;script&gt;"' in answer.text
    assert 'value="/console/funnel"' in answer.text
    assert "Lake-Tannin" not in answer.text


@pytest.mark.parametrize(("name", "in_the_end"), [("manager", 303), ("no such member", 422)])
def test_after_five_failures_each_further_one_waits_twice_as_long(
    office: Office, clock: Clock, name: str, in_the_end: int
) -> None:
    waits = []
    for _ in range(4):
        assert sign_in(office, name, "wrong").status_code == 422
    for _ in range(5):
        assert sign_in(office, name, "wrong").status_code == 422
        refused = sign_in(office, name, GOOD)
        assert refused.status_code == 429
        waits.append(int(refused.headers["retry-after"]))
        assert fault_in(refused) == f"Too many attempts: try again in {waits[-1]} seconds."
        clock.now += timedelta(seconds=waits[-1])
    assert waits == [1, 2, 4, 8, 16]
    assert sign_in(office, name, GOOD).status_code == in_the_end


def test_a_sign_in_ends_the_waiting_of_its_name(office: Office) -> None:
    for _ in range(3):
        for _ in range(4):
            sign_in(office, "manager", "wrong")
        assert sign_in(office, "manager", GOOD).status_code == 303


def test_an_address_that_tries_many_names_waits_too(office: Office) -> None:
    for number in range(25):
        assert sign_in(office, f"somebody {number}", "wrong").status_code == 422
    assert sign_in(office, "manager", GOOD).status_code == 429


def test_nobody_waits_longer_than_a_quarter_of_an_hour_and_all_is_forgotten_after_a_day(office: Office) -> None:
    attempts, now = Attempts(office.journal.pool), office.clock()
    for _ in range(40):
        attempts.take("somebody", BY_NAME, now)
        now += timedelta(minutes=15)
    attempts.take("somebody", BY_NAME, now)
    with pytest.raises(TooManyAttempts) as refusal:
        attempts.take("somebody", BY_NAME, now)
    assert refusal.value.details["seconds"] == 15 * 60
    for _ in range(4):
        attempts.take("somebody", BY_NAME, now + timedelta(days=1, minutes=1))


def test_processes_side_by_side_count_alike(office: Office, postgres_url: str) -> None:
    """Each with connections of its own: of forty at once five get through, and no more."""
    now, passed, begin = office.clock(), [], threading.Barrier(8)
    url = office.journal.pool.conninfo

    def process() -> None:
        with ConnectionPool(url, min_size=1, max_size=1) as pool:
            begin.wait()
            for _ in range(5):
                try:
                    Attempts(pool).take("one name", BY_NAME, now)
                    passed.append(1)
                except TooManyAttempts:
                    pass

    threads = [threading.Thread(target=process) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(passed) == BY_NAME.free


def test_few_passwords_are_looked_at_at_once(office: Office) -> None:
    looked_at, go_on, full = Passwords(office.journal.pool), threading.Event(), threading.Event()
    inside, most, results = list[int](), list[int](), list[str]()

    class Slow:
        def verify_and_update(self, *_: str) -> tuple[bool, None]:
            inside.append(1)
            most.append(len(inside))
            go_on.wait(30)
            inside.pop()
            return False, None

    looked_at.__dict__["_hasher"], looked_at.__dict__["_nobodys"] = Slow(), ""

    def ask() -> None:
        try:
            looked_at.fits(None, "x")
            results.append("looked at")
        except TooManyAttempts:
            results.append("refused")
            full.set()

    threads = [threading.Thread(target=ask) for _ in range(AT_ONCE + WAITING + 1)]
    for thread in threads:
        thread.start()
    assert full.wait(30)
    go_on.set()
    for thread in threads:
        thread.join()
    assert max(most) <= AT_ONCE
    assert sorted(results) == ["looked at"] * (AT_ONCE + WAITING) + ["refused"]


def test_a_rate_lets_through_what_fills_up_again() -> None:
    time = [0.0]
    rate = Rate(burst=3, per_second=0.5, clock=lambda: time[0])
    for _ in range(3):
        rate.take("one")
    with pytest.raises(TooManyAttempts) as refusal:
        rate.take("one")
    assert refusal.value.details["seconds"] == 2
    rate.take("another")
    time[0] += 2
    rate.take("one")


def test_only_an_argon2id_hash_is_kept(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "ROUNDS", ROUNDS)
    monkeypatch.setattr(passwords, "KIBIBYTES", KIBIBYTES)
    Passwords(office.journal.pool).set(office.members["integrator"], GOOD, office.clock())
    with office.journal.pool.connection() as connection:
        (kept,) = connection.execute(
            "select hash from passwords where member = %s", (office.members["integrator"],)
        ).fetchone() or ("",)
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=1$")


def test_a_password_is_set_by_an_address_once_and_ends_what_let_in_so_far(office: Office) -> None:
    before, token, other = office.signed_in("director"), link_for(office, "director"), link_for(office, "director")
    page = office.client.get(SET_PASSWORD, params={"token": token})
    assert (page.status_code, token in page.text) == (200, True)
    assert set_by_link(office, token, GOOD).status_code == 303
    assert office.log()[0] == ("signed_in", office.members["director"], 303, "password_set")
    assert sign_in(office, "director", GOOD).status_code == 303
    for used in (token, other):
        assert set_by_link(office, used, BETTER).status_code == 401
        assert office.client.get(SET_PASSWORD, params={"token": used}).status_code == 401
    assert before.post("/console/sign-out").headers["location"].startswith(SIGN_IN + "?next=")


def test_an_address_of_one_kind_does_nothing_of_the_other(office: Office) -> None:
    token = link_for(office, "admin")
    assert office.client.get(SIGN_IN, params={"token": token}, follow_redirects=False).status_code == 401
    other = SignInTokens(office.journal.pool).issue(office.members["admin"], office.clock())
    assert set_by_link(office, other, GOOD).status_code == 401


def test_a_bad_choice_leaves_the_address_as_it_was(office: Office) -> None:
    token = link_for(office, "auditor")
    for password, again, said in (
        ("short", None, "The password has 5 characters: take 12 at least, such as three words."),
        (GOOD, BETTER, "The two passwords are not the same: type it again."),
        (
            "three blue tigers run",
            None,
            "This password is guessed early, since it is made of words that many choose (th",
        ),
        ("testing of ours 2026", None, "This password is guessed early, since it is made of words that many choose"),
    ):
        answer = set_by_link(office, token, password, again)
        assert answer.status_code == 422
        assert fault_in(answer).startswith(said)
        assert password not in answer.text
    assert set_by_link(office, token, GOOD).status_code == 303


def test_after_a_refused_choice_the_cursor_stands_in_the_field_that_is_wrong(office: Office) -> None:
    link = link_for(office, "manager")
    refused = set_by_link(office, link, "short", "short").text
    assert re.search(r'<input id="new-password"[^>]* aria-invalid="true" autofocus>', refused)


def test_a_password_is_changed_with_the_old_one_and_other_sessions_end(office: Office) -> None:
    office.member("changing", Role.MANAGER)
    Passwords(office.journal.pool).set(office.members["changing"], GOOD, office.clock())
    here, elsewhere = office.signed_in("changing"), office.signed_in("changing")
    fields = {"password": BETTER, "again": BETTER}
    wrong = here.post(f"{YOU}/password", {"old": "Lake-Tannin", **fields})
    assert (wrong.status_code, fault_in(wrong)) == (422, "The old password is another one: nothing was changed.")
    assert "password_set" not in str(office.log()[0])
    changed = here.post(f"{YOU}/password", {"old": GOOD, **fields})
    assert (changed.status_code, changed.headers["location"]) == (303, YOU)
    for session in (here, elsewhere):
        assert session.get(YOU).status_code == 303
    assert sign_in(office, "changing", GOOD).status_code == 422
    assert sign_in(office, "changing", "Mo\u0308hre auf dem Dach 茶").status_code == 303


def test_the_first_password_is_set_soon_after_signing_in(office: Office, clock: Clock) -> None:
    office.member("first", Role.MANAGER)
    session = office.signed_in("first")
    clock.now += timedelta(minutes=61)
    fields = {"password": GOOD, "again": GOOD}
    late = session.post(f"{YOU}/password", fields)
    assert fault_in(late).startswith("You signed in more than an hour ago")
    assert office.signed_in("first").post(f"{YOU}/password", fields).status_code == 303


def test_a_key_sets_no_password(office: Office) -> None:
    fields = {"password": GOOD, "again": GOOD}
    answer = office.request("POST", f"{YOU}/password", "admin", data=fields)
    assert answer.status_code == 403


def test_ones_sessions_are_listed_and_ended(office: Office) -> None:
    office.member("many", Role.MANAGER)
    here, there, other = (office.signed_in("many") for _ in range(3))
    agent = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
    token = SignInTokens(office.journal.pool).issue(office.members["many"], office.clock())
    office.client.get(SIGN_IN, params={"token": token}, headers=agent, follow_redirects=False)
    office.client.cookies.clear()
    page = here.get(YOU).text
    assert page.count('action="/console/you/sessions/end"') == 3
    assert "<strong>Firefox, Linux</strong>" in page
    foreign = office.signed_in("manager")
    here.post(f"{YOU}/sessions/end", {"session": foreign.session.id})
    assert foreign.get(YOU).status_code == 200
    here.post(f"{YOU}/sessions/end", {"session": there.session.id})
    assert (there.get(YOU).status_code, other.get(YOU).status_code) == (303, 200)
    here.post(f"{YOU}/sessions/end-others")
    assert (other.get(YOU).status_code, here.get(YOU).status_code) == (303, 200)


def test_a_page_left_open_learns_the_token_of_the_new_session(office: Office) -> None:
    session = office.signed_in("manager")
    assert session.get("/console/session").json() == {"member": str(session.session.member), "csrf": session.csrf}
    headers = {"Sec-Fetch-Mode": "same-origin"}
    assert office.client.get("/console/session", headers=headers, follow_redirects=False).status_code == 401


def test_who_is_forgotten_leaves_no_password_and_no_session(office: Office) -> None:
    from domain.journal.context import Context
    from domain.journal.forgetting import forget

    office.member("leaving", Role.MANAGER)
    member = office.members["leaving"]
    Passwords(office.journal.pool).set(member, GOOD, office.clock())
    office.signed_in("leaving")
    link_for(office, "leaving")
    office.give(Member, member, "leave")
    forget(office.journal, {member: PersonKind.MEMBER}, Context(at=office.clock()), reason="asked for it")
    tables = ("passwords", "console_sessions", "sign_in_tokens")
    with office.journal.pool.connection() as connection:
        for table in tables:
            sql = f"select 1 from {table} where member = %s"
            assert connection.execute(sql.encode(), (member,)).fetchall() == [], table


EASY = "password1234 Passw0rd!2026 P@$$w0rd123456 qwertyuiop12 aaaaaaaaaaaa abcabcabcabc 123456789012 1qaz2wsx3edc"
EASY += " Summer2026!!! iloveyou12345 woaini5201314 mimamimamima1 dragonmonkeymaster Hallo.Hallo.Hallo 111222333444"


@pytest.mark.parametrize("password", [*EASY.split(), "kams kams kams!", "Ours GmbH 2026!", "lindqvist 2026 gregor"])
def test_what_is_guessed_first_is_refused(password: str) -> None:
    with pytest.raises(PasswordEasy):
        must_be_good(password, ["kams", "Ours GmbH", "Gregor Lindqvist", "M-01"])


HARD = [GOOD, BETTER, "correct horse battery staple", "dgfh73hd8s9x", "漏斗里的茶壶在屋顶上唱着歌"]


@pytest.mark.parametrize("password", HARD)
def test_what_is_hard_to_guess_is_taken(password: str) -> None:
    must_be_good(password, ["kams", "Ours GmbH", "Gregor Lindqvist", "M-01"])


def test_a_password_has_12_to_128_characters() -> None:
    with pytest.raises(PasswordTooShort):
        must_be_good("dgfh73hd8s9")
    with pytest.raises(PasswordTooLong):
        must_be_good("Lake-Tannin-Orbit " * 8)
    must_be_good(("Lake-Tannin-Orbit 7" * 7)[:128])


def test_a_password_of_nobody_takes_a_hash_too(office: Office) -> None:
    looked_at, asked = Passwords(office.journal.pool), []

    class Counting:
        def verify_and_update(self, *_: str) -> tuple[bool, None]:
            asked.append(1)
            return True, None

    looked_at.__dict__["_hasher"], looked_at.__dict__["_nobodys"] = Counting(), ""
    assert [looked_at.fits(None, "x"), looked_at.fits(uuid4(), "x")] == [False, False]
    assert len(asked) == 2


def test_passwords_are_no_events(office: Office) -> None:
    with psycopg.connect(office.journal.pool.conninfo) as connection:
        rows = connection.execute("select state from events").fetchall()
    assert not [state for (state,) in rows if b"argon2" in state]
