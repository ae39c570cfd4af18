"""docs/import.md names every kind of file with all of its columns, those in bold that must be there."""

import re
from pathlib import Path

from api.importing.kinds import KINDS

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
