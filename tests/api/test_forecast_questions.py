"""Learned forecasts at the doors: the same numbers by HTTP and in the terminal, from what was knowable then."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from api.cli import reading
from api.cli.embedded import Addresses
from domain.member import Role
from domain.opportunity.opportunity import Opportunity
from domain.policies.policy import policy_id
from domain.policies.territories import Territories
from projections.view import Reader
from tests.api.command_line import CommandLine
from tests.api.office import Office, open_office
from tests.api.past_deals import bring, deal, past_deals
from tests.conftest import new_database
from workers.training import Training

MID = "2026-03-31"
COLUMNS = ["as_of", "opportunity", "stage", "amount", "p_win", "p_win_within", "p10_close", "p50_close", "p90_close",
           "reasons", "model", "model_version", "position"]  # fmt: skip
TREE = [
    {"key": "all", "name": "All"},
    {"key": "north", "name": "North", "parent": "all"},
    {"key": "south", "name": "South", "parent": "all"},
]


class Desk:
    """An office with a past, its terminal, and what trains its models."""

    def __init__(self, office: Office, terminal: CommandLine) -> None:
        self.office, self.terminal = office, terminal
        self.training = Training(office.journal, Reader(office.journal, office.engine))

    def ask(self, path: str = "", who: str = "auditor", **parameters: Any) -> Any:
        """A forecast over HTTP."""
        answer = self.office.get(f"/forecast{path}", who, **parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def kams(self, *words: str, who: str = "auditor") -> Any:
        """A forecast in the terminal, as JSON."""
        done = self.terminal("forecast", *words, "--json", KAMS_KEY=self.office.keys[who])
        assert done.code == 0, done.err + done.out
        return done.json

    def versions(self) -> list[str]:
        """The models that are kept."""
        with self.office.journal.pool.connection() as connection:
            return [row[0] for row in connection.execute("select version from forecast_models order by made_at")]

    def wanted(self) -> int:
        """How many models are noted for the workers."""
        with self.office.journal.pool.connection() as connection:
            (count,) = connection.execute("select count(*) from forecast_models_wanted").fetchone() or (0,)
        return int(count)


@pytest.fixture(scope="module")
def desk(
    postgres_url: str,
    fresh_names: Iterator[str],
    embedded_addresses: Addresses,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Desk]:
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as office:
            office.give(Territories, policy_id("Territories"), "define", territories=TREE)
            for name, territory in (("manager", "north"), ("colleague", "south")):
                office.give(_member(), office.members[name], "assign_territory", territory=territory)
            accounts = [office.ids["own"], office.ids["foreign"]]
            bring(office.journal, past_deals(accounts, [office.members["manager"], office.members["colleague"]]))
            office.caught_up()
            yield Desk(office, _terminal(url, embedded_addresses, tmp_path_factory.mktemp("desk")))


def _member() -> Any:
    from domain.member import Member

    return Member


def _terminal(url: str, addresses: Addresses, home: Path) -> CommandLine:
    settings = {"KAMS_HOME": str(home), "KAMS_DATABASE_URL": url, "KAMS_REDIS_URL": addresses.redis_url or ""}
    terminal = CommandLine(settings)
    reading.add(terminal.app)
    return terminal


# A model is never fitted in a request


def test_http_answers_with_win_rates_of_the_stages_until_a_worker_has_fitted_the_model(desk: Desk) -> None:
    before = desk.ask("/deals", as_of="2026-02-28")
    assert (before["model"], before["model_version"]) == ("none", "")
    assert "no model is fitted for this moment yet" in before["basis"]
    assert len({line["p_win"] for line in before["deals"]}) == 1
    assert 0.5 < before["deals"][0]["p_win"] < 0.7
    period = desk.ask(as_of="2026-02-28", period="2026-Q2")
    assert (period["p10"], period["p50"], period["p90"], period["model"]) == (None, None, None, "none")
    assert desk.wanted() == 1

    assert desk.training.fit_wanted() == 2  # what was asked for, and one as of now
    assert (desk.wanted(), desk.training.fit_wanted()) == (0, 0)
    after = desk.ask("/deals", as_of="2026-02-28")
    assert after["model"] == "hazard"
    assert after["model_version"] in desk.versions()
    assert {line["opportunity"] for line in after["deals"]} == {line["opportunity"] for line in before["deals"]}
    assert "closed deals" in after["basis"]


def test_the_command_line_fits_what_is_not_there_and_keeps_it(desk: Desk) -> None:
    before = len(desk.versions())
    first = desk.kams("--deals", "--as-of", "2026-01-31")
    assert len(desk.versions()) == before + 1
    assert first["model_version"] == desk.versions()[-1]
    assert desk.kams("--deals", "--as-of", "2026-01-31") == first
    assert len(desk.versions()) == before + 1
    assert desk.ask("/deals", as_of="2026-01-31")["model_version"] == first["model_version"]


# The same everywhere


@pytest.mark.parametrize("by", ["owner", "territory", "product", "account"])
def test_http_and_the_terminal_give_the_same_numbers(desk: Desk, by: str) -> None:
    told = desk.kams("--period", "2026-Q2", "--as-of", MID, "--by", by)
    asked = desk.ask(period="2026-Q2", as_of=MID, by=by)
    assert asked == told
    assert Decimal(told["p10"]) < Decimal(told["p50"]) < Decimal(told["p90"])
    assert desk.ask("/deals", as_of=MID, within=30) == desk.kams("--deals", "--as-of", MID, "--within", "30")


def test_what_was_recorded_live_later_changes_nothing(desk: Desk) -> None:
    def asked() -> tuple[Any, Any]:
        return desk.kams("--deals", "--as-of", MID)["deals"], desk.ask(period="2026-Q2", as_of=MID, known_at=position)

    position = desk.office.journal.streams.head()
    deals, period = asked()
    desk.office.give(Opportunity, desk.office.ids["own deal"], "move_close_date", close_on="2026-09-30", reason="later")
    desk.office.caught_up()
    again, period_again = asked()
    assert period_again == period
    assert [_without_position(line) for line in again] == [_without_position(line) for line in deals]


def _without_position(line: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in line.items() if name != "position"}


def test_the_whole_is_the_same_whatever_it_is_grouped_by(desk: Desk) -> None:
    wholes = [desk.ask(period="2026-Q2", as_of=MID, **by) for by in ({}, {"by": "owner"}, {"by": "territory"})]
    assert len({(each["p10"], each["p50"], each["p90"]) for each in wholes}) == 1


# Groups, periods, visibility


def test_a_territory_has_the_quantiles_of_all_that_lies_below(desk: Desk) -> None:
    groups = {each["key"]: each for each in desk.ask(period="2026-Q2", as_of=MID, by="territory")["groups"]}
    north, south, whole = (groups[key] for key in ("north", "south", "all"))
    medians = [Decimal(each["p50"]) for each in (north, south, whole)]
    assert medians[2] == pytest.approx(medians[0] + medians[1], rel=Decimal("0.1"))
    widths = [Decimal(each["p90"]) - Decimal(each["p10"]) for each in (north, south, whole)]
    assert max(widths[:2]) < widths[2] < widths[0] + widths[1]
    assert Decimal(whole["pipeline"]) + Decimal(whole["best_case"]) == 0 < Decimal(north["best_case"])
    assert (whole["name"], north["name"]) == ("All", "North")


def test_no_territory_above_or_beside_a_filter_is_listed(desk: Desk) -> None:
    whole = desk.ask(period="2026-Q2", as_of=MID, by="territory", territory="all")["groups"]
    (north,) = desk.ask(period="2026-Q2", as_of=MID, by="territory", territory="north")["groups"]
    assert [each["key"] for each in whole] == ["all", "north", "south"]
    assert (north["key"], north["p50"] is not None) == ("north", True)
    owners = desk.ask(period="2026-Q2", as_of=MID, by="owner", territory="north")["groups"]
    assert [each["key"] for each in owners] == [str(desk.office.members["manager"])]


def test_a_period_may_be_two_days_both_included(desk: Desk) -> None:
    quarter = desk.ask(period="2026-Q2", as_of=MID)
    days = desk.ask(period="2026-04-01..2026-06-30", as_of=MID)
    assert [days[name] for name in ("p10", "p50", "p90", "commit")] == [
        quarter[name] for name in ("p10", "p50", "p90", "commit")
    ]
    assert desk.kams("--period", "2026-04-01..2026-06-30", "--as-of", MID) == days
    month = desk.ask(period="2026-04", as_of=MID)
    assert Decimal(month["p50"]) < Decimal(quarter["p50"])


def test_a_period_that_is_over_brought_what_it_brought(desk: Desk) -> None:
    over = desk.ask(period="2026-Q1", as_of="2026-04-30")
    desk.training.fit_wanted()
    over = desk.ask(period="2026-Q1", as_of="2026-04-30")
    assert over["p10"] == over["p50"] == over["p90"] == over["closed"]


def test_groups_in_which_deals_do_not_stay_have_no_quantiles(desk: Desk) -> None:
    for by in ("stage", "period"):
        answer = desk.ask(period="2026-Q2", as_of=MID, by=by)
        assert {each["p50"] for each in answer["groups"]} == {None}
        assert answer["p50"] is not None


def test_who_sees_one_account_is_told_of_its_deals_alone(desk: Desk) -> None:
    whole, mine = desk.ask("/deals", as_of=MID), desk.ask("/deals", "manager", as_of=MID)
    own = str(desk.office.ids["own"])
    accounts = {line["owner"] for line in mine["deals"]}
    assert accounts == {str(desk.office.members["manager"])}
    assert 0 < len(mine["deals"]) < len(whole["deals"])
    theirs = {line["opportunity"]: line for line in whole["deals"]}
    assert all(theirs[line["opportunity"]]["p_win"] == line["p_win"] for line in mine["deals"])
    assert mine["scope"] == "own accounts"
    assert own  # the account of an imported deal is not known before its import
    groups = desk.ask(who="manager", period="2026-Q2", as_of=MID, by="owner")["groups"]
    assert [each["key"] for each in groups] == [str(desk.office.members["manager"])]


def test_filters_take_deals_by_what_they_are(desk: Desk) -> None:
    north = desk.kams("--deals", "--as-of", MID, "--territory", "north")["deals"]
    manager = desk.kams("--deals", "--as-of", MID, "--owner", "manager")["deals"]
    account = desk.kams("--deals", "--as-of", MID, "--account", str(desk.office.ids["own"]))["deals"]
    whole = desk.kams("--deals", "--as-of", MID, "--territory", "all")["deals"]
    assert {line["opportunity"] for line in north} == {line["opportunity"] for line in manager}
    assert {line["opportunity"] for line in account} == {line["opportunity"] for line in manager}
    assert len(whole) == len(desk.kams("--deals", "--as-of", MID)["deals"])
    expected = desk.kams("--deals", "--as-of", MID, "--period", "2026-Q2")["deals"]
    assert 0 < len(expected) < len(whole)


# What is said of a deal


def test_a_deal_is_described_by_the_columns_that_were_agreed(desk: Desk) -> None:
    answer = desk.kams("--deals", "--as-of", MID)
    done = desk.terminal("forecast", "--deals", "--as-of", MID, "--csv", KAMS_KEY=desk.office.keys["auditor"])
    header, *rows = csv.reader(io.StringIO(done.out))
    assert header[: len(COLUMNS)] == COLUMNS
    assert len(rows) == len(answer["deals"])
    line, row = answer["deals"][0], dict(zip(header, rows[0], strict=True))
    assert row["opportunity"] == line["opportunity"]
    assert (float(row["p_win"]), row["p50_close"]) == (line["p_win"], line["p50_close"])
    assert row["reasons"] == "; ".join(each["words"] for each in line["reasons"])
    for each in answer["deals"]:
        assert 0 <= each["p_win_within"] <= each["p_win"] <= 1
        assert round(each["p_win"], 4) == each["p_win"]
        assert each["reasons"]
        assert MID < each["p10_close"] <= each["p50_close"] <= each["p90_close"]


def test_the_table_shows_the_deals_from_which_most_is_to_be_expected_and_why(desk: Desk) -> None:
    done = desk.terminal("forecast", "--deals", "--as-of", MID, KAMS_KEY=desk.office.keys["auditor"])
    assert "by what is to be expected of them" in done.out.replace("\n", " ")
    assert "model hazard-" in done.out
    first = desk.kams("--deals", "--as-of", MID)["deals"][0]
    assert first["opportunity"] in done.out.splitlines()[3] + done.out.splitlines()[2]


def test_the_longer_one_waits_the_likelier_is_a_win(desk: Desk) -> None:
    soon, late = (desk.ask("/deals", as_of=MID, within=days)["deals"] for days in (10, 200))
    by_id = {line["id"]: line for line in late}
    assert all(line["p_win_within"] <= by_id[line["id"]]["p_win_within"] for line in soon)
    assert sum(line["p_win_within"] for line in soon) < sum(line["p_win_within"] for line in late)


# What is refused


def test_what_cannot_be_asked_is_refused_by_name(desk: Desk) -> None:
    for path, parameters in (("/deals", {"within": 0}), ("/deals", {"within": 5000}), ("/deals", {"by": "owner"})):
        assert desk.office.get(f"/forecast{path}", "auditor", **parameters).status_code == 422
    assert desk.office.get("/forecast", "auditor", period="2026-04-31..2026-05-01").json()["rule"] == "PeriodUnknown"
    key = desk.office.keys["auditor"]
    for words in (("--within", "30"), ("--deals", "--by", "owner"), ("--period", "soon"), ("--as-of", MID, "nothing")):
        assert desk.terminal("forecast", *words, KAMS_KEY=key).code == 2, words


def test_an_import_makes_the_models_of_all_moments_new(desk: Desk) -> None:
    office = desk.office
    old = desk.kams("--deals", "--as-of", "2025-12-31")["model_version"]
    owner = office.members["manager"]
    bring(office.journal, [deal(9001, date(2025, 9, 1), date(2025, 10, 1), True, office.ids["own"], owner, 70_000)])
    office.caught_up()
    assert desk.ask("/deals", as_of="2025-12-31")["model"] == "none"
    new = desk.kams("--deals", "--as-of", "2025-12-31")["model_version"]
    assert new != old
    assert desk.ask("/deals", as_of="2025-12-31")["model_version"] == new


def test_every_forecast_shown_is_kept(desk: Desk) -> None:
    def kept() -> list[tuple[Any, ...]]:
        with desk.office.journal.pool.connection() as connection:
            sql = "select period, first_day, last_day, model_version, scope from forecasts order by id"
            return connection.execute(sql).fetchall()

    desk.kams("--deals", "--as-of", MID)
    before = len(kept())
    period = desk.ask(period="2026-05", as_of=MID)
    deals = desk.kams("--deals", "--as-of", MID, "--within", "20")
    first, second = kept()[before:]
    assert first == ("2026-05", date(2026, 5, 1), date(2026, 5, 31), period["model_version"], "everything")
    assert second == ("deals", date(2026, 4, 1), date(2026, 4, 20), deals["model_version"], "everything")
    desk.ask(period="2026-05", as_of=MID)
    assert len(kept()) == before + 2


def test_a_learned_figure_is_explained_in_words(desk: Desk) -> None:
    told = desk.ask(period="2026-Q2", as_of=MID, by="territory")
    (north,) = [each for each in told["groups"] if each["key"] == "north"]
    asked = {"cell": "p50", "period": "2026-Q2", "as_of": MID, "by": "territory", "group": "north"}
    answer = desk.office.get("/explain/forecast", "auditor", **asked).json()
    assert (answer["value"], answer["shares"], answer["lines"]) == (north["p50"], [], [])
    assert told["model_version"] in answer["basis"]
    line = desk.ask("/deals", as_of=MID)["deals"][0]
    of_deal = {"cell": "p_win", "deal": line["opportunity"], "as_of": MID}
    answer = desk.office.get("/explain/forecast", "auditor", **of_deal).json()
    assert (Decimal(answer["value"]), answer["unit"]) == (Decimal(str(line["p_win"])), "ratio")
    assert line["reasons"][0]["words"] in answer["basis"]
    assert desk.office.get("/explain/forecast", "auditor", cell="p_win").json()["rule"] == "DealNotStated"
    assert desk.office.get("/explain/forecast", "auditor", cell="p51").json()["rule"] == "NotExplained"
    hidden = {"cell": "p_win", "deal": str(desk.office.ids["foreign deal"])}
    assert desk.office.get("/explain/forecast", "manager", **hidden).status_code == 404


def test_roles_that_read_may_ask(desk: Desk) -> None:
    assert Role.DIRECTOR.value in desk.office.keys
    assert desk.ask("/deals", "director", as_of=MID)["scope"] == "accounts of north"
    assert datetime.fromisoformat(desk.ask("/deals", as_of=MID)["as_of"]) == datetime(
        2026, 3, 31, 15, 59, 59, 999999, tzinfo=UTC
    )
