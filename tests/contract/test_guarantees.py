"""The page of guarantees: every sentence names a test, and every test that it names is there."""

import ast
import re
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
PAGE = REPOSITORY / "docs" / "guarantees.md"
ROW = re.compile(r"\| (?P<said>[^|]+) \| `(?P<file>tests/[\w/]+\.py)::(?P<test>test_\w+)` \|")


def rows() -> list[str]:
    """The lines of the table below its head."""
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    return lines[2:]


def names_in(file: Path) -> set[str]:
    """The names of the tests in a file."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {each.name for each in ast.walk(tree) if isinstance(each, functions) and each.name.startswith("test_")}


def test_every_guarantee_names_a_test_that_is_there() -> None:
    assert len(rows()) >= 20
    for row in rows():
        found = ROW.fullmatch(row)
        assert found, row
        assert found["said"].endswith("."), row
        file = REPOSITORY / found["file"]
        assert file.exists(), row
        assert found["test"] in names_in(file), row


def test_no_guarantee_is_given_twice() -> None:
    said = [row.split("|")[1].strip() for row in rows()]
    assert len(said) == len(set(said))
