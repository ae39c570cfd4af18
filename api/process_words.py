"""What stages, questions and blocks are called in the spoken language; machines and commands keep their keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from domain.language.catalogue import either, in_context
from domain.language.languages import Language, spoken

if TYPE_CHECKING:
    from projections.view import View


def process_words(view: View, process: str = "") -> dict[str, str]:
    """What processes call their stages, by key, and their questions, by `question_word`. Stages are there where Chinese
    is spoken and they have a Chinese name. Where several processes have a key, that of `process` counts, then the first
    by key."""
    ordered = sorted(view.policies.processes(), key=lambda each: (each.key != process, each.key), reverse=True)
    words = {question_word(one.key): either(one.text, one.text_zh) for each in ordered for one in each.questionnaire}
    if spoken() is Language.CHINESE:
        words |= {stage.key: stage.name_zh for each in ordered for stage in each.stages if stage.name_zh}
    return words


def question_word(question: str) -> str:
    """The key of a question among the words of a process, whose stages may have the same keys."""
    return f"question {question}"


def told_question(question: str, words: Mapping[str, str]) -> str:
    """A question as it is asked; by its key where no process asks it any more."""
    text = words.get(question_word(question))
    return f"“{text}”" if text else question


def block_name(block: str) -> str:
    """A block of a questionnaire as people say it: the key, or the Chinese of those that KAMS ships."""
    return in_context("block", block)
