"""Commands over HTTP: what they answer, what they refuse, what a repetition does."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from domain.account.account import Account
from tests.api.office import Office, open_office
from tests.conftest import new_database


@pytest.fixture(scope="module")
def office(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Office]:
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as opened:
            yield opened


@pytest.fixture
def account(office: Office) -> UUID:
    return office.account(f"Account {uuid4()}", manager="manager")


def test_an_opening_answers_201_with_id_version_and_position(office: Office) -> None:
    answer = office.post("/accounts", {"name": "Acme"})
    assert answer.status_code == 201
    told = answer.json()
    assert set(told) == {"id", "version", "position", "positions", "recorded_at", "repeated"}
    assert answer.headers["etag"] == f'"{told["version"]}"'
    assert told["positions"][-1] == told["position"]


def test_an_opening_takes_the_id_that_is_stated(office: Office) -> None:
    wanted = str(uuid4())
    assert office.post("/accounts", {"name": "Acme", "id": wanted}).json()["id"] == wanted


def test_a_manager_looks_after_what_he_registers(office: Office) -> None:
    told = office.post("/accounts", {"name": "Acme"}).json()
    assert office.get(f"/accounts/{told['id']}").status_code == 200
    assert office.get(f"/accounts/{told['id']}", "colleague").status_code == 404


def test_a_director_registers_in_his_territories_only(office: Office) -> None:
    assert office.post("/accounts", {"name": "N", "territory": "north"}, "director").status_code == 201
    assert office.post("/accounts", {"name": "S", "territory": "south"}, "director").status_code == 403


def test_a_command_of_a_part_has_its_path(office: Office, account: UUID) -> None:
    person = str(uuid4())
    added = office.post(f"/accounts/{account}/stakeholders/add", {"stakeholder_id": person, "name": "Li Lei"})
    assert added.status_code == 200, added.text
    logged = office.post(f"/accounts/{account}/visits/log", {"visit_id": str(uuid4()), "stakeholders": [person]})
    assert logged.json()["version"] == added.json()["version"] + 1


def test_a_change_states_only_what_changes(office: Office, account: UUID) -> None:
    person = str(uuid4())
    body = {"stakeholder_id": person, "name": "Li Lei", "email": "li@example.com"}
    office.post(f"/accounts/{account}/stakeholders/add", body)
    office.post(f"/accounts/{account}/stakeholders/change", {"stakeholder_id": person, "title": "CEO"})
    (shown,) = office.get(f"/accounts/{account}").json()["stakeholders"]
    assert (shown["name"], shown["email"], shown["title"]) == ("Li Lei", "li@example.com", "CEO")


def test_a_command_that_changes_nothing_records_nothing(office: Office, account: UUID) -> None:
    office.post(f"/accounts/{account}/change-profile", {"industry": "Steel"})
    again = office.post(f"/accounts/{account}/change-profile", {"industry": "Steel"}).json()
    assert again["positions"] == []
    assert again["recorded_at"] is None


def test_a_stale_etag_is_412_and_a_fresh_one_is_taken(office: Office, account: UUID) -> None:
    etag = office.get(f"/accounts/{account}").headers["etag"]
    first = office.post(f"/accounts/{account}/change-profile", {"industry": "Steel"}, If_Match=etag)
    assert first.status_code == 200
    stale = office.post(f"/accounts/{account}/change-profile", {"industry": "Wood"}, If_Match=etag)
    assert stale.status_code == 412
    assert stale.json()["rule"] == "Conflict"
    (fact,) = stale.json()["details"]["facts"]
    assert fact["position"] == first.json()["position"]
    assert (fact["topic"], fact["actor"]) == ("Account.ProfileChanged", str(office.members["manager"]))
    assert datetime.fromisoformat(fact["occurred_at"]) <= datetime.now(UTC)
    assert f"in between: profile changed on {fact['occurred_at'][:10]} by manager 王. Read" in stale.json()["detail"]
    undecided = office.post(f"/accounts/{account}/change-profile", {"segment": "A"})
    assert undecided.status_code == 200
    fresh = office.post(f"/accounts/{account}/change-profile", {"industry": "Wood"}, If_Match=undecided.headers["etag"])
    assert fresh.status_code == 200


def test_a_repeated_command_answers_the_same(office: Office) -> None:
    key = str(uuid4())
    first = office.post("/accounts", {"name": "Once"}, Idempotency_Key=key).json()
    again = office.post("/accounts", {"name": "Once"}, Idempotency_Key=key)
    assert again.status_code == 201
    assert again.json()["id"] == first["id"]
    assert again.json()["repeated"] is True


def test_another_body_under_the_same_key_is_422(office: Office, account: UUID) -> None:
    path, key = f"/accounts/{account}/change-profile", str(uuid4())
    office.post(path, {"industry": "Steel"}, Idempotency_Key=key)
    other = office.post(path, {"industry": "Wood"}, Idempotency_Key=key)
    assert other.status_code == 422
    assert other.json()["rule"] == "RepeatedDifferently"
    assert f"The command {key} was recorded before" in other.json()["detail"]


def test_the_same_key_of_two_members_is_two_commands(office: Office) -> None:
    key = str(uuid4())
    mine = office.post("/accounts", {"name": "A"}, "manager", Idempotency_Key=key).json()
    his = office.post("/accounts", {"name": "B"}, "colleague", Idempotency_Key=key)
    assert his.status_code == 201
    assert his.json()["id"] != mine["id"]


def test_a_refusal_is_409_with_rule_and_details(office: Office, account: UUID) -> None:
    stranger = str(uuid4())
    refused = office.post(f"/accounts/{account}/stakeholders/leave", {"stakeholder_id": stranger})
    assert refused.status_code == 409
    assert refused.headers["content-type"].startswith("application/problem+json")
    problem = refused.json()
    assert problem["rule"] == "StakeholderUnknown"
    assert problem["details"]["stakeholder"] == stranger
    assert stranger in problem["detail"]


def test_a_day_is_a_day_of_the_companys_calendar(office: Office, account: UUID) -> None:
    body = {"visit_id": str(uuid4()), "occurred_at": "2026-02-03", "note": "late"}
    told = office.post(f"/accounts/{account}/visits/log", body)
    assert told.status_code == 200, told.text
    (fact,) = [f for f in office.journal.streams.history(account) if f.position == told.json()["position"]]
    assert fact.occurred_at == datetime(2026, 2, 3, 15, 59, 59, 999999, UTC)
    assert fact.precision == "day"
    assert fact.note is not None
    assert fact.actor == office.members["manager"]


def test_a_fact_cannot_lie_in_the_future(office: Office, account: UUID) -> None:
    for stated in ("2100-01-01", (datetime.now(UTC) + timedelta(hours=1)).isoformat()):
        answer = office.post(f"/accounts/{account}/visits/log", {"visit_id": str(uuid4()), "occurred_at": stated})
        assert answer.status_code == 422
        assert answer.json()["faults"][0]["field"] == "occurred_at"


def test_an_opportunity_is_opened_and_advanced(office: Office, account: UUID) -> None:
    opened = office.post("/opportunities", {"account": str(account), "title": "Pumps"})
    assert opened.status_code == 201, opened.text
    path = f"/opportunities/{opened.json()['id']}"
    assert office.post(f"{path}/revise-amount", {"amount": {"amount": "5000", "currency": "EUR"}}).status_code == 200
    shown = office.get(path).json()
    assert shown["title"] == "Pumps"
    assert shown["opportunity"]["amount"] == {"amount": "5000.00", "currency": "EUR"}


def test_a_fact_is_withdrawn_by_its_position(office: Office, account: UUID) -> None:
    told = office.post(f"/accounts/{account}/change-profile", {"industry": "Steel"}).json()
    gone = office.post(f"/accounts/{account}/withdraw", {"position": told["position"], "reason": "typo"})
    assert gone.status_code == 200, gone.text
    assert "industry" not in office.get(f"/accounts/{account}").json()["profile"]
    twice = office.post(f"/accounts/{account}/withdraw", {"position": told["position"], "reason": "typo"})
    assert (twice.status_code, twice.json()["rule"]) == (409, "AlreadyWithdrawn")


def test_a_stale_withdrawal_is_412(office: Office, account: UUID) -> None:
    told = office.post(f"/accounts/{account}/change-profile", {"industry": "Steel"}).json()
    body = {"position": told["position"], "reason": "typo"}
    assert office.post(f"/accounts/{account}/withdraw", body, If_Match='"1"').status_code == 412


def test_a_withdrawal_that_is_sent_again_with_the_version_it_was_made_for_is_answered_the_same(
    office: Office, account: UUID
) -> None:
    told = office.post(f"/accounts/{account}/change-profile", {"industry": "Steel"}).json()
    path, body = f"/accounts/{account}/withdraw", {"position": told["position"], "reason": "typo"}
    headers = {"Idempotency_Key": str(uuid4()), "If_Match": f'"{told["version"]}"'}
    first, again = (office.post(path, body, **headers) for _ in range(2))
    assert (first.status_code, again.status_code) == (200, 200), again.text
    assert again.json() == {**first.json(), "repeated": True}


def test_a_visit_is_corrected_in_one_step(office: Office, account: UUID) -> None:
    visit = str(uuid4())
    logged = office.post(
        f"/accounts/{account}/visits/log", {"visit_id": visit, "minutes": 30, "occurred_at": "2026-02-03"}
    ).json()
    body = {"position": logged["position"], "reason": "longer", "visit_id": visit, "minutes": 90}
    corrected = office.post(f"/accounts/{account}/visits/correct", body)
    assert corrected.status_code == 200, corrected.text
    withdrawn, instead = office.journal.streams.history(account)[-2:]
    assert withdrawn.event.topic == "Account.FactWithdrawn"
    assert instead.event.minutes == 90  # type: ignore[attr-defined]
    assert instead.occurred_at == datetime(2026, 2, 3, 15, 59, 59, 999999, UTC)
    assert len(corrected.json()["positions"]) == 2


def test_an_account_cannot_stand_above_itself(office: Office) -> None:
    above, below = office.account("Above", "manager"), office.account("Below", "manager")
    assert office.post(f"/accounts/{below}/change-profile", {"parent": str(above)}).status_code == 200
    circle = office.post(f"/accounts/{above}/change-profile", {"parent": str(below)})
    assert (circle.status_code, circle.json()["rule"]) == (409, "ParentInCircle")


def test_a_key_is_shown_once_works_and_can_be_revoked(office: Office) -> None:
    member = office.members["forecaster"]
    body = {"scopes": ["read"], "expires": (datetime.now(UTC) + timedelta(days=30)).isoformat()}
    idempotency = str(uuid4())
    issued = office.post(f"/members/{member}/issue-key", body, "admin", Idempotency_Key=idempotency)
    assert issued.status_code == 200, issued.text
    office.keys["new"] = issued.json()["key"]
    assert office.get("/me", "new").json()["id"] == str(member)
    again = office.post(f"/members/{member}/issue-key", body, "admin", Idempotency_Key=idempotency).json()
    assert (again["repeated"], again["key"]) == (True, None)
    key_id = office.keys["new"].split("_")[1]
    assert office.post(f"/members/{member}/revoke-key", {"key_id": key_id}, "admin").status_code == 200
    assert office.get("/me", "new").status_code == 401


def test_a_member_leaves_when_the_accounts_are_handed_over(office: Office) -> None:
    office.member("leaver", *[])
    account = office.account("Of the leaver", manager="leaver")
    office.caught_up()
    path = f"/members/{office.members['leaver']}/leave"
    assert office.post(path, {}, "admin").json()["rule"] == "AccountsNotHandedOver"
    office.give(Account, account, "assign_manager", manager=str(office.members["manager"]))
    office.caught_up()
    assert office.post(path, {}, "admin").status_code == 200
    assert office.get("/me", "leaver").status_code == 401


def test_a_policy_is_shown_as_it_is_set(office: Office) -> None:
    shown = office.get("/policies/company")
    assert shown.json()["time_zone"] == "Asia/Shanghai"
    document = {**shown.json(), "name": "Ours & Co"}
    changed = office.request(
        "PUT", "/policies/company", "admin", json=document, headers={"If-Match": shown.headers["etag"]}
    )
    assert changed.status_code == 200, changed.text
    assert office.get("/policies/company").json()["name"] == "Ours & Co"
    assert office.get("/policies/company", as_of="2026-01-05T09:00:00Z").json()["name"] == "Ours"
    assert office.request("PUT", "/policies/company", "manager", json=document).status_code == 403


def test_a_sales_process_has_its_key_in_the_path(office: Office) -> None:
    shown = office.get("/policies/sales-process/four-funnel").json()
    assert shown["key"] == "four-funnel"
    assert office.get("/policies/sales-process/unheard-of").status_code == 404
    own = {**shown, "key": "own"}
    assert office.request("PUT", "/policies/sales-process/own", "admin", json=own).status_code == 200
    assert office.request("PUT", "/policies/sales-process/other", "admin", json=own).status_code == 404


def test_small_commands_of_policies_have_paths(office: Office) -> None:
    holiday = office.post("/policies/company/set-holiday", {"day": "2026-10-01", "name": "国庆"}, "admin")
    assert holiday.status_code == 200, holiday.text
    assert office.get("/policies/company").json()["holidays"][0]["name"] == "国庆"


def test_a_repetition_is_known_by_its_note_and_moment_too(office: Office, account: UUID) -> None:
    path, body = f"/accounts/{account}/change-profile", {"industry": "Steel", "note": "he said so"}
    key = str(uuid4())
    first = office.post(path, body, Idempotency_Key=key).json()
    assert office.post(path, body, Idempotency_Key=key).json() == {**first, "repeated": True}
    for other in ({"note": "she said so"}, {"occurred_at": "2026-02-03"}):
        assert office.post(path, body | other, Idempotency_Key=key).status_code == 422


def test_a_repeated_withdrawal_is_answered_the_same(office: Office, account: UUID) -> None:
    told = office.post(f"/accounts/{account}/change-profile", {"industry": "Steel"}).json()
    path, body, key = f"/accounts/{account}/withdraw", {"position": told["position"], "reason": "typo"}, str(uuid4())
    first = office.post(path, body, Idempotency_Key=key).json()
    assert office.post(path, body, Idempotency_Key=key).json() == {**first, "repeated": True}
    assert office.post(path, {**body, "reason": "other"}, Idempotency_Key=key).status_code == 422
