"""What stands in a stage column: a stage of the opportunity's process, or how it ended."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from api.importing.desk import Desk
from api.importing.refusals import Fault
from api.importing.values import plain, words
from domain.language.catalogue import say
from domain.opportunity.opportunity import Opportunity
from domain.opportunity.outcome import Outcome
from domain.policies.policy import policy_id
from domain.policies.sales_process import SalesProcess
from domain.policies.shipped_processes import DEFAULT_PROCESS

ENDINGS = words(
    won="赢单 成交 已成交 中标 closed_won",
    lost="输单 丢单 失败 closed_lost",
    disqualified="取消 放弃 无效 不合格 abandoned",
)
ENDED = frozenset(outcome.value for outcome in Outcome)
IMPORTED = "imported"


class Pipelines:
    """The processes of the import's opportunities, and their stages by key and name."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._stages: dict[str, dict[str, str]] = {}
        self._of_rows = {row.external_id: row.process for row in desk.content.of("opportunities")}
        self._of_deals: dict[UUID, str] = {}

    def of_deal(self, external_id: str, deal: UUID) -> str:
        """The key of an opportunity's process: as recorded, as its row says, as the mapping says, or the default."""
        key = self._of_deals.get(deal)
        if key is None:
            history = self._desk.world.histories.get(deal, ())
            recorded = next((f.event.process for f in history if isinstance(f.event, Opportunity.Opened)), None)
            key = recorded or self._stated(self._of_rows.get(external_id))
            self._of_deals[deal] = key
        return key

    def _stated(self, process: str | None) -> str:
        mapped = self._desk.mapping.process
        return process or (mapped.key if mapped else DEFAULT_PROCESS)

    def see_that_it_exists(self, column: str, process: str) -> None:
        """A fault of the row in hand where a process was never defined."""
        if not self.stages(process):
            remedy = "Define it first: kams policy set, or [process] in a mapping."
            self._desk.fault(
                column, process, Fault(say("there is no sales process {process}", process=process), remedy)
            )

    def stages(self, process: str) -> dict[str, str]:
        """The keys of a process's stages by every spelling."""
        found = self._stages.get(process)
        if found is None:
            mapped = self._desk.mapping.process
            newest = self._desk.world.newest(SalesProcess, policy_id("SalesProcess", process))
            stages: Any = newest.stages
            if mapped and mapped.key == process and not newest.edition:
                stages = mapped.stages
            found = self._stages[process] = _spellings(stages)
        return found

    def read(self, column: str, process: str, text: str) -> str:
        """The key of a stage, or an outcome; a fault of the row in hand where it is neither."""
        stages = self.stages(process)
        if text in stages:
            return stages[text]
        spelling = plain(text)
        found = stages.get(spelling) or ENDINGS.get(spelling)
        if found is None:
            known = ", ".join([*dict.fromkeys(stages.values()), *Outcome])
            reason = say("the process {process} has no stage {text}", process=process, text=text)
            self._desk.fault(
                column, text, Fault(reason, say("Use one of: {known}; or translate it in a mapping.", known=known))
            )
        return found or ""


def _spellings(stages: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for stage in stages:
        for spelling in (stage.key, stage.name, getattr(stage, "name_zh", "")):
            if spelling:
                found.setdefault(plain(spelling), stage.key)
                found.setdefault(spelling, stage.key)
    return found
