"""What an import says of files that it left alone and of what the files no longer hold."""

import pytest

from api.cli.intake import show
from api.importing.report import ImportReport


def shown(report: ImportReport, capsys: pytest.CaptureFixture[str]) -> str:
    show(report, dry_run=False)
    told = capsys.readouterr()
    return " ".join((told.out + told.err).split())


def test_a_file_is_left_out_by_its_name_or_by_the_mapping(capsys: pytest.CaptureFixture[str]) -> None:
    by_name = shown(ImportReport(ignored_files=["x.csv"]), capsys)
    assert "because their names do not tell what they hold (--kind, --suggest): x.csv" in by_name
    by_mapping = shown(ImportReport(ignored_files=["x.csv"], mapped=True), capsys)
    assert "Not named by the mapping, so left out: x.csv" in by_mapping


def test_only_what_most_of_the_files_hold_is_said_to_be_gone(capsys: pytest.CaptureFixture[str]) -> None:
    assert "No longer" not in shown(ImportReport(missing=["A-1", "A-2"]), capsys)
    assert "No longer in the files: A-2" in shown(ImportReport(missing=["A-1", "A-2"], missing_of_most=["A-2"]), capsys)
