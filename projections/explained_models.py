"""What can be explained: the figures of answers, and every read model with its fields."""

from __future__ import annotations

import msgspec

from projections import READ_MODELS
from projections.explained_balance import CELLS as BALANCE
from projections.explained_conversion import CELLS as CONVERSION
from projections.explained_cost import CELLS as COST
from projections.explained_forecast import CELLS
from projections.explained_funnel import CLOSED_MEASURES, MEASURES, stage_keys
from projections.explained_learned import LEARNED
from projections.explained_portfolio import CELLS as PORTFOLIO
from projections.explained_purchases import CELLS as BUYING
from projections.explained_visits import CELLS as VISITS
from projections.view import Answer, View


class Explained(msgspec.Struct):
    """A kind of figure (`funnel`, `forecast`), the cells that it has, and by what they are found."""

    figure: str
    cells: list[str]
    places: list[str]


class ExplainedModel(msgspec.Struct):
    """A read model, what a row of it is, and its fields."""

    model: str
    about: str
    fields: list[str]


class ModelsAnswer(Answer, kw_only=True):
    """What `explain` can be asked for."""

    figures: list[Explained]
    models: list[ExplainedModel]


def explained_models(view: View) -> ModelsAnswer:
    """Everything that can be explained, as of the view's clocks."""
    open_cells = [f"open {name}" for name in MEASURES]
    closed = [f"{outcome} {name}" for outcome in ("won", "lost", "disqualified") for name in CLOSED_MEASURES]
    return ModelsAnswer(
        **view.head(),
        figures=[
            Explained("funnel", [*open_cells, *closed], stage_keys(view)),
            Explained("forecast", [*CELLS, *LEARNED], []),
            Explained("conversion", list(CONVERSION), stage_keys(view)),
            Explained("buying", list(BUYING), []),
            Explained("cost", list(COST), []),
            Explained("balance", list(BALANCE), []),
            Explained("visits", list(VISITS), []),
            Explained("portfolio", list(PORTFOLIO), []),
            Explained("health", list(view.policies.service.health_weights), []),
        ],
        models=[
            ExplainedModel(model.name, _about(model.row), [each.name for each in msgspec.structs.fields(model.row)])
            for model in sorted(READ_MODELS, key=lambda model: model.name)
        ],
    )


def _about(row: type[msgspec.Struct]) -> str:
    return " ".join((row.__doc__ or "").partition("\n\n")[0].split())
