"""Signing in by an address that is used once; sessions, how long they last, and who they let in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from api.auth import Authenticator, scopes_of
from api.console import console_endpoints
from api.signing_in.leading import START, local
from api.signing_in.sessions import Timeouts
from api.signing_in.tokens import VALID, SignInTokens, address
from domain.member import Member, Role
from domain.rights import Newest
from tests.api.office import SCOPES, Office, open_office
from tests.conftest import new_database
from tests.console.clock import Clock

SIGN_IN, SIGN_OUT = "/console/sign-in", "/console/sign-out"
CSRF_ROUTES = [each for each in console_endpoints() if each.method != "GET" and not each.public]


@pytest.fixture(scope="module")
def office(postgres_url: str, fresh_names: Iterator[str], clock: Clock) -> Iterator[Office]:
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url, clock) as opened:
            yield opened


@pytest.fixture(autouse=True)
def _no_cookies(office: Office) -> Iterator[None]:
    yield
    office.client.cookies.clear()


def token_for(office: Office, name: str, valid: timedelta = VALID) -> str:
    return SignInTokens(office.journal.pool).issue(office.members[name], office.clock(), valid)


def open_address(office: Office, token: str, then: str = "/console/", **headers: str) -> httpx.Response:
    given = {"token": token, "next": then}
    return office.client.get(SIGN_IN, params=given, headers=headers, follow_redirects=False)


def is_in(office: Office, cookie: str) -> bool:
    """Whether a cookie lets in: whoever is out is led to the sign-in page, even on his way out."""
    fields = {"_csrf": "not the token"}
    answer = office.client.post(SIGN_OUT, headers={"Cookie": cookie}, data=fields, follow_redirects=False)
    return answer.status_code == 403


def cookie_of(answer: httpx.Response) -> str:
    return answer.headers["set-cookie"].partition(";")[0]


def test_an_address_signs_in_and_leads_to_its_page(office: Office) -> None:
    answer = open_address(office, token_for(office, "manager"), "/console/?as_of=2026-10-31")
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/?as_of=2026-10-31")
    assert is_in(office, cookie_of(answer))
    assert office.log()[0][:2] == ("refused", office.members["manager"])  # is_in proves no token
    assert office.log()[1] == ("signed_in", office.members["manager"], 303, "token")


def test_an_address_signs_in_once(office: Office) -> None:
    token = token_for(office, "manager")
    assert open_address(office, token).status_code == 303
    again = open_address(office, token)
    assert again.status_code == 401
    assert "set-cookie" not in again.headers
    assert office.log()[0] == ("refused", None, 401, "SignInTokenBad")


def test_a_browser_that_looks_ahead_does_not_use_an_address_up(office: Office) -> None:
    token = token_for(office, "manager")
    ahead = open_address(office, token, **{"Sec-Purpose": "prefetch;anonymous-client-ip"})
    assert (ahead.status_code, "set-cookie" in ahead.headers) == (200, False)
    assert open_address(office, token).status_code == 303


def test_an_address_expires(office: Office, clock: Clock) -> None:
    token = token_for(office, "manager")
    clock.now += VALID + timedelta(seconds=1)
    assert open_address(office, token).status_code == 401


def test_an_address_is_valid_for_a_day_at_most(office: Office, clock: Clock) -> None:
    token = token_for(office, "manager", timedelta(days=3))
    clock.now += timedelta(hours=24, seconds=1)
    assert open_address(office, token).status_code == 401


def test_an_address_of_ones_own_making_is_refused(office: Office) -> None:
    assert open_address(office, "kamsi_" + "A" * 43).status_code == 401


def test_the_cookie_on_this_machine_is_hidden_from_scripts_and_other_sites_forms(office: Office) -> None:
    name, *flags = open_address(office, token_for(office, "manager")).headers["set-cookie"].split("; ")
    assert name.startswith("kams=")
    assert sorted(flags) == ["HttpOnly", "Max-Age=604800", "Path=/", "SameSite=Lax"]


def test_the_secret_is_not_kept(office: Office) -> None:
    cookie = cookie_of(open_address(office, token_for(office, "manager"))).partition("=")[2]
    with office.journal.pool.connection() as connection:
        rows = connection.execute("select s::text from console_sessions s").fetchall()
    assert rows
    assert not [row for (row,) in rows if cookie in row]


def test_a_cookie_of_before_is_not_kept_and_ends(office: Office) -> None:
    before = office.signed_in("colleague")
    answer = open_address(office, token_for(office, "manager"), Cookie=f"kams={before.secret}")
    assert cookie_of(answer) != f"kams={before.secret}"
    assert not is_in(office, f"kams={before.secret}")
    forged = open_address(office, token_for(office, "manager"), Cookie="kams=chosen-by-somebody-else")
    assert cookie_of(forged) != "kams=chosen-by-somebody-else"


def test_nobody_is_led_away() -> None:
    assert local("/console/accounts?as_of=2026-10-31&x=a/b") == "/console/accounts?as_of=2026-10-31&x=a/b"
    assert local("/console") == "/console"
    away = "//evil https://evil /\\evil /console\\evil /consolevil /accounts /console/../x /console/%2E%2e/x"
    away += " //evil/console/ javascript:alert(1) http:///console/ /console//evil"
    for stated in [*away.split(), "", "/console/\n", "/console/ x", "/console/\x00", "/console/管"]:
        assert local(stated) == START, stated


def test_signing_in_leads_nowhere_else(office: Office) -> None:
    assert open_address(office, token_for(office, "manager"), "//evil").headers["location"] == START


def test_whoever_is_not_signed_in_is_led_to_the_sign_in_page(office: Office) -> None:
    answer = office.client.post(SIGN_OUT, headers={"Referer": "http://x/console/a?b=c"}, follow_redirects=False)
    assert answer.status_code == 303
    found = urlsplit(answer.headers["location"])
    assert (found.path, parse_qs(found.query)) == (SIGN_IN, {"next": ["/console/a?b=c"]})


def test_a_script_and_a_form_it_sent_are_told_so(office: Office) -> None:
    sent = office.client.post(SIGN_OUT, headers={"HX-Request": "true"}, follow_redirects=False)
    assert (sent.status_code, sent.json()["rule"]) == (401, "NotSignedIn")
    fetched = office.client.post(SIGN_OUT, headers={"Sec-Fetch-Mode": "cors"}, follow_redirects=False)
    assert (fetched.status_code, fetched.json()["rule"]) == (401, "NotSignedIn")


def test_a_session_ends_with_signing_out(office: Office) -> None:
    manager = office.signed_in("manager")
    answer = manager.post(SIGN_OUT)
    assert (answer.status_code, answer.headers["location"]) == (303, SIGN_IN)
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert not is_in(office, f"kams={manager.secret}")


def test_a_session_ends_after_half_a_day_of_silence_and_after_a_week(office: Office, clock: Clock) -> None:
    silent, busy = office.signed_in("manager"), office.signed_in("manager")
    began = clock.now
    while clock.now < began + timedelta(days=6, hours=20):
        clock.now += timedelta(hours=11)
        assert is_in(office, f"kams={busy.secret}")
    assert not is_in(office, f"kams={silent.secret}")
    clock.now = began + Timeouts().whole
    assert not is_in(office, f"kams={busy.secret}")


def test_a_lock_out_ends_sessions_for_good(office: Office) -> None:
    office.member("locked", Role.MANAGER)
    session = office.signed_in("locked")
    assert is_in(office, f"kams={session.secret}")
    office.give(Member, office.members["locked"], "lock_out", reason="laptop stolen")
    office.give(Member, office.members["locked"], "let_in")
    assert not is_in(office, f"kams={session.secret}")
    assert is_in(office, f"kams={office.signed_in('locked').secret}")


def test_who_is_locked_out_or_has_left_does_not_come_in(office: Office) -> None:
    for name, command in (("out", "lock_out"), ("gone", "leave")):
        office.member(name, Role.MANAGER)
        token = token_for(office, name)
        office.give(Member, office.members[name], command, reason="so it is")
        assert open_address(office, token).status_code == 401
    assert office.log()[1][:4] == ("refused", office.members["out"], 401, "MemberLockedOut")


def test_a_session_knows_when_its_member_signed_in_before(office: Office, clock: Clock) -> None:
    office.member("regular", Role.MANAGER)
    first, begun = office.signed_in("regular").session, clock.now
    clock.now += timedelta(days=30)
    assert (first.previous_sign_in_at, office.signed_in("regular").session.previous_sign_in_at) == (None, begun)


@pytest.mark.parametrize("role", list(Role))
def test_a_session_asks_as_a_key_with_all_scopes_does(office: Office, role: Role) -> None:
    authenticator = Authenticator(office.journal, Newest(office.journal))
    by_key = authenticator.asker_with(office.keys[role.value], office.clock())
    session = authenticator.asker_in(office.signed_in(role.value).session, office.clock())
    assert (session.member, session.roles, session.visibility, session.changes) == (
        by_key.member,
        by_key.roles,
        by_key.visibility,
        by_key.changes,
    )
    assert session.scopes == scopes_of([role]) <= {*SCOPES}


def test_every_form_of_a_session_needs_its_token(office: Office) -> None:
    manager, other = office.signed_in("manager"), office.signed_in("manager")
    assert CSRF_ROUTES
    for route in CSRF_ROUTES:
        for fields in ({"a": "b"}, {"_csrf": ""}, {"_csrf": "x"}, {"_csrf": other.csrf}):
            answer = manager.request(route.method, filled(route.path), data=fields)
            assert (answer.status_code, answer.json()["rule"]) == (403, "CrossSiteRequest"), route.path


def test_no_form_from_another_site_is_taken(office: Office) -> None:
    manager = office.signed_in("manager")
    elsewhere = [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "http://evil.example"}]
    elsewhere += [{"Origin": "null"}, {"Origin": "http://testserver.local:81"}]
    for route in CSRF_ROUTES:
        for headers in elsewhere:
            answer = manager.post(filled(route.path), headers=headers)
            assert (answer.status_code, answer.json()["rule"]) == (403, "CrossSiteRequest"), (route.path, headers)


def test_a_form_from_here_is_taken_by_its_field_or_a_header(office: Office) -> None:
    here = {"Sec-Fetch-Site": "same-origin", "Origin": "http://testserver.local"}
    assert office.signed_in("manager").post(SIGN_OUT, headers=here).status_code == 303
    manager = office.signed_in("manager")
    headers = {"X-CSRF-Token": manager.csrf, "Content-Type": "application/x-www-form-urlencoded"}
    assert manager.request("POST", SIGN_OUT, headers=headers).status_code == 303


def test_a_form_is_a_form_and_no_larger_than_one(office: Office) -> None:
    manager = office.signed_in("manager")
    headers = {"X-CSRF-Token": manager.csrf}
    assert manager.request("POST", SIGN_OUT, headers=headers, json={}).status_code == 415
    assert manager.post(SIGN_OUT, {"text": "x" * 200_000}).status_code == 413
    odd = {**headers, "Content-Type": "application/x-www-form-urlencoded"}
    assert manager.request("POST", SIGN_OUT, headers=odd, content=b"a=%ff").status_code == 422


def test_a_key_lets_in_to_pages_too(office: Office) -> None:
    answer = office.request("POST", SIGN_OUT, data={"a": "b"}, follow_redirects=False)
    assert answer.status_code == 303


def test_what_a_proxys_own_sign_in_makes_a_browser_state_is_neither_key_nor_hindrance(office: Office) -> None:
    manager = office.signed_in("manager")
    basic = {"Authorization": "Basic bGk6bGVp"}
    assert manager.request("GET", "/console/you", headers=basic).status_code == 200
    assert manager.request("POST", SIGN_OUT, headers=basic, data={"a": "b"}).status_code == 403


def test_a_cookie_is_no_key(office: Office) -> None:
    assert office.signed_in("admin").get("/me").status_code == 401


def test_pages_run_no_script_but_their_own_files(office: Office) -> None:
    headers = office.client.get(SIGN_IN).headers
    policy = dict(each.split(" ", 1) for each in headers["content-security-policy"].split("; "))
    assert (policy["script-src"], policy["object-src"], policy["base-uri"]) == ("'self'", "'none'", "'none'")
    assert (policy["frame-ancestors"], policy["form-action"]) == ("'none'", "'self'")
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "strict-transport-security" not in headers
    assert office.client.get("/health/live").headers["content-security-policy"].startswith("default-src 'none'")


def test_an_address_holds_its_page(office: Office) -> None:
    found = address("http://127.0.0.1:8000/", "kamsi_x", "/console/?as_of=2026-10-31")
    assert found == "http://127.0.0.1:8000/console/sign-in?token=kamsi_x&next=/console/%3Fas_of%3D2026-10-31"


def filled(path: str) -> str:
    """A path with something in its places: the token is looked at first."""
    return path.replace("{", "").replace("}", "")
