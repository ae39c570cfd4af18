"""The examples of docs/whatif.md, on the sample company."""

from __future__ import annotations

from pathlib import Path

from tests.journeys.conftest import Kams, run

COOLER = "[contact_half_life_days]\nnone = 180\nordinary = 90\npartner = 60\nstrategic = 10\n"
GATE = 'gate = {block = "winnable", share = "0.8", mandatory = ["11"]}'
GUIDE = (Path(__file__).parents[2] / "docs" / "whatif.md").read_text(encoding="utf-8")


def test_contacts_that_cool_faster(kams: Kams, tmp_path: Path) -> None:
    file = tmp_path / "cooler.toml"
    file.write_text(COOLER)
    assert COOLER in GUIDE
    over = f"service-policy={file}"
    (point,) = kams("whatif", "health", "--policy", over, "--as-of", "2026-10-20")["points"]
    differ = [line for line in point["accounts"] if line["difference"]]
    assert sorted(line["external_id"] for line in differ) == ["A-02", "A-15", "A-26", "A-35"]
    for line in differ:
        (contact,) = line["components"]
        assert (contact["name"], contact["was"] > contact["would_be"]) == ("contact", True)
        assert line["difference"] < 0
        assert line["external_id"] in GUIDE
    series = kams(
        "whatif", "health", "--policy", over, "--from", "2025-11-01", "--to", "2026-10-31", "--as-of", "2026-10-20"
    )
    moments = [point["as_of"][:10] for point in series["points"]]
    assert (len(moments), moments[0], moments[-1]) == (11, "2025-11-30", "2026-09-30")


def test_a_gate_that_asks_for_every_answer(sample_home: Path, kams: Kams, tmp_path: Path) -> None:
    process = run(sample_home, "policy", "show", "sales-process").stdout
    assert GATE in process
    file = tmp_path / "stricter.toml"
    file.write_text(process.replace(GATE, GATE.replace("0.8", "1.0")), encoding="utf-8")
    words = ("whatif", "gates", "--policy", f"sales-process={file}", "--from", "2026-10-01", "--as-of", "2026-10-20")
    answer = kams(*words)
    stopped = [(line["external_id"], line["missing"][0]["question"], line["stage_now"]) for line in answer["lines"]]
    assert stopped == [("O-2116", "12", "winnable"), ("O-2034", "12", "winnable"), ("O-2263", "13", "negotiation")]
    assert answer["became"] == [{"outcome": "open", "count": 3, "value": "1049448.10"}]
    assert f"{answer['advances']} advances from 2026-10-01 to 2026-10-20: 3 would have been stopped" in GUIDE
    told = run(sample_home, *words, "--lang", "zh").stdout
    assert "会被拦下" in told
