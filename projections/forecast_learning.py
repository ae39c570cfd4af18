"""What a forecast rests on: the histories that could be known at a moment, and a model fitted as of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from domain.language.catalogue import say, term
from domain.policies.forecast_policy import ForecastMethod
from projections.forecast import NO_MODEL
from projections.forecasting.histories import day_of_number
from projections.view import View

if TYPE_CHECKING:
    from projections.forecasting.chances import ChanceModel
    from projections.forecasting.facts import Facts
    from projections.forecasting.folding import Frame
    from projections.forecasting.histories import Histories, Places
    from projections.forecasting.model import Model
    from projections.forecasting.store import Wanted


@dataclass(frozen=True)
class Learned:
    """What was knowable at a moment, and the model that serves there; None where none is fitted yet. The histories are
    made of the facts where they are asked for: who says that there is no model needs none."""

    facts: Facts
    frame: Frame
    moment: datetime
    model: Model | None

    @cached_property
    def histories(self) -> Histories:
        """The histories as of the moment."""
        from projections.forecasting.facts import histories_lately

        return histories_lately(self.facts, self.frame, self.moment)

    @property
    def position(self) -> int:
        """By what is known at which position."""
        return self.frame.known_at

    @cached_property
    def newest(self) -> int:
        """The newest position of what the histories hold: what is recorded later and counts for nothing there does not
        move it."""
        from projections.forecasting.facts import newest_counted

        return newest_counted(self.facts, self.moment, self.frame.known_at)


def model_wanted(view: View, now: datetime) -> Wanted:
    """The model that a question at the view's clocks asks for."""
    from projections.forecasting.store import wanted

    return wanted(view.policies.company, view.clock.as_of, view.clock.known_at, now)


def fitted(view: View, asked: Wanted) -> Model:
    """A model learned from what the whole company could know at a moment, whoever asks."""
    from projections.forecasting.facts import histories, load
    from projections.forecasting.model import fit

    then = view if view.clock.as_of == asked.moment else view.at(asked.moment)
    known = histories(load(view.connection), then, asked.moment, known_at=asked.known_at)
    return fit(known, asked.known_at)


def model_at(view: View, now: datetime, keep: Callable[[Model, Wanted], object]) -> Model:
    """The model that serves a question at the view's clocks; where none does, one is fitted and given to `keep`."""
    from projections.forecasting.store import serving

    asked = model_wanted(view, now)
    model = serving(view.connection, asked)
    if model is None:
        model = fitted(view, asked)
        keep(model, asked)
    return model


def learned(view: View, model: Model | None) -> Learned:
    """The histories as of the view's clocks beside a model."""
    from projections.forecasting.folding import Frame

    return Learned(facts_seen(view), Frame.of(view), view.clock.as_of, model)


def facts_seen(view: View) -> Facts:
    """What is known of all deals, as a view's transaction sees the journal; looked up once for it."""
    from projections.forecasting.facts import load

    if "facts" not in view.of_transaction:
        view.of_transaction["facts"] = load(view.connection)
    found: Facts = view.of_transaction["facts"]
    return found


def newest_known(view: View) -> int:
    """The newest position that says something of what the histories as of the view's clocks hold: by it answers from
    them can be kept."""
    from projections.forecasting.facts import newest_counted

    return newest_counted(facts_seen(view), view.clock.as_of, view.clock.known_at)


class Based(Protocol):
    """An answer that says what it rests on."""

    model: str
    model_version: str
    position: int
    basis: str


def describe(view: View, answer: Based, known: Learned) -> None:
    """Say by which model an answer is made, and what it rests on, or why there is none."""
    answer.position = known.position
    answer.basis = basis_of(view, known)
    if known.model is not None and is_enough(view, known.model):
        answer.model, answer.model_version = known.model.method, known.model.version
    else:
        method = view.policies.forecasting.method
        answer.model = NO_MODEL if method is ForecastMethod.HAZARD else method.value
        answer.model_version = ""


def is_enough(view: View, model: Model | None) -> bool:
    """Whether a model is the method in use and has learned from enough: by its own floor, and by that of the company's
    policy."""
    policy = view.policies.forecasting
    if policy.method is not ForecastMethod.HAZARD:
        return False
    return model is not None and model.enough and model.chances.closed >= policy.enough_closed


def is_to_be_fitted(view: View, known: Learned) -> bool:
    """Whether a worker is about to fit the model."""
    return known.model is None and view.policies.forecasting.method is ForecastMethod.HAZARD


def basis_of(view: View, known: Learned) -> str:
    """What a forecast rests on, in words of the spoken language."""
    from projections.forecasting.chances import FLOOR_CLOSED, FLOOR_EACH

    if (method := view.policies.forecasting.method) is not ForecastMethod.HAZARD:
        words = "by the method in use, {method}: one amount for a period, win rates of the stages for deals"
        if method is ForecastMethod.STAGE_WEIGHTED:
            words = "by the method in use, {method}: one amount for a period, the stage's percentage for deals"
        return say(words, method=term("ForecastMethod", method.value))
    if known.model is None:
        return say("no model is fitted for this moment yet, a worker does it: win rates of the stages instead")
    if is_enough(view, known.model):
        learned = known.model.chances
        return say(
            "{closed:,} closed deals, {won:,} of them won, as known on {day}",
            closed=learned.closed,
            won=learned.won,
            day=day_of_number(learned.day),
        )
    closed, won = known.histories.closed_and_won
    short = say(
        "not enough history: {closed} closed deals, {won} of them won; {floor} are needed, {each} of them won and "
        "{each} not",
        closed=closed,
        won=won,
        floor=max(FLOOR_CLOSED, view.policies.forecasting.enough_closed),
        each=FLOOR_EACH,
    )
    instead = "win rates of the stages instead" if closed else "probabilities of the sales process instead"
    return f"{short}; {say(instead)}"


def chance_model(view: View, known: Learned) -> ChanceModel:
    """The model of single deals: the learned one, else win rates of the stages; where no deal ever closed, or the
    method in use goes by them, the probabilities that the sales processes state."""
    from projections.forecasting.chances import ChanceModel

    if known.model is not None and is_enough(view, known.model):
        return known.model.chances
    histories = known.histories
    closed, won = histories.closed_and_won
    stated = not closed or view.policies.forecasting.method is ForecastMethod.STAGE_WEIGHTED
    rates = probabilities(view) if stated else histories.stage_rates
    return ChanceModel(
        enough=False,
        basis="",
        day=histories.day,
        deals=len(histories),
        closed=closed,
        won=won,
        fiscal_start=histories.fiscal_start,
        stage_rates=[(*stage, rate) for stage, rate in rates.items()],
    )


def told_by(model: ChanceModel, known: Learned, part: Histories, rows: Places) -> tuple[Histories, Places]:
    """What the chances of deals at places of a part are told by, and where they stand there: a model that learned
    enough looks at all deals, rates of stages at these alone."""
    if not model.enough or part is known.histories:
        return part, rows
    return known.histories, known.histories.places_of_those_in(part, rows)


def probabilities(view: View) -> dict[tuple[str, str], float]:
    """The probabilities that the sales processes state."""
    return {
        (process.key, stage.key): float(stage.probability)
        for process in view.policies.processes()
        for stage in process.stages
    }
