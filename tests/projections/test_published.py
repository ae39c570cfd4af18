"""The reporting views by their definitions: stable names, every column said, documented."""

import re
from pathlib import Path

from projections import READ_MODELS
from projections.published import NOT_PUBLISHED, STANDING, as_markdown, digest, published, statements
from projections.row_columns import NAMES, columns_of, public_name

DOCUMENTATION = Path(__file__).parents[2] / "docs" / "reporting.md"


def test_every_read_model_has_a_view_of_its_own_name() -> None:
    names = [public_name(model) for model in READ_MODELS if model.name not in NOT_PUBLISHED]
    assert len(set(names)) == len(names) == len(READ_MODELS) - len(NOT_PUBLISHED)
    assert [view.name for view in published()] == sorted(names)
    assert set(NAMES) <= {model.name for model in READ_MODELS}


def test_sealed_columns_are_in_no_view() -> None:
    views = {view.name: {column.name for column in view.columns} for view in published()}
    for model in READ_MODELS:
        sealed = {column.name for column in columns_of(model) if column.sealed or column.type == "json"}
        assert not sealed & views.get(public_name(model), set()), model.name


def test_every_view_and_column_is_said_what_it_is() -> None:
    for view in [STANDING, *published()]:
        assert view.about
        assert [column.name for column in view.columns if not column.about] == []


def test_tables_are_named_in_the_text_of_functions_alone() -> None:
    """Nothing that a rebuild drops has dependants."""
    for view in published():
        made, shown, *_ = statements(view)
        assert "$kams$" in made
        assert re.search(r"_v\d", shown) is None


def test_other_definitions_have_another_digest() -> None:
    assert digest() == digest()
    assert len(digest()) == 64


def test_the_documentation_says_every_view_and_column() -> None:
    """`kams projections views --markdown` writes the part below the line."""
    _, _, described = DOCUMENTATION.read_text(encoding="utf-8").partition("<!-- views -->\n")
    assert described.strip() == as_markdown().strip()
