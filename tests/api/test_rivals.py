"""Qualification, its insight and competition over HTTP and in the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from api.cli import questions
from tests.api.command_line import CommandLine, company_system
from tests.api.office import Office, open_office
from tests.conftest import new_database

CRITERION = str(uuid4())


@pytest.fixture(scope="module")
def office(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Office]:
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as opened:
            _compete(opened, opened.ids["own deal"])
            yield opened


def _compete(office: Office, deal: UUID) -> None:
    for command, body in (
        ("competition/identify", {"competitor": "Acme", "strengths": "A low price"}),
        ("competition/choose", {"strategy": "flanking", "against": "ＡＣＭＥ"}),
        (
            "criteria/describe",
            {"criterion_id": CRITERION, "text": "Cost of ten years", "ours": -1, "theirs": {"acme": 2}},
        ),
        ("decision-process/describe", {"steps": [{"name": "Board", "on": "2026-03-01"}], "budget_approved": True}),
        ("qualification/answer", {"question": "2", "answer": "yes", "evidence": "The minutes"}),
        ("qualification/answer", {"question": "7", "answer": "yes", "competitor": "acme"}),
    ):  # fmt: skip
        given = office.post(f"/opportunities/{deal}/{command}", {**body, "occurred_at": "2026-01-10"})
        assert given.status_code == 200, given.text
    office.caught_up()


def test_qualification_side_by_side_over_http(office: Office) -> None:
    path = f"/opportunities/{office.ids['own deal']}/qualification"
    told = office.get(path).json()
    assert list(told)[:5] == ["as_of", "known_at", "complete", "scope", "currency"]
    assert told["competitors"] == ["Acme"]
    real, ours = told["blocks"][:2]
    assert (real["score"], ours["score"], ours["theirs"]) == ("0.2000", "0.0000", {"Acme": "0.2000"})
    second = real["questions"][1]
    assert (second["question"], second["ours"]["answer"], second["ours"]["evidence"]) == ("2", "yes", "The minutes")
    assert told["next_gate"]["missing"] == ["1", "3", "4", "5"]
    assert office.get(path, as_of="2026-01-09").json()["blocks"][0]["score"] == "0.0000"
    blind = office.get(path, "forecaster").json()
    assert blind["blocks"][0]["questions"][1]["ours"]["evidence"] is None
    foreign = office.get(f"/opportunities/{office.ids['foreign deal']}/qualification")
    assert (foreign.status_code, office.get(f"/opportunities/{uuid4()}/qualification").status_code) == (404, 404)


def test_the_contest_for_an_opportunity_over_http(office: Office) -> None:
    path = f"/opportunities/{office.ids['own deal']}/contest"
    told = office.get(path).json()
    (acme,) = told["competitors"]
    assert (acme["competitor"], acme["strengths"], acme["strategy"]) == ("Acme", "A low price", "flanking")
    assert (told["criteria"][0]["text"], told["criteria"][0]["theirs"]) == ("Cost of ten years", {"Acme": 2})
    assert told["decision_process"]["steps"] == [{"name": "Board", "owner": None, "on": "2026-03-01"}]
    assert office.get(path, "forecaster").json()["criteria"][0]["text"] is None
    assert office.get(path, as_of="2026-01-09").json()["criteria"] == []
    assert office.get(f"/opportunities/{office.ids['foreign deal']}/contest").status_code == 404


def test_an_unknown_competitor_criterion_or_question_is_refused_and_the_valid_ones_are_listed(office: Office) -> None:
    deal = f"/opportunities/{office.ids['own deal']}"
    for command, body, valid in (
        ("criteria/stand", {"criterion": CRITERION, "standing": 1, "competitor": "Bolt"}, "Acme"),
        ("criteria/rerank", {"criterion": str(uuid4()), "priority": 1}, CRITERION),
        ("qualification/answer", {"question": "21", "answer": "yes"}, "1, 2, 3"),
    ):
        refused = office.post(f"{deal}/{command}", body)
        assert refused.status_code == 409
        assert valid in refused.json()["detail"]


def test_competition_over_http(office: Office) -> None:
    told = office.get("/competition", competitor="acme").json()
    (acme,) = told["competitors"]
    assert (acme["competitor"], acme["open"], acme["open_value"], acme["win_rate"]["rate"]) == (
        "Acme", 1, "1000.00", None,
    )  # fmt: skip
    (deal,) = acme["open_deals"]
    (lead,) = deal["leads"]
    assert (deal["strategy"], lead["text"], lead["ours"], lead["theirs"]) == ("flanking", "Cost of ten years", -1, 2)
    blind = office.get("/competition", "forecaster", competitor="acme").json()["competitors"][0]
    assert blind["open_deals"][0]["leads"][0]["text"] is None
    assert office.get("/competition", as_of="2026-01-09").json()["competitors"] == []
    assert "open_deals" not in office.get("/competition").json()["competitors"][0]
    assert office.get("/competition", competitor="Bolt").status_code == 404
    assert office.get("/competition", "director", territory="south").json()["competitors"] == []
    backwards = office.get("/competition", **{"from": "2026-02-01"}, to="2026-01-01")
    assert (backwards.status_code, backwards.json()["rule"]) == (422, "PeriodBackwards")


def test_insight_over_http(office: Office) -> None:
    deal = office.opportunity(office.ids["own"], "Seals")
    for command, body, on in (
        ("qualification/answer", {"question": "2", "answer": "no"}, "2026-01-10"),
        ("lose", {"winner": "Acme"}, "2026-03-20"),
    ):
        assert office.post(f"/opportunities/{deal}/{command}", {**body, "occurred_at": on}).status_code == 200
    office.caught_up()
    told = office.get("/qualification-insight", floor=1, **{"from": "2026-01-01"}, to="2026-12-31").json()
    assert (told["deals"], told["won"], told["known_when"]) == (1, 0, "at half of the deal's life")
    second = told["questions"][1]
    assert (second["question"], second["no"]["whole"], second["difference"]) == ("2", 1, None)
    assert second["silent"] == "0 answered yes, 1 not: 1 of each are needed"
    assert office.get("/qualification-insight", **{"from": "2026-01-01"}, to="2026-03-19").json()["deals"] == 0
    assert office.get("/qualification-insight", when="sometime").status_code == 422
    stage = office.get("/qualification-insight", when="stage", stage="nowhere")
    assert (stage.status_code, stage.json()["rule"]) == (422, "StageUnknown")


@pytest.fixture
def kams(postgres_url: str, valkey_url: str, tmp_path: Path, fresh_names: Iterator[str]) -> Iterator[CommandLine]:
    for url in new_database(postgres_url, next(fresh_names)):
        made = company_system(url, valkey_url, tmp_path / "home")
        questions.add(made.app)
        yield made


def given(kams: CommandLine, kind: str, subject: str, on: str, command: str, **fields: Any) -> None:
    words = [word for key, value in fields.items() for word in ("--set", f"{key}={value}")]
    done = kams("command", kind, subject, command, *words, "--on", on)
    assert done.code == 0, done.err


def test_qualification_insight_and_competition_in_the_terminal(kams: CommandLine) -> None:
    assert "No competitor was met" in kams("competition", "--no-wait").err
    assert "No deal with a questionnaire" in kams("insight", "--no-wait").err
    account, deal = str(uuid4()), str(uuid4())
    given(kams, "account", account, "2026-01-01", "register", name="Steel")
    money = '{"amount":"80","currency":"EUR"}'
    given(
        kams, "opportunity", deal, "2026-01-02", "open", account=account, title="Press", external_id="O-1", amount=money
    )
    given(kams, "opportunity", deal, "2026-01-03", "competition.identify", competitor="Acme")
    given(kams, "opportunity", deal, "2026-01-03", "competition.choose", strategy="defend", against="acme")
    given(kams, "opportunity", deal, "2026-01-03", "criteria.describe", criterion_id=uuid4(), text="Price", ours=0,
          theirs='{"Acme":1}')  # fmt: skip
    given(kams, "opportunity", deal, "2026-01-03", "decision_process.describe", budget_approved="false",
          steps='[{"name":"Board"}]')  # fmt: skip
    given(kams, "opportunity", deal, "2026-01-04", "qualification.answer", question=2, answer="yes", evidence="Minutes")
    shown = kams("qualification", "O-1", "--as-of", "2026-02-01")
    assert shown.code == 0, shown.err
    for text in ("Acme", "Minutes", "20%", "next, not met", "1, 3, 4*, 5"):
        assert text in shown.out
    assert kams("qualification", "O-1", "--csv").out.startswith(
        "block,question,text,against,us,answered,evidence,competitor Acme"
    )
    assert kams("qualification", deal, "--json").json["stage"] == "potential"
    assert kams("qualification", "O-2").code == 1
    contest = kams("contest", "O-1", "--as-of", "2026-02-01")
    assert contest.code == 0, contest.err
    for text in (
        " at potential as of ",
        "Price",
        "+1",
        "Acme",
        "defend",
        "budget not approved",
        "Board",
    ):
        assert text in contest.out
    assert kams("contest", "O-1", "--csv").out.startswith("rank,was,criterion,formal,kind,set by,us,competitor Acme")
    assert kams("contest", "O-1", "--json").json["competitors"][0]["competitor"] == "Acme"
    assert "No criteria, competitors" in kams("contest", "O-1", "--as-of", "2026-01-02").err
    rivals = kams("competition", "--competitor", "ACME", "--as-of", "2026-02-01")
    assert rivals.code == 0, rivals.err
    for text in ("Acme", "80.00", "defend", "Price (+0 : +1)", "0 are too few"):
        assert text in rivals.out
    assert kams("competition", "--csv").out.startswith("kind,competitor,name,met,open")
    given(kams, "opportunity", deal, "2026-02-02", "win")
    learned = kams("insight", "--floor", "1", "--from", "2026-01-01", "--to", "2026-12-31")
    assert learned.code == 0, learned.err
    for text in ("1 of 1 deals won", "at half of the deal's life"):
        assert text in learned.out
    assert kams("insight", "--json", "--from", "2026-01-01").json["won"] == 1
    assert kams("insight", "--csv", "--from", "2026-01-01").out.startswith("process,question")
    assert kams("insight", "--when", "never").code == 2
    assert kams("competition", "--from", "soon").code == 2
