"""In by the company's own sign-in (OpenID Connect), against a real issuer that does it right, and every way wrong."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc.jwk import ECKey, RSAKey

from api.signing_in.oidc import Client, IssuerUnreachable, Provider, is_safe
from api.signing_in.tokens import SignInTokens
from domain.member import Member
from tests.api.office import Office, open_office
from tests.conftest import new_database
from tests.console.issuer import CLIENT, SECRET, Issuer, issuing

THERE, BACK, SIGN_IN = "/console/company-sign-in", "/console/company-sign-in/back", "/console/sign-in"


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with issuing(Issuer()) as made:
        yield made


@pytest.fixture(scope="module")
def office(postgres_url: str, fresh_names: Iterator[str], issuer: Issuer) -> Iterator[Office]:
    client = Client(issuer.url, CLIENT, SECRET, "employee")
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url, company=client) as opened:
            yield opened


@pytest.fixture(autouse=True)
def _as_before(office: Office, issuer: Issuer) -> Iterator[None]:
    issuer.claims, issuer.algorithm, issuer.signs_with, issuer.error = {"employee": "manager"}, "RS256", None, ""
    yield
    office.client.cookies.clear()


def there(office: Office, then: str = "/console/funnel") -> tuple[str, str]:
    """Begin; the address of the issuer, and the cookie of the way."""
    answer = office.client.get(THERE, params={"next": then}, follow_redirects=False)
    office.client.cookies.clear()
    assert answer.status_code == 303
    assert re.search(r"kams-way=[^;]+; Path=/; HttpOnly; SameSite=Lax; Max-Age=600$", answer.headers["set-cookie"])
    return answer.headers["location"], answer.headers["set-cookie"].partition(";")[0]


def at_the_issuer(address: str) -> dict[str, str]:
    """What the issuer sends back by the browser."""
    answer = httpx.get(address, follow_redirects=False)
    found = urlsplit(answer.headers["location"])
    assert found.path == BACK
    return {name: values[0] for name, values in parse_qs(found.query).items()}


def back(office: Office, query: dict[str, str], cookie: str) -> httpx.Response:
    answer = office.client.get(BACK, params=query, headers={"Cookie": cookie}, follow_redirects=False)
    office.client.cookies.clear()
    return answer


def whole_way(office: Office, then: str = "/console/funnel") -> httpx.Response:
    address, cookie = there(office, then)
    return back(office, at_the_issuer(address), cookie)


def reason_in(answer: httpx.Response) -> str:
    assert (answer.status_code, "set-cookie" in answer.headers) == (401, False)
    found = re.search(r'role="alert"[^>]*>([^<]*)<', answer.text)
    text = html.unescape(found[1] if found else "")
    told = re.fullmatch(r"The company's sign-in did not let you in: (.*)\. Begin anew\.", text)
    return told[1] if told else answer.text


def test_who_the_issuer_knows_comes_in_and_goes_on(office: Office) -> None:
    answer = whole_way(office, "/console/funnel?as_of=2026-10-31")
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/funnel?as_of=2026-10-31")
    assert answer.headers["set-cookie"].startswith("kams=")
    assert office.log()[0] == ("signed_in", office.members["manager"], 303, "oidc")


def test_the_sign_in_page_offers_it_and_keeps_the_way(office: Office) -> None:
    page = office.client.get(SIGN_IN, params={"next": "/console/funnel?x=1"}).text
    assert f'href="{THERE}?next=/console/funnel%3Fx%3D1"' in page


def test_the_issuer_is_asked_with_state_nonce_and_a_challenge(office: Office) -> None:
    (one, _), (other, _) = there(office), there(office)
    asked, again = (parse_qs(urlsplit(each).query) for each in (one, other))
    assert (asked["response_type"], asked["client_id"]) == (["code"], [CLIENT])
    assert (asked["code_challenge_method"], asked["redirect_uri"]) == (["S256"], [f"http://testserver.local{BACK}"])
    assert "openid" in asked["scope"][0]
    for name in ("state", "nonce", "code_challenge"):
        assert len(asked[name][0]) == 43
        assert asked[name] != again[name]


def test_nobody_is_led_away(office: Office) -> None:
    assert whole_way(office, "//evil.example").headers["location"] == "/console/"


def test_a_way_is_gone_once(office: Office) -> None:
    address, cookie = there(office)
    query = at_the_issuer(address)
    assert back(office, query, cookie).status_code == 303
    assert reason_in(back(office, query, cookie)) == "this way was gone already, or took too long"


def test_another_browser_does_not_come_in_by_it(office: Office) -> None:
    """Else somebody could be signed in as whoever sent him the address."""
    (address, _), (_, foreign) = there(office), there(office)
    query = at_the_issuer(address)
    for cookie in (foreign, "kams-way=", "x=y"):
        assert reason_in(back(office, query, cookie)) == "this browser did not begin it"


NOW = int(time.time())
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"iss": "https://evil.example"}, "its token is another issuer's"),
    ({"aud": "another"}, "its token is for somebody else"),
    ({"aud": [CLIENT, "another"]}, "its token is for somebody else"),
    ({"aud": [CLIENT, "another"], "azp": "another"}, "its token is for somebody else"),
    ({"aud": None}, "its token is for somebody else"),
    ({"exp": NOW - 120}, "its token has expired"),
    ({"exp": None}, "its token has expired"),
    ({"exp": True}, "its token has expired"),
    ({"iat": NOW + 3600}, "its token is of the future"),
    ({"iat": None}, "its token is of the future"),
    ({"nonce": "another"}, "its token answers another request"),
    ({"nonce": None}, "its token answers another request"),
    ({"employee": None}, "it does not state employee"),
    ({"employee": 7}, "it does not state employee"),
    ({"employee": "nobody here"}, "no member here has the identifier that it states"),
]


@pytest.mark.parametrize(("claims", "reason"), WRONG)
def test_a_token_that_is_not_for_us_now_lets_nobody_in(
    office: Office, issuer: Issuer, claims: dict[str, Any], reason: str
) -> None:
    issuer.claims |= claims
    assert reason_in(whole_way(office)) == reason
    assert office.log()[0] == ("refused", None, 401, "CompanySignInFailed")


def test_a_token_for_several_that_names_us_lets_in(office: Office, issuer: Issuer) -> None:
    issuer.claims |= {"aud": [CLIENT, "another"], "azp": CLIENT}
    assert whole_way(office).status_code == 303


@pytest.mark.parametrize("algorithm", ["none", "HS256", "RS512"])
def test_only_signatures_of_the_issuers_own_keys_count(office: Office, issuer: Issuer, algorithm: str) -> None:
    issuer.algorithm = algorithm
    assert reason_in(whole_way(office)).startswith("its token is not signed by it")


def test_a_key_that_is_not_the_issuers_signs_nothing(office: Office, issuer: Issuer) -> None:
    issuer.signs_with = RSAKey.generate_key(2048, {"kid": "one"})
    assert reason_in(whole_way(office)).startswith("its token is not signed by it")
    issuer.signs_with = RSAKey.generate_key(2048, {"kid": "another"})
    assert reason_in(whole_way(office)).startswith("its token is not signed by it")
    issuer.algorithm, issuer.signs_with = "ES256", ECKey.generate_key("P-256", {"kid": "one"})
    assert reason_in(whole_way(office)).startswith("its token is not signed by it")


def test_a_code_of_another_way_is_not_taken(office: Office) -> None:
    (one, _), (other, cookie) = there(office), there(office)
    query = {**at_the_issuer(other), "code": at_the_issuer(one)["code"]}
    assert reason_in(back(office, query, cookie)) == "it does not take the code (400)"


def test_an_answer_of_another_issuer_is_not_taken(office: Office) -> None:
    address, cookie = there(office)
    query = {**at_the_issuer(address), "iss": "https://evil.example"}
    assert reason_in(back(office, query, cookie)) == "the answer is another issuer's"


def test_what_the_issuer_refuses_is_said(office: Office, issuer: Issuer) -> None:
    issuer.error = "access_denied"
    assert reason_in(whole_way(office)) == "it says access_denied"


def test_who_is_locked_out_does_not_come_in(office: Office, issuer: Issuer) -> None:
    office.member("locked")
    office.give(Member, office.members["locked"], "lock_out", reason="laptop stolen")
    issuer.claims["employee"] = "locked"
    assert reason_in(whole_way(office)) == "this member may not sign in now"
    assert office.log()[0] == ("refused", office.members["locked"], 401, "MemberLockedOut")


def test_an_address_counts_once_it_is_verified(issuer: Issuer) -> None:
    provider, way = Provider(Client(issuer.url, CLIENT, SECRET)), None
    from api.signing_in.oidc import CompanySignInFailed, Way

    way = Way("nonce", "verifier", "/console/")
    for verified in (False, None, "true"):
        issuer.claims = {"email": "li@ours.example", "email_verified": verified}
        with pytest.raises(CompanySignInFailed, match="has not verified"):
            named(provider, issuer, way)
    issuer.claims = {"email": "li@ours.example", "email_verified": True}
    assert named(provider, issuer, way) == "li@ours.example"


def named(provider: Provider, issuer: Issuer, way: Any) -> str:
    redirect = "http://127.0.0.1/console/company-sign-in/back"
    answer = at_the_issuer(provider.address("state", way, redirect))
    return provider.name_of(answer, way, redirect, datetime.now(UTC))


def test_an_issuer_that_is_not_there_or_calls_itself_otherwise_is_said(issuer: Issuer) -> None:
    with pytest.raises(IssuerUnreachable):
        Provider(Client("http://127.0.0.1:9", CLIENT, SECRET)).look()
    with pytest.raises(IssuerUnreachable, match="calls itself"):
        Provider(Client(issuer.url + "/", CLIENT, SECRET)).look()
    assert Provider(Client(issuer.url, CLIENT, SECRET)).look() == f"{issuer.url}/authorize"


@pytest.fixture(scope="module")
def behind_tls(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Office]:
    """A proxy with TLS stands before it, which hands on another host than people see; no sign-in of the company's."""
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url, behind_proxy=True, public_url="https://kams.example") as opened:
            yield opened


def test_where_it_is_not_set_there_is_no_such_page(behind_tls: Office) -> None:
    for path in (THERE, BACK):
        assert behind_tls.client.get(path, follow_redirects=False).status_code == 404
    assert THERE not in behind_tls.client.get(SIGN_IN).text


def test_behind_tls_the_cookie_is_of_this_host_alone_and_goes_over_tls(behind_tls: Office) -> None:
    session = behind_tls.signed_in("manager")
    token = SignInTokens(behind_tls.journal.pool).issue(session.session.member, behind_tls.clock())
    answer = behind_tls.client.get(SIGN_IN, params={"token": token}, follow_redirects=False)
    behind_tls.client.cookies.clear()
    name, *flags = answer.headers["set-cookie"].split("; ")
    assert name.startswith("__Host-kams=")
    assert sorted(flags) == ["HttpOnly", "Max-Age=604800", "Path=/", "SameSite=Lax", "Secure"]
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    assert session.get("/console/you").status_code == 303  # the cookie of plain HTTP is none here
    assert behind_tls.client.get("/health/live").headers["strict-transport-security"] == "max-age=31536000"


def test_the_public_address_is_ours(behind_tls: Office) -> None:
    for origin, status in (("https://kams.example", 422), ("https://evil.example", 403), ("null", 403)):
        fields = {"name": "manager", "password": "wrong"}
        answer = behind_tls.client.post(SIGN_IN, data=fields, headers={"Origin": origin})
        assert answer.status_code == status, origin


def test_whoever_knocks_without_end_is_told_to_come_again(postgres_url: str, fresh_names: Iterator[str]) -> None:
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url, behind_proxy=True, public_url="https://kams.example") as knocked_at:
            for _ in range(1000):
                answer = knocked_at.client.get("/console/preferences", follow_redirects=False)
                if answer.status_code != 303:
                    break
            assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
            assert knocked_at.client.get("/health/live").status_code == 200


@pytest.mark.parametrize("url", ["http://login.example", "ftp://x", "//x", "http://127.0.0.1.evil.example"])
def test_secrets_go_over_tls_alone(url: str) -> None:
    assert not is_safe(url)
    assert is_safe("https://login.example/realm")
