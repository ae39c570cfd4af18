"""Lists of texts that columns keep as numbers: what a number stands for is read once, from a row that has it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from projections.engine import ReadModel
from projections.kept_columns import Rows
from projections.view import View

if TYPE_CHECKING:
    from numpy.typing import NDArray


def lists_of(
    view: View, rows: Rows, model: ReadModel, column: str, numbers: NDArray[Any], key_of: Callable[[int], UUID]
) -> list[tuple[str, ...]]:
    """The lists of some rows, of which a column of a model has the texts; `key_of` says the key of a row by its
    place."""
    codes, known = numbers.tolist(), rows.ids.lists
    new = {code: place for place, code in enumerate(codes) if code not in known}
    keys = {key_of(place): code for code, place in new.items()}
    if keys:
        told = view.rows(model, f"key, {column}", "key = any(%(keys)s)", only_open=False, keys=list(keys))
        known.update((keys[key], tuple(texts)) for key, texts in told)
    return [known[code] for code in codes]
