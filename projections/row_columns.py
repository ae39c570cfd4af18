"""The columns of every read model as others take them: name, type, meaning; what is sealed is marked."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

import msgspec

from domain.errors import Fault, Malformed
from domain.language.catalogue import say
from projections import READ_MODELS
from projections.engine import ReadModel
from projections.engine.rows import Column, shape_of

ANY = "any"
BESIDE = ("valid_from", "cause")
"""What stands behind a model's own columns: since when the row says what it says, and by which event."""
KINDS = {
    "uuid": "uuid",
    "text": "text",
    "bigint": "integer",
    "boolean": "boolean",
    "date": "date",
    "timestamptz": "timestamp",
    "text[]": "list of text",
    "uuid[]": "list of uuid",
}
NAMES = {
    "funnel": "opportunities",
    "lineage": "merged_accounts",
    "criterion": "criteria",
    "delivery": "deliveries",
    "loss": "losses",
    "answer": "qualification_answers",
    "strategy": "strategies",
    "decision_process": "decision_processes",
    "value_given": "values_given",
    "joint_activity": "joint_activities",
    "key_status": "key_statuses",
    "score": "selection_scores",
    "credit": "credit_ratings",
    "key_account_strategy": "key_account_strategies",
    "strategy_process": "strategy_processes",
    "compliance": "compliance_scores",
    "downstream": "downstream_customers",
}
SEALED, DOCUMENT = "sealed text", "json"


class RowColumn(msgspec.Struct, frozen=True):
    """A column: `type` is uuid, text, integer, boolean, date, timestamp (UTC), decimal(38, digits), list of text, list
    of uuid, json (a text), or sealed text, which is personal data and opens for those alone who may read it."""

    name: str
    type: str
    about: str

    @property
    def sealed(self) -> bool:
        """Whether it is personal data."""
        return self.type == SEALED

    @property
    def digits(self) -> int:
        """Of a decimal: how many after the point."""
        return int(self.type.partition(", ")[2].rstrip(")"))


def columns_of(model: ReadModel) -> list[RowColumn]:
    """All columns of a read model, its key first, `valid_from` and `cause` last."""
    own = [
        RowColumn(each.name, _kind(each), meaning(model.name, each.name))
        for each in shape_of(model.name, model.row).columns
    ]
    key, *beside = (
        RowColumn(name, kind, meaning(model.name, name))
        for name, kind in (("key", "uuid"), ("valid_from", "timestamp"), ("cause", "integer"))
    )
    return [key, *own, *beside]


def meaning(model: str, column: str) -> str:
    """What a column means; empty where nobody has said it."""
    known = _meanings()
    return known.get(model, {}).get(column) or known[ANY].get(column, "")


def about(model: ReadModel) -> str:
    """What a row of a model is."""
    return " ".join((model.row.__doc__ or "").partition("\n\n")[0].split())


def model_named(name: str) -> ReadModel:
    """A read model by its name or the one of its reporting view. Raises Malformed, naming those that there are."""
    found = next((model for model in READ_MODELS if name in (model.name, public_name(model))), None)
    if found is None:
        known = ", ".join(sorted(model.name for model in READ_MODELS))
        raise Malformed(Fault("model", name[:80], say("expected one of {known}", known=known)))
    return found


def public_name(model: ReadModel) -> str:
    """By what name others read a model's rows: the same for ever."""
    return NAMES.get(model.name, f"{model.name}s")


def _kind(column: Column) -> str:
    if column.scale is not None:
        return f"decimal(38, {-int(column.scale.as_tuple().exponent)})"
    if column.kind.sql == "bytea":
        return SEALED if column.kind.back else DOCUMENT
    return KINDS[column.kind.sql]


@cache
def _meanings() -> dict[str, dict[str, str]]:
    text = files("projections").joinpath("column_meanings.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
