"""HTTP answers in the language that is asked for: refusals, faults of fields and reasons; keys and numbers stay."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.api.office import Office, open_office

ZH = {"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5"}


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    with open_office(database_url) as opened:
        yield opened


def test_what_is_not_there_is_said_in_chinese(office: Office) -> None:
    missing = uuid4()
    answer = office.request("GET", f"/accounts/{missing}", "manager", headers=ZH)
    assert answer.status_code == 404
    assert answer.json()["detail"] == f"没有客户 {missing}，或者您无权查看。"
    assert "Accept-Language" in answer.headers["vary"]


def test_a_refused_command_is_said_in_chinese(office: Office) -> None:
    account = office.ids["own"]
    body = {"into": str(account), "reason": "typo"}
    answer = office.request("POST", f"/accounts/{account}/merge", "admin", json=body, headers=ZH)
    assert answer.status_code == 409
    assert answer.json()["detail"] == f"客户 {account} 不能并入自己：请指定另一个继续存在的客户。"


def test_a_wrong_field_is_said_in_chinese(office: Office) -> None:
    answer = office.request("POST", "/accounts", "admin", json={"name": "Harbour", "colour": "red"}, headers=ZH)
    assert answer.status_code == 422
    (fault,) = answer.json()["faults"]
    assert fault["field"] == "colour"
    assert fault["reason"].startswith("未知字段；已知：")


def test_an_answer_names_its_language_and_keeps_its_numbers(office: Office) -> None:
    chinese = office.request("GET", "/funnel", "auditor", headers=ZH)
    english = office.request("GET", "/funnel", "auditor")
    assert (chinese.headers["content-language"], english.headers["content-language"]) == ("zh", "en")
    assert chinese.json()["stages"] != english.json()["stages"]
    assert [(each["stage"], each["amount"]) for each in chinese.json()["stages"]] == [
        (each["stage"], each["amount"]) for each in english.json()["stages"]
    ]
    assert [each["name"] for each in chinese.json()["stages"]][:2] == ["潜在商机", "落实项目"]
