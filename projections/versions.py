"""What a row was, one version after the other, as known at a position: for questions about changes."""

from __future__ import annotations

from projections.engine import ReadModel, note_asked


def versions_sql(model: ReadModel, columns: str, where: str, *, gone: bool = False) -> str:
    """All versions of rows up to `as_of`, as known at `known_at`, with `key`, `valid_from` and `cause` before the
    columns; their business order is (valid_from, cause). A version of no length is one of them; one that says that
    there is no row (its columns are null) only where `gone` asks for it."""
    note_asked(model)
    selected = f"select key, valid_from, cause, {columns} from"
    kinds = "kind in (0, 1)" if gone else "kind = 1"
    held = f"{kinds} and valid_from <= %(as_of)s and known_from <= %(known_at)s and ({where})"
    return (
        f"{selected} {model.table} where {held}"
        f" union all {selected} {model.history} where {held} and (retracted_at > %(known_at)s) is not false"
    )
