"""Members who are locked out: every door refuses their keys at once and tells them no more than strangers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api.auth import Authenticator
from domain.rights import Newest
from tests.api.command_line import CommandLine, company_system
from tests.api.office import Office, open_office

NOW = [datetime(2026, 11, 2, 9, tzinfo=UTC)]
WHY = "The notebook was stolen"


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    NOW[0] = datetime(2026, 11, 2, 9, tzinfo=UTC)
    with open_office(database_url, lambda: NOW[0]) as opened:
        yield opened


def lock(office: Office, who: str, by: str = "admin", **body: str) -> int:
    path = f"/members/{office.members[who]}/lock-out"
    return office.post(path, {"reason": WHY, **body}, by).status_code


def test_a_locked_member_is_refused_like_a_stranger_until_he_is_let_in(office: Office) -> None:
    assert office.get("/accounts", "manager").status_code == 200
    assert lock(office, "manager") == 200
    refused = office.get("/accounts", "manager")
    stranger = office.client.get("/accounts", headers={"Authorization": "Bearer kams_wrong"})
    told, strange = ({**each.json(), "correlation_id": ""} for each in (refused, stranger))
    assert refused.status_code == 401
    assert told == strange
    assert office.post("/issues", {}, "manager").status_code == 401
    assert office.get("/me", "manager").status_code == 401
    assert office.post(f"/members/{office.members['manager']}/let-in", {}, "admin").status_code == 200
    assert office.get("/accounts", "manager").status_code == 200


def test_what_a_locked_member_tries_is_noted_as_his(office: Office) -> None:
    lock(office, "manager")
    office.get("/accounts", "manager")
    assert office.log()[0] == ("refused", office.members["manager"], 401, "MemberLockedOut")


def test_a_lock_ends_by_itself_at_its_moment(office: Office) -> None:
    assert lock(office, "manager", until="2026-11-03T09:00:00Z") == 200
    NOW[0] = datetime(2026, 11, 3, 8, 59, 59, tzinfo=UTC)
    assert office.get("/me", "manager").status_code == 401
    NOW[0] += timedelta(seconds=1)
    assert office.get("/me", "manager").status_code == 200


def test_a_key_that_was_let_in_before_is_let_in_no_more(office: Office) -> None:
    authenticator = Authenticator(office.journal, Newest(office.journal))
    asker = authenticator.asker_with(office.keys["integrator"], NOW[0])
    assert authenticator.again(asker.key_id, NOW[0]) is not None
    lock(office, "integrator")
    assert authenticator.again(asker.key_id, NOW[0]) is None


def test_admins_lock_out_and_let_in_and_nobody_else(office: Office) -> None:
    path = f"/members/{office.members['colleague']}"
    for who, expected in (("manager", 404), ("director", 404), ("auditor", 403), ("nobody", 404)):
        assert lock(office, "colleague", by=who) == expected, who
        assert office.post(f"{path}/let-in", {}, who).status_code == expected, who
    assert office.get("/me", "colleague").status_code == 200


def test_an_admin_does_not_lock_himself_out(office: Office) -> None:
    refused = office.post(f"/members/{office.members['admin']}/lock-out", {"reason": WHY}, "admin")
    assert (refused.status_code, refused.json()["rule"]) == (403, "NotAllowed")
    assert "another admin" in refused.json()["detail"]
    assert office.get("/me", "admin").status_code == 200


def test_a_lock_is_shown_to_who_may_see_members(office: Office) -> None:
    lock(office, "colleague", until="2026-11-05T00:00:00Z")
    shown = office.get(f"/members/{office.members['colleague']}", "admin").json()
    assert (shown["locked_out"], shown["locked_until"], shown["lock_reason"]) == (True, "2026-11-05T00:00:00Z", WHY)
    free = office.get(f"/members/{office.members['manager']}", "admin").json()
    assert (free["locked_out"], free["locked_until"], free["lock_reason"]) == (False, None, None)


def test_a_blank_reason_and_an_end_that_is_over_are_refused(office: Office) -> None:
    assert office.post(f"/members/{office.members['colleague']}/lock-out", {}, "admin").status_code == 422
    assert lock(office, "colleague", reason=" ") == 409
    assert lock(office, "colleague", until="2026-11-01T00:00:00Z") == 409


def test_the_command_line_locks_out_and_lets_in(database_url: str, valkey_url: str, tmp_path: Path) -> None:
    kams: CommandLine = company_system(database_url, valkey_url, tmp_path / "home")
    assert kams("members", "invite", "Eve", "--external-id", "M-9", "--role", "auditor").code == 0
    key = kams("keys", "issue", "M-9").out.strip()
    assert kams("members", "list", KAMS_KEY=key).code == 0
    locked = kams("members", "lock-out", "M-9", "--reason", WHY)
    assert locked.code == 0, locked.err
    assert "Locked out" in locked.err
    refused = kams("members", "list", KAMS_KEY=key)
    assert refused.code == 1
    assert "No valid API key" in refused.err
    found = {each["external_id"]: each["locked_out"] for each in kams("members", "list", "--json").json["members"]}
    assert found["M-9"] is True
    assert kams("members", "let-in", "M-9", "--reason", "Found again").code == 0
    assert kams("members", "list", KAMS_KEY=key).code == 0
    assert kams("members", "let-in", "M-9").code == 1
