"""Every column of every read model has a type for other tools and a meaning; nothing is explained that is not there."""

import tomllib
from importlib.resources import files

import pytest

from domain.errors import Malformed
from projections import READ_MODELS
from projections.engine import ReadModel
from projections.explained_rows import KEYED_BY_MEMBER, NOBODYS
from projections.row_columns import ANY, BESIDE, columns_of, meaning, model_named
from projections.rows_taken import seen


@pytest.mark.parametrize("model", READ_MODELS, ids=lambda model: model.name)
def test_every_column_has_a_type_and_a_meaning(model: ReadModel) -> None:
    found = columns_of(model)
    own = list(model.row.__struct_fields__)
    assert [column.name for column in found] == ["key", *own, *BESIDE]
    assert [column.name for column in found if not column.about] == []


def test_nothing_is_explained_that_is_not_there() -> None:
    known = tomllib.loads(files("projections").joinpath("column_meanings.toml").read_text(encoding="utf-8"))
    fields = {model.name: set(model.row.__struct_fields__) for model in READ_MODELS}
    anywhere = {"key", *BESIDE}.union(*fields.values())
    assert set(known) - {ANY} <= set(fields)
    assert [(name, column) for name in set(known) - {ANY} for column in known[name] if column not in fields[name]] == []
    assert sorted(set(known[ANY]) - anywhere) == []


def test_a_models_own_meaning_comes_before_the_general_one() -> None:
    assert meaning("funnel", "currency") == "Currency of amount."
    assert meaning("purchase", "account") == "The account, by id."
    assert meaning("purchase", "no_such_column") == ""


def test_a_model_is_found_by_the_name_of_its_view_too() -> None:
    assert model_named("opportunities") is model_named("funnel")
    assert model_named("purchases") is model_named("purchase")


def test_types_are_those_of_the_rows() -> None:
    kinds = {column.name: column.type for column in columns_of(model_named("funnel"))}
    assert kinds["amount"] == "decimal(38, 3)"
    assert (kinds["account"], kinds["products"], kinds["close_on"]) == ("uuid", "list of text", "date")
    assert (kinds["since"], kinds["pushes"], kinds["cause"]) == ("timestamp", "integer", "integer")
    sealed = {column.name for column in columns_of(model_named("member")) if column.sealed}
    assert sealed == {"name"}


def test_an_unknown_model_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(Malformed, match="purchase_volume"):
        model_named("no_such_model")


@pytest.mark.parametrize("model", READ_MODELS, ids=lambda model: model.name)
def test_whose_a_row_is_is_known_of_every_model(model: ReadModel) -> None:
    condition = seen(model)
    assert condition != "false"
    assert (condition == "") == (model.name in NOBODYS)
    fields = set(model.row.__struct_fields__)
    of_member = model.name in KEYED_BY_MEMBER or ("member" in fields and not fields & {"account", "opportunity"})
    assert ("%(member)s" in condition) == of_member
