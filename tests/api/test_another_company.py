"""`kams demo --seed`: other companies by the same rules, and what only their generator knows."""

import csv
from pathlib import Path

import pytest

from api.cli.demonstration import AnotherCompany, make_sample_company, write_truth
from api.cli.session import make_tables, system
from api.cli.settings import Settings
from api.demo.company import deals_of, write


def test_the_truth_names_every_opportunity_of_the_files_with_its_probability(tmp_path: Path) -> None:
    sample = write(tmp_path / "company", seed=7)
    write_truth(tmp_path / "truth.csv", seed=7)
    with (tmp_path / "truth.csv").open(encoding="utf-8", newline="") as file:
        told = {row["opportunity"]: float(row["win_probability"]) for row in csv.DictReader(file)}
    assert told == sample.win_probability
    assert len(told) == 2_500


def test_another_seed_is_another_company_and_the_same_seed_the_same() -> None:
    first, again, other = ([deal.probability for deal in deals_of(seed)] for seed in (7, 7, 8))
    assert first == again
    assert first != other


def test_a_home_has_one_company(tmp_path: Path, database_url: str) -> None:
    make_tables(database_url)
    home = tmp_path / "home"
    home.mkdir()
    (home / "sample-company").write_text("54112 7", encoding="ascii")
    with (
        system(Settings(home=home, database_url=database_url)) as made,
        pytest.raises(AnotherCompany, match="the seed 7 lives in"),
    ):
        make_sample_company(made, seed=8)
