"""Any row of any read model explained: the events that made it, field by field, from its versions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from domain.errors import NotFound
from projections import READ_MODELS
from projections.engine import ReadModel, as_of_sql
from projections.engine.rows import Shape, shape_of
from projections.explained import ZERO, Event, one_of
from projections.issues import ISSUES
from projections.opportunities import FUNNEL
from projections.versions import versions_sql
from projections.view import Answer, View

KEYED_BY_ACCOUNT = frozenset({"account", "account_trait", "lineage", "key_status"})
KEYED_BY_OPPORTUNITY = frozenset({"funnel", "loss", "pursuit", "decision_process"})
KEYED_BY_MEMBER = frozenset({"member"})
NOBODYS = frozenset(
    {
        "policy",
        "key_account_strategy",
        "strategy_answer",
        "strategy_goal",
        "strategy_process",
        "control_point",
        "partner_programme",
        "programme_edition",
        "experiment",
    }
)
"""Read models whose rows belong to no account: everybody may read them."""
_ABSENT = object()


class Change(msgspec.Struct):
    """What an event made of a field: from what (null: there was no row, or nothing in it) to what. The contributions of
    a number add up to it; other fields have none."""

    position: int
    occurred_at: datetime
    before: Any
    after: Any
    contribution: Decimal | None


class FieldLine(msgspec.Struct):
    """A field as it holds, the position of the event since which it does, and all that changed it."""

    field: str
    value: Any
    position: int
    changes: list[Change]


class RowExplanation(Answer, kw_only=True):
    """A row and the events that made it, in business order; `there` is false where the last of them removed it. Sealed
    texts are opened at the door for those who may read them."""

    model: str
    key: UUID
    there: bool
    account: UUID | None
    opportunity: UUID | None
    fields: list[FieldLine]
    events: list[Event]
    names: dict[str, str] = msgspec.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Step:
    at: datetime
    position: int
    columns: tuple[Any, ...] | None


def model_named(name: str) -> ReadModel:
    """A read model. Raises NotExplained, naming those that there are."""
    one_of("read model", name, sorted(model.name for model in READ_MODELS))
    return next(model for model in READ_MODELS if model.name == name)


def explain_row(view: View, name: str, key: UUID, field: str = "") -> RowExplanation:
    """Why a row of a read model is what it is as of the view's clocks; one field alone where it is stated.

    Raises NotExplained for a model or field that is none, NotFound for a row that never was or may not be seen.
    """
    model = model_named(name)
    shape = shape_of(model.name, model.row)
    names = [column.name for column in shape.columns]
    if field:
        one_of(f"field of {name}", field, names)
    steps = _steps(view, model, shape, key)
    last = next((step.columns for step in reversed(steps) if step.columns), None)
    if last is None:
        raise NotFound(kind=name, key=key)
    account, opportunity = belongs_to(view, name, key, dict(zip(names, last, strict=True)))
    _must_see(view, name, key, account, dict(zip(names, last, strict=True)))
    lines = [_line(n, each, steps) for n, each in enumerate(names) if field in ("", each)]
    told = {change.position for line in lines for change in line.changes} if field else None
    return RowExplanation(
        **view.head(),
        model=name,
        key=key,
        there=steps[-1].columns is not None,
        account=account,
        opportunity=opportunity,
        fields=lines,
        events=[
            Event(position=step.position, occurred_at=step.at)
            for step in steps
            if told is None or step.position in told
        ],
    )


def _steps(view: View, model: ReadModel, shape: Shape, key: UUID) -> list[_Step]:
    columns = ", ".join(("kind = 1", *(f'"{column.name}"' for column in shape.columns)))
    sql = versions_sql(model, columns, "key = %(key)s", gone=True)
    rows = view.connection.execute(
        f"select * from ({sql}) step order by valid_from, cause".encode(), view.parameters(key=key)
    )
    return [
        _Step(at, position, shape.back(cells) if there else None) for _, at, position, there, *cells in rows.fetchall()
    ]


def _line(place: int, name: str, steps: Sequence[_Step]) -> FieldLine:
    changes = list(_changes(place, steps))
    return FieldLine(name, changes[-1].after, changes[-1].position, changes)


def _changes(place: int, steps: Sequence[_Step]) -> Iterator[Change]:
    """The steps that changed a field: a row that comes or goes changes them all."""
    before: Any = _ABSENT
    for step in steps:
        after = step.columns[place] if step.columns else _ABSENT
        if after is before or (after is not _ABSENT and before is not _ABSENT and after == before):
            continue
        old: Any = None if before is _ABSENT else before
        new: Any = None if after is _ABSENT else after
        is_number = any(isinstance(each, int | Decimal) and not isinstance(each, bool) for each in (old, new))
        contribution = Decimal(new or 0) - Decimal(old or 0) if is_number else None
        yield Change(step.position, step.at, old, new, contribution)
        before = after


def belongs_to(view: View, name: str, key: UUID, row: dict[str, Any]) -> tuple[UUID | None, UUID | None]:
    """The account and the opportunity to which a row belongs."""
    opportunity: UUID | None = key if name in KEYED_BY_OPPORTUNITY else row.get("opportunity")
    if name in KEYED_BY_ACCOUNT:
        return key, None
    if row.get("account"):
        return row["account"], opportunity
    if opportunity is not None:
        return _account_of(view, FUNNEL, opportunity), opportunity
    issue = row.get("issue")
    return _account_of(view, ISSUES, issue) if issue else None, None


def _account_of(view: View, model: ReadModel, key: UUID) -> UUID | None:
    sql = as_of_sql(model, "account", "key = %(key)s")
    found = view.connection.execute(sql.encode(), view.parameters(key=key)).fetchone()
    return found[0] if found else None


def _must_see(view: View, name: str, key: UUID, account: UUID | None, row: dict[str, Any]) -> None:
    visible = view.visible_accounts()
    if visible is None or account in visible or name in NOBODYS:
        return
    whose = key if name in KEYED_BY_MEMBER else row.get("member") if account is None else None
    if whose is None or whose != view.visibility.member:
        raise NotFound(kind=name, key=key)


def total(line: FieldLine) -> Decimal:
    """What the contributions to a number add up to."""
    return sum((change.contribution or ZERO for change in line.changes), ZERO)
