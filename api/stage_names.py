"""What stages and blocks are called in the spoken language; machines and commands keep their keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.language.catalogue import in_context
from domain.language.languages import Language, spoken

if TYPE_CHECKING:
    from projections.view import View


def stage_names(view: View, process: str = "") -> dict[str, str]:
    """The Chinese name of each stage by its key, where Chinese is spoken and there is one; else nothing. Where several
    processes have a stage of this key, that of `process` counts, then the first by key."""
    if spoken() is not Language.CHINESE:
        return {}
    ordered = sorted(view.policies.processes(), key=lambda each: (each.key != process, each.key), reverse=True)
    return {stage.key: stage.name_zh for each in ordered for stage in each.stages if stage.name_zh}


def block_name(block: str) -> str:
    """A block of a questionnaire as people say it: the key, or the Chinese of those that KAMS ships."""
    return in_context("block", block)
