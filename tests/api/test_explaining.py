"""Why a figure is what it is: asked over HTTP and in the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from api.cli import explaining
from domain.language.amounts import column_of_amounts, exact_amounts, shown_amount
from domain.language.languages import Language, speaking
from projections import READ_MODELS
from tests.api.command_line import CommandLine
from tests.api.office import Office, open_office
from tests.conftest import new_database


@pytest.fixture(scope="module")
def office(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Office]:
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as opened:
            deal = opened.ids["own deal"]
            revised = {"amount": {"amount": "1250.50", "currency": "EUR"}, "reason": "two more"}
            answer = opened.post(f"/opportunities/{deal}/revise-amount", {**revised, "occurred_at": "2026-01-20"})
            assert answer.status_code == 200, answer.text
            opened.caught_up()
            yield opened


def test_a_figure_of_the_funnel_leads_to_its_events_in_words(office: Office) -> None:
    answer = office.get("/explain/funnel", stage="potential", as_of="2026-02-01").json()
    line = next(each for each in office.get("/funnel", as_of="2026-02-01").json()["stages"] if each["count"])
    assert (answer["figure"], answer["unit"], answer["value"]) == ("funnel", "EUR", line["amount"])
    (share,) = answer["shares"]
    assert (share["share"], share["title"], share["account_name"]) == ("1250.50", "Pumps", "own")
    opened, revised = share["events"]
    assert (opened["fact"], opened["contribution"]) == ("Opportunity.Opened", "1000.00")
    assert (revised["fact"], revised["contribution"]) == ("Opportunity.AmountRevised", "250.50")
    assert revised["gave"] == ["amount"]
    assert "1,250.50 EUR" in revised["text"]
    assert revised["actor_name"] == "manager 王"
    assert revised["recorded_at"] > revised["occurred_at"]


def test_before_the_revision_the_figure_has_one_event(office: Office) -> None:
    answer = office.get("/explain/funnel", as_of="2026-01-10").json()
    assert (answer["value"], [len(each["events"]) for each in answer["shares"]]) == ("1000.00", [1])


def test_a_figure_of_the_forecast_adds_up_for_each_asker(office: Office) -> None:
    for who, count in (("manager", 1), ("auditor", 2), ("nobody", 0)):
        answer = office.get("/explain/forecast", who, cell="pipeline", period="2026-Q1", as_of="2026-02-01").json()
        told = office.get("/forecast", who, period="2026-Q1", as_of="2026-02-01").json()
        assert Decimal(answer["value"]) == Decimal(told["pipeline"])
        assert (answer["count"], len(answer["shares"])) == (count, count)
        assert sum(Decimal(each["share"]) for each in answer["shares"]) == Decimal(answer["value"])


def test_names_are_there_for_those_who_may_read_them(office: Office) -> None:
    answer = office.get("/explain/funnel", "forecaster", as_of="2026-02-01").json()
    actors = [event["actor_name"] for share in answer["shares"] for event in share["events"]]
    assert actors
    assert set(actors) == {None}


def test_the_health_of_an_account_leads_to_its_events(office: Office) -> None:
    own, visit = office.ids["own"], str(uuid4())
    assert office.post(f"/accounts/{own}/visits/log", {"visit_id": visit, "occurred_at": "2026-01-22"}).is_success
    office.caught_up()
    answer = office.get("/explain/visits", account=own, cell="ad_hoc", period="2026-01").json()
    kept = office.get("/visits/discipline", account=own, period="2026-01").json()["whole"]["kept"]
    assert (answer["value"], kept["ad_hoc"]["count"]) == ("1", 1)
    assert [event["fact"] for event in answer["shares"][0]["events"]] == ["Account.VisitLogged"]
    foreign = office.get("/explain/visits", account=office.ids["foreign"])
    assert (foreign.status_code, office.get("/explain/visits", cell="mood").json()["rule"]) == (404, "NotExplained")
    assert office.get(f"/explain/portfolio/{own}").json()["value"] is None
    assert office.get(f"/explain/portfolio/{office.ids['foreign']}").status_code == 404
    answer = office.get(f"/explain/health/{own}", as_of="2026-03-01").json()
    (shown,) = office.get("/relationship-health", account=own, as_of="2026-03-01").json()["accounts"]
    assert Decimal(answer["score"]) == Decimal(str(shown["score"]))
    contact, issues = answer["components"]
    assert [(event["fact"], event["contribution"]) for event in contact["events"]] == [("Account.VisitLogged", "71.43")]
    (time,) = contact["lines"]
    assert Decimal(time["contribution"]) == Decimal(contact["points"]) - Decimal("71.43") < 0
    assert [(event["fact"], event["contribution"]) for event in issues["events"]] == [("Issue.Raised", "14.29")]
    assert office.get(f"/explain/health/{office.ids['foreign']}").status_code == 404
    unknown = office.get(f"/explain/health/{own}", component="mood", as_of="2026-03-01").json()
    assert (unknown["rule"], "contact" in unknown["detail"]) == ("NotExplained", True)


def test_a_figure_of_the_conversion_leads_to_its_events(office: Office) -> None:
    answer = office.get("/explain/conversion", stage="potential", as_of="2026-02-01").json()
    assert (answer["value"], answer["unit"], answer["shares"][0]["title"]) == ("1", "count", "Pumps")
    assert [event["fact"] for event in answer["shares"][0]["events"]] == ["Opportunity.Opened"]
    assert office.get("/explain/conversion", stage="potential", cell="ended").json()["value"] == "0"


def test_what_was_bought_leads_to_its_purchases(office: Office) -> None:
    revenue = {"amount": "12.50", "currency": "EUR"}
    bought = {"document_no": "R-1", "revenue": revenue, "occurred_at": "2026-01-21"}
    answer = office.post(f"/accounts/{office.ids['own']}/purchases/add", bought)
    assert answer.status_code == 200, answer.text
    office.caught_up()
    told = office.get("/explain/buying", account=office.ids["own"], as_of="2026-02-01").json()
    assert (told["value"], told["shares"][0]["title"], told["shares"][0]["account_name"]) == ("12.50", "R-1", "own")
    assert told["shares"][0]["events"][0]["fact"] == "Account.PurchaseRecorded"


def test_events_at_positions_are_told_to_those_who_see_them(office: Office) -> None:
    with office.journal.pool.connection() as connection:
        head, foreign = office.journal.streams.head(), [
            position
            for (position,) in connection.execute(
                "select position from events where aggregate_id = any(%s) order by 1",
                ([office.ids["foreign"], office.ids["foreign deal"]],),
            )
        ]  # fmt: skip
    every = ",".join(map(str, range(1, head + 1)))
    whole = office.get("/explain/events", "auditor", positions=every).json()["events"]
    assert [each["position"] for each in whole] == list(range(1, head + 1))
    mine = {each["position"] for each in office.get("/explain/events", positions=every).json()["events"]}
    assert not mine & set(foreign)
    assert "Account.PurchaseRecorded" in {each["fact"] for each in whole if each["position"] in mine}
    assert office.get("/explain/events", positions="1;2").status_code == 422
    hidden = foreign[0]
    some = office.get("/explain/events", positions=f"{hidden},999999,{min(mine)}").json()
    assert ([each["position"] for each in some["events"]], some["missing"]) == ([min(mine)], [hidden, 999999])
    none = office.get("/explain/events", positions=f"999999,{hidden}")
    assert (none.status_code, f"{hidden}, 999999" in none.json()["detail"]) == (404, True)


def test_a_row_leads_to_its_events(office: Office) -> None:
    deal = office.ids["own deal"]
    answer = office.get(f"/explain/rows/funnel/{deal}", as_of="2026-02-01").json()
    amount = next(each for each in answer["fields"] if each["field"] == "amount")
    assert amount["value"] == "1250.500"
    assert [(each["before"], each["after"], each["contribution"]) for each in amount["changes"]] == [
        (None, "1000.000", "1000.000"),
        ("1000.000", "1250.500", "250.500"),
    ]
    assert amount["position"] == answer["events"][-1]["position"]
    one = office.get(f"/explain/rows/funnel/{deal}", field="amount", as_of="2026-02-01").json()
    assert one["fields"] == [amount]


def test_rows_of_every_model_that_the_office_has_can_be_asked_for(office: Office) -> None:
    asked = 0
    for model in READ_MODELS:
        with office.journal.pool.connection() as connection:
            keys = [key for (key,) in connection.execute(f"select key from {model.table} where kind = 1".encode())]
        for key in keys:
            answer = office.get(f"/explain/rows/{model.name}/{key}", "admin")
            assert answer.status_code == 200, (model.name, answer.text)
            asked += 1
    assert asked > 10


def test_a_foreign_row_does_not_exist(office: Office) -> None:
    foreign, own = office.ids["foreign"], office.ids["own"]
    for model, key, status in (
        ("account", foreign, 404),
        ("funnel", office.ids["foreign deal"], 404),
        ("account", own, 200),
        ("account", "own", 404),
        ("account", uuid4(), 404),
        ("account", "nobody knows", 404),
        ("visit", "nobody knows", 404),
        ("member", office.members["manager"], 200),
        ("member", office.members["colleague"], 404),
    ):
        assert office.get(f"/explain/rows/{model}/{key}").status_code == status, (model, key)


@pytest.mark.parametrize(
    ("path", "parameters", "named"),
    [
        ("/explain/funnel", {"stage": "nowhere"}, "potential, confirmed"),
        ("/explain/funnel", {"measure": "colour"}, "count, amount, weighted"),
        ("/explain/funnel", {"outcome": "won", "measure": "age"}, "count, amount"),
        ("/explain/funnel", {"outcome": "drawn"}, "open, won, lost"),
        ("/explain/funnel", {"order": "size"}, "amount, time"),
        ("/explain/forecast", {"cell": "hope"}, "closed, commit, best_case"),
        ("/explain/rows/moons/x", {}, "account, account_plan, account_trait, action_item"),
        ("/explain/rows/account/{own}", {"field": "mood"}, "name, external_id"),
    ],
)
def test_what_is_unknown_names_what_there_is(office: Office, path: str, parameters: Any, named: str) -> None:
    answer = office.get(path.format(own=office.ids["own"]), **parameters)
    assert (answer.status_code, answer.json()["rule"]) == (422, "NotExplained"), answer.text
    assert named in answer.json()["detail"]


def test_everything_that_can_be_explained_is_listed(office: Office) -> None:
    answer = office.get("/explain/models").json()
    assert [each["figure"] for each in answer["figures"]] == [
        "funnel", "forecast", "conversion", "buying", "cost", "balance", "visits", "portfolio", "health",
    ]  # fmt: skip
    assert [each["model"] for each in answer["models"]] == sorted(model.name for model in READ_MODELS)


@pytest.fixture(scope="module")
def kams(postgres_url: str, fresh_names: Iterator[str], tmp_path_factory: Any) -> Iterator[CommandLine]:
    home: Path = tmp_path_factory.mktemp("explaining")
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as opened:
            opened.account("bare")
            opened.caught_up()
            address = {"KAMS_DATABASE_URL": url, "KAMS_REDIS_URL": "redis://127.0.0.1:1/0", "KAMS_HOME": str(home)}
            line = CommandLine({**address, "KAMS_KEY": opened.keys["auditor"], "KAMS_LANG": "en"})
            explaining.add(line.app)
            yield line


def test_the_terminal_tells_the_events_behind_a_figure(kams: CommandLine) -> None:
    answer = kams("explain", "funnel", "--stage", "potential", "--as-of", "2026-02-01", COLUMNS="200")
    assert answer.code == 0, answer.err
    assert "Pumps · own" in answer.out
    assert "opened" in answer.out
    assert "1,000.00" in answer.out
    assert "2,000.00" in answer.out


def test_an_explanation_in_chinese_shows_amounts_to_the_cent(kams: CommandLine) -> None:
    with speaking(Language.CHINESE):
        told = kams("explain", "funnel", "--as-of", "2026-02-01", COLUMNS="200").out
        with exact_amounts():
            assert shown_amount(Decimal("31000.33")) == "31,000.33"
            assert column_of_amounts([Decimal("31000.33")])(Decimal("31000.33")) == "31,000.33"
        assert shown_amount(Decimal("31000.33")) == "3.1万"
    assert "1,000.00" in told
    assert "万" not in told


def test_the_terminal_answers_as_json_and_csv(kams: CommandLine) -> None:
    told = kams("explain", "forecast", "--cell", "pipeline", "--period", "2026-Q1", "--as-of", "2026-02-01", "--json")
    assert told.json["value"] == "2000.00"
    sheet = kams("explain", "funnel", "--as-of", "2026-02-01", "--limit", "1", "--csv").out.splitlines()
    assert sheet[0].startswith("opportunity,external id,title,account,share,position")
    assert len(sheet) == 2
    assert kams("explain", "conversion", "potential", "--as-of", "2026-02-01", "--json").json["value"] == "2"


def test_the_terminal_explains_rows_and_lists_what_there_is(kams: CommandLine) -> None:
    assert "territory" in kams("explain", "row", "account", "own", COLUMNS="200").out
    one = kams("explain", "row", "account", "own", "name", COLUMNS="200")
    assert "registered" in one.out
    assert kams("explain", "models").out.count("action_item") == 1
    unknown = kams("explain", "funnel", "--stage", "nowhere")
    assert (unknown.code, "potential, confirmed" in unknown.err) == (1, True)
    assert kams("explain", "row", "account", "nobody").code == 1
    wrong = kams("explain", "row", "opportunity", "O-1", COLUMNS="300")
    assert (wrong.code, "rows of `funnel`" in wrong.err) == (2, True), wrong.err
    rows = kams("explain", "models", "--json").json["models"]
    assert "funnel" in {each["model"] for each in rows}
    deal = kams("explain", "funnel", "--as-of", "2026-02-01", "--json").json["shares"][0]
    named = kams("explain", "row", "funnel", deal["opportunity"], "account", COLUMNS="300")
    assert f"{deal['account_name']} ({deal['account']})" in named.out, named.out
    assert kams("explain", "funnel", "--group", "x").code == 2


@pytest.mark.parametrize("figure", ["funnel", "forecast", "cost"])
def test_a_group_and_what_it_is_a_group_of_are_stated_together(kams: CommandLine, office: Office, figure: str) -> None:
    for options, words in ((["--by", "owner"], "--by needs --group"), (["--group", "x"], "--group needs --by")):
        refused = kams("explain", figure, *options, COLUMNS="200")
        assert (refused.code, words in refused.err) == (2, True), refused.err
    for stated, lacking in (({"by": "owner"}, "`group`"), ({"group": "x"}, "`by`")):
        answer = office.get(f"/explain/{figure}", **stated)
        assert (answer.status_code, answer.json()["rule"]) == (422, "GroupIncomplete")
        assert f"state {lacking}" in answer.json()["detail"]
    assert office.get(f"/explain/{figure}", by="owner", group=str(uuid4())).status_code == 200
    assert office.get(f"/explain/{figure}", by="owner", group="").status_code == 200


def test_the_terminal_tells_what_health_is_made_of(kams: CommandLine) -> None:
    empty = kams("explain", "health", "bare")
    assert (empty.code, "No component has facts." in empty.out) == (0, True)
    assert kams("explain", "health", "bare", "--json").json["score"] is None
    told = kams("explain", "health", "own", "--as-of", "2026-01-06", "--json").json
    assert (told["score"], [each["name"] for each in told["components"]]) == ("75.0", ["issues"])
    assert kams("explain", "health", "own", "--csv").out.startswith("component,score,weight,points")
    assert kams("explain", "health", "nobody").code == 1


def test_the_terminal_tells_events_and_purchases(kams: CommandLine) -> None:
    assert "registered" in kams("explain", "events", *map(str, range(1, 60)), COLUMNS="200").out
    assert kams("explain", "events", "1", "--csv").out.startswith("position,occurred at,recorded at,fact")
    some = kams("explain", "events", "1", "999999", "888888", COLUMNS="200")
    assert (some.code, "There is no event that may be seen at 888888, 999999." in some.err) == (0, True)
    assert kams("explain", "events", "1", "999999", "--json").json["missing"] == [999999]
    none = kams("explain", "events", "999999")
    assert (none.code, none.out, "999999" in none.err) == (1, "", True)
    assert kams("explain", "buying", "own", "--json").json["value"] == "0"


def test_the_terminal_tells_costs_and_balances(kams: CommandLine) -> None:
    assert kams("explain", "cost", "--json").json["value"] == "0"
    assert kams("explain", "cost", "--by", "mood").code == 2
    assert kams("explain", "balance", "own", "--cell", "ours.overdue", "--json").json["unit"] == "count"
    assert kams("explain", "visits", "--cell", "ad_hoc", "--account", "own", "--json").json["figure"] == "visits"
    assert kams("explain", "portfolio", "own", "--cell", "revenue", "--json").json["figure"] == "portfolio"
    assert kams("explain", "portfolio", "nobody").code == 1
    unknown = kams("explain", "balance", "--cell", "mood")
    assert (unknown.code, "given.total" in unknown.err) == (1, True)


def test_an_empty_figure_says_so(kams: CommandLine) -> None:
    answer = kams("explain", "funnel", "--outcome", "won", "--as-of", "2026-02-01")
    assert (answer.code, "Nothing adds to this figure." in answer.out) == (0, True)
