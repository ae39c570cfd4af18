"""Experiments and segments over HTTP."""

from __future__ import annotations

from api.asking import Clocks, Limit, LongLimit, question, viewing
from api.endpoints import Call, Endpoint, Reply
from api.opening import opened
from projections.experiment_answer import ExperimentAnswer, ExperimentsAnswer, experiment, experiments
from projections.segments import SegmentsAnswer, segments


class ExperimentsQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """How many, those that run first."""

    limit: Limit = 50


class ExperimentQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """How many of its accounts."""

    limit: LongLimit = 200


class SegmentsQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """How many segments."""

    limit: Limit = 50


def endpoints() -> list[Endpoint]:
    """The list, one of them, and the segments from which accounts are drawn."""
    listing = "All experiments with what each came to, and its 95 % interval; those that run first, as of any day."
    one = "An experiment: its effect with its interval, and what the accounts came to that the asker may see."
    inside = "The segments and which customers are in each, as of any day."
    return [
        question("/experiments", "experiments", listing, _experiments, ExperimentsAnswer, ExperimentsQuery),
        question("/experiments/{id}", "Experiment.show", one, _experiment, ExperimentAnswer, ExperimentQuery),
        question("/segments", "segments", inside, _segments, SegmentsAnswer, SegmentsQuery),
    ]


def _experiments(call: Call) -> Reply:
    query = call.query(ExperimentsQuery)
    with viewing(call, query) as view:
        answer = experiments(view)
    answer.cut(query.limit)
    return Reply(answer)


def _experiment(call: Call) -> Reply:
    query = call.query(ExperimentQuery)
    with viewing(call, query) as view:
        answer, lessons = experiment(view, call.path["id"])
    answer.lessons = opened(call, lessons, "lessons")
    answer.cut(query.limit)
    return Reply(answer)


def _segments(call: Call) -> Reply:
    query = call.query(SegmentsQuery)
    with viewing(call, query) as view:
        answer = segments(view)
    answer.cut(query.limit)
    return Reply(answer)
