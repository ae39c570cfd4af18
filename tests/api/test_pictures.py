"""Pictures of answers: SVG that parses, says its numbers as text and what it shows, and is the same file twice."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID, uuid4
from xml.etree import ElementTree

import msgspec
import pyarrow.parquet
import pytest

from api.cli import reading
from api.cli.session import make_tables
from api.pictures import drawing
from api.pictures.charts import Calibrated, calibration_picture, fan_picture
from api.pictures.drawing import PNG, SVG, NothingToDraw, PicturesMissing
from domain.account.account import Account
from domain.aggregate import Aggregate, Origin
from domain.commands import Commands, command_type
from domain.journal.context import Context
from domain.journal.journal import Journal
from domain.language.languages import Language, speaking
from domain.opportunity.opportunity import Opportunity
from domain.policies.company import Company
from domain.policies.policy import policy_id
from projections.forecast_fan import FanAnswer, FanLine, month_key
from projections.forecasting.scores import Bin
from projections.view import KnownAt
from tests.api.command_line import CommandLine, company_system
from tests.conftest import new_database

JULY = datetime(2025, 7, 31, 12, tzinfo=UTC)
CLOSED = 48


@pytest.fixture(scope="module")
def kams(
    postgres_url: str, fresh_names: Iterator[str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[CommandLine]:
    for url in new_database(postgres_url, next(fresh_names)):
        make_tables(url)
        line = company_system(url, "", tmp_path_factory.mktemp("pictures") / "home")
        reading.add(line.app)
        _fill(url)
        yield line


def _fill(url: str) -> None:
    """Four closed deals in each month of a year, half of them won, and three that are open."""
    journal = Journal(url)

    def give(root: type[Aggregate], key: UUID, name: str, at: datetime, /, **body: object) -> None:
        typed = msgspec.convert(body, command_type(root, name).body)
        Commands(journal).give(root, key, name, typed, Context(at=at, origin=Origin.IMPORT))

    start = datetime(2024, 7, 2, 9, tzinfo=UTC)
    give(Company, policy_id("Company"), "define", start, name="Ours", currency="EUR", time_zone="UTC")
    account = uuid4()
    give(Account, account, "register", start, name="Harbour Foods")
    for n in range(CLOSED + 3):
        deal, opened = uuid4(), start + timedelta(days=n * 7.5)
        amount = {"amount": f"{1000 + 10 * n}.00", "currency": "EUR"}
        closes = (opened + timedelta(days=20)).date().isoformat()
        give(Opportunity, deal, "open", opened, account=str(account), title="Pumps", amount=amount, close_on=closes)
        if n < CLOSED:
            end = {"signed": amount} if n % 2 else {}
            give(Opportunity, deal, "win" if n % 2 else "lose", opened + timedelta(days=18), **end)
    journal.close()


def texts(svg: bytes) -> list[str]:
    """All that an SVG says."""
    root = ElementTree.fromstring(svg)
    return [
        " ".join("".join(each.itertext()).split()) for each in root.iter() if each.tag.endswith(("}text", "}title"))
    ]


def drawn(kams: CommandLine, tmp_path: Path, *words: str, name: str = "x.svg", **environment: str) -> bytes:
    out = tmp_path / name
    answer = kams("forecast", "picture", *words, "--out", str(out), "--force", **environment)
    assert answer.code == 0, answer.err
    return out.read_bytes()


def test_a_funnel_says_counts_and_amounts_and_is_the_same_file_twice(kams: CommandLine, tmp_path: Path) -> None:
    first = drawn(kams, tmp_path, "funnel", "--as-of", "2025-07-20")
    found = kams("funnel", "--as-of", "2025-07-20", "--json").json["stages"]
    said = texts(first)
    for stage in (each for each in found if each["count"]):
        assert f"{stage['count']} · {Decimal(stage['amount']):,.0f}" in said
    assert "Open opportunities by stage" in said
    assert first == drawn(kams, tmp_path, "funnel", "--as-of", "2025-07-20", name="again.svg")
    assert ElementTree.fromstring(first).get("role") == "img"
    assert b"<dc:date>" not in first


def test_a_waterfall_goes_from_start_to_end(kams: CommandLine, tmp_path: Path) -> None:
    words = ("--as-of", "2025-07-20")
    said = texts(drawn(kams, tmp_path, "waterfall", "--from", "2025-05-01", *words))
    bridge = kams("funnel", "--bridge", "--from", "2025-05-01", "--to", "2025-07-20", "--json").json
    for name in ("start", "new", "end"):
        assert f"{Decimal(bridge[name]):,.0f}" in said
    assert f"{-Decimal(bridge['lost']):,.0f}" in said
    assert kams("forecast", "picture", "waterfall", "--out", str(tmp_path / "no.svg")).code == 2


def test_a_fan_shows_what_was_won_and_the_months_ahead(kams: CommandLine, tmp_path: Path) -> None:
    words = ("fan", "--as-of", "2025-04-15", "--months", "2")
    first = drawn(kams, tmp_path, *words)
    assert first == drawn(kams, tmp_path, *words, name="again.svg")
    answer = kams("forecast", "picture", *words, "--out", str(tmp_path / "j.svg"), "--json").json
    lines = {line["period"]: line for line in answer["lines"]}
    assert list(lines) == [month_key(JULY.date(), step) for step in range(-15, 0)]
    month = kams("forecast", "--period", "2025-03", "--as-of", "2025-04-15", "--json").json
    assert (lines["2025-03"]["won"], lines["2025-03"]["p50"]) == (month["closed"], None)
    ahead = kams("forecast", "--period", "2025-06", "--as-of", "2025-04-15", "--json").json
    assert [lines["2025-06"][name] for name in ("p10", "p50", "p90")] == [ahead[n] for n in ("p10", "p50", "p90")]
    truth = kams("forecast", "--period", "2025-05", "--as-of", "2025-07-20", "--json").json
    assert (lines["2025-05"]["won"], lines["2025-05"]["came"]) == (truth["closed"], True)
    assert f"P50 {Decimal(ahead['p50']):,.0f}" in texts(first)


def test_without_enough_history_it_says_why_there_is_no_fan(kams: CommandLine, tmp_path: Path) -> None:
    out = tmp_path / "fan.svg"
    answer = kams("forecast", "picture", "fan", "--as-of", "2024-08-01", "--out", str(out))
    assert answer.code == 1
    assert "not enough history" in answer.err
    assert not out.exists()


def test_nothing_open_is_said(kams: CommandLine, tmp_path: Path) -> None:
    answer = kams("forecast", "picture", "funnel", "--as-of", "2024-01-01", "--out", str(tmp_path / "f.svg"))
    assert answer.code == 1
    assert "no opportunity is open" in answer.err


def test_a_training_table_has_a_row_for_each_open_deal_and_week(kams: CommandLine, tmp_path: Path) -> None:
    out = tmp_path / "training.parquet"
    words = ("forecast", "training", str(out), "--from", "2025-01-06", "--to", "2025-02-09", "--as-of", "2025-06-30")
    answer = kams(*words, "--json")
    assert answer.code == 0, answer.err
    rows = pyarrow.parquet.read_table(out).to_pylist()
    assert (answer.json["snapshots"], answer.json["rows"]) == (5, len(rows))
    assert {row["snapshot"].isoformat() for row in rows} == {
        f"2025-0{d}" for d in ("1-06", "1-13", "1-20", "1-27", "2-03")
    }
    assert {row["outcome"] for row in rows} == {"won", "lost"}
    assert all(0 <= row["days_until_end"] <= 18 - row["age"] + 1 for row in rows)
    assert all((row["signed"] is not None) == (row["outcome"] == "won") for row in rows)
    assert kams(*words).code == 1
    late = kams("forecast", "training", str(tmp_path / "x.csv"), "--from", "2025-02-01", "--as-of", "2025-01-01")
    assert (late.code, sorted(tmp_path.iterdir())) == (1, [out])


def test_chances_that_held_are_drawn_with_their_table(kams: CommandLine, tmp_path: Path) -> None:
    words = ("calibration", "--from", "2025-02-01", "--as-of", "2025-05-31")
    answer = kams("forecast", "picture", *words, "--out", str(tmp_path / "c.svg"), "--json")
    assert answer.code == 0, answer.err
    assert answer.json["bins"][0]["chance"] in texts((tmp_path / "c.svg").read_bytes())


def test_wrong_words_are_wrong_use(kams: CommandLine, tmp_path: Path) -> None:
    assert kams("forecast", "picture", "cake", "--out", str(tmp_path / "x.svg")).code == 2
    assert kams("forecast", "picture", "funnel", "--out", str(tmp_path / "x.gif")).code == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("option", ["--owner", "--territory", "--product", "--account"])
def test_a_calibration_is_of_all_opportunities(kams: CommandLine, tmp_path: Path, option: str) -> None:
    answer = kams("forecast", "picture", "calibration", option, "X", "--out", str(tmp_path / "c.svg"))
    assert (answer.code, answer.out) == (2, "")
    assert f"{option} would change nothing in a calibration" in answer.err
    assert list(tmp_path.iterdir()) == []


def test_a_png_is_the_same_twice(kams: CommandLine, tmp_path: Path) -> None:
    first = drawn(kams, tmp_path, "funnel", "--as-of", "2025-07-20", name="x.png")
    assert first.startswith(b"\x89PNG")
    assert first == drawn(kams, tmp_path, "funnel", "--as-of", "2025-07-20", name="y.png")


BINS = [
    Bin(low=0.0, high=0.1, count=40, forecast=0.06, won=0.05),
    Bin(low=0.5, high=0.6, count=12, forecast=0.55, won=0.5),
]


def test_calibration_says_its_table_as_text() -> None:
    svg = calibration_picture(Calibrated(BINS, 52, 0.1724, 0.0312, "52 forecasts"), SVG)
    said = texts(svg)
    assert {"0.0–0.1", "40", "0.060", "0.050", "0.5–0.6", "12"} <= set(said)
    assert any("Brier 0.172 · ECE 0.031" in each for each in said)
    with pytest.raises(NothingToDraw):
        calibration_picture(Calibrated([], 0, None, None, ""), SVG)


def fan_answer() -> FanAnswer:
    lines = [
        FanLine("2025-06", Decimal(100)),
        FanLine("2025-07", None, Decimal(80), Decimal(120), Decimal(190)),
    ]
    known = KnownAt(7, JULY)
    return FanAnswer(as_of=JULY, known_at=known, complete=True, scope="everything", currency="EUR", lines=lines,
                     model="hazard", model_version="hazard-1-abc", basis="")  # fmt: skip


def test_chinese_is_drawn_where_a_font_has_it_and_english_where_not(monkeypatch: pytest.MonkeyPatch) -> None:
    with speaking(Language.CHINESE):
        monkeypatch.setattr(drawing, "_fonts", list)
        assert drawing.falls_back()
        assert "P10 to P90" in texts(fan_picture(fan_answer(), SVG))
        monkeypatch.undo()
        if not drawing.falls_back():
            assert "P10 至 P90" in texts(fan_picture(fan_answer(), SVG))
    assert fan_picture(fan_answer(), PNG).startswith(b"\x89PNG")


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(PicturesMissing, match=r"kams\[pictures\]"):
        fan_picture(fan_answer(), SVG)
