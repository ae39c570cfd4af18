"""The examples of docs/whatif.md, on the sample company."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.journeys.conftest import Kams, run

COOLER = "[contact_half_life_days]\nnone = 180\nordinary = 90\npartner = 60\nstrategic = 10\n"
GATE = 'gate = {block = "winnable", share = "0.8", mandatory = ["11"]}'
GUIDE = (Path(__file__).parents[2] / "docs" / "whatif.md").read_text(encoding="utf-8")


def shown(answer: Any) -> list[tuple[str, str, str]]:
    """What the guide prints of the accounts that differ."""
    (point,) = answer["points"]
    return [
        (line["external_id"], f"{line['was']}", f"{line['would_be']}")
        for line in point["accounts"]
        if line["difference"]
    ]


def test_contacts_that_cool_faster(kams: Kams, tmp_path: Path) -> None:
    file = tmp_path / "cooler.toml"
    file.write_text(COOLER)
    assert COOLER in GUIDE
    over = f"service-policy={file}"
    differ = shown(kams("whatif", "health", "--policy", over, "--as-of", "2026-10-20"))
    assert differ == [
        ("A-02", "77.6", "68.5"),
        ("A-26", "76.5", "70.3"),
        ("A-35", "80.1", "78.5"),
        ("A-15", "65.3", "63.7"),
    ]
    for account, was, would_be in differ:
        assert any(account in line and f" {was}    {would_be} " in line for line in GUIDE.splitlines())
    series = kams(
        "whatif", "health", "--policy", over, "--from", "2025-11-01", "--to", "2026-10-31", "--as-of", "2026-10-20"
    )
    bands = [(p["as_of"][:10], p["bands_were"]["green"], p["bands"]["green"]) for p in series["points"]]
    assert (len(bands), bands[0], bands[-1]) == (11, ("2025-11-30", 17, 15), ("2026-09-30", 20, 19))


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
