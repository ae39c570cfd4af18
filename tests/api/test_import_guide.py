"""docs/import.md names every kind of file with all of its columns, those in bold that must be there."""

import re
from pathlib import Path

from api.importing.kinds import KINDS
from api.importing.kinds.row import headers_of
from api.importing.values import plain

GUIDE = Path(__file__).parents[2] / "docs" / "import.md"
LINE = re.compile(r"^\| (\w+)(?: \S+)? \| (.*) \|$", re.MULTILINE)


def columns_of(line: str) -> list[str]:
    return [column.split()[0] for column in line.split(" · ")]


def test_the_guide_lists_every_kind_with_its_columns() -> None:
    written = {kind: columns_of(line) for kind, line in LINE.findall(GUIDE.read_text()) if kind != "kind"}
    known = {
        kind.name: [f"**{field.name}**" if field.required else field.name for field in kind.fields()]
        for kind in KINDS.values()
    }
    assert {kind: sorted(columns) for kind, columns in written.items()} == {
        kind: sorted(columns) for kind, columns in known.items()
    }


def test_the_guide_says_the_chinese_header_of_every_column() -> None:
    for kind, line in LINE.findall(GUIDE.read_text()):
        if kind != "kind":
            known = headers_of(KINDS[kind])
            for column in line.split(" · "):
                name, chinese = column.split()
                assert known[plain(chinese)] == name.strip("*")


def test_a_header_that_several_lists_use_is_known_in_each() -> None:
    for kind in ("needs", "commitments", "value_given", "satisfaction", "accounts"):
        assert headers_of(KINDS[kind])["类型"] == "kind"
    assert headers_of(KINDS["team"])["我方人员"] == "member"
