"""How the gates of a sales process stood when somebody passed them, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from api.process_words import block_name, told_question
from domain.language.catalogue import say
from domain.policies.gates import GateFinding

FIELDS = frozenset(GateFinding.__struct_fields__)


def gate_words(gate: GateFinding, stages: Mapping[str, str]) -> str:
    """A gate as people say it: its stage and block, how much of what it asks was reached, which questions are open.
    `stages` are names of stages and questions (`process_words`)."""
    told = {
        "stage": stages.get(gate.stage, gate.stage),
        "block": block_name(gate.block),
        "reached": _percent(gate.score),
    }
    asked = _percent(gate.share)
    if gate.met:
        words = say("gate {stage} (block {block}) met: {reached} of {asked}", **told, asked=asked)
    else:
        words = say("gate {stage} (block {block}) not met: {reached} of {asked} reached", **told, asked=asked)
    asking = ", ".join(told_question(key, stages) for key in gate.open)
    return f"{words}, {say('open questions: {keys}', keys=asking)}" if gate.open else words


def is_gates(value: Any) -> bool:
    """Whether a value of a fact is gates, one at least."""
    return isinstance(value, Sequence) and bool(value) and all(isinstance(each, GateFinding) for each in value)


def told_gate(stated: Mapping[str, Any], stages: Mapping[str, str]) -> str:
    """A gate that was made plain data, in words."""
    gate = GateFinding(
        stage=stated["stage"],
        block=stated["block"],
        score=Decimal(stated["score"]),
        share=Decimal(stated["share"]),
        open=tuple(stated["open"]),
        met=stated["met"],
    )
    return gate_words(gate, stages)


def _percent(share: Decimal) -> str:
    return f"{(share * 100).normalize():f} %"
