"""What rules of thumb are counted by, of many customers: the open opportunities in columns, and what is asked of them.

Beside a rule, which says of each for whom it holds why it does, `deal_counts` and `customer_counts` say how often it
holds and for which customers. What is shown is then made by the rule itself, of the few customers that it is about.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from domain.policies.gates import Answer, least_for_us
from domain.policies.process_definition import ForecastCategory, Stage
from domain.policies.sales_process import SalesProcess
from projections.deal_columns import CATEGORIES, SAID, OpenDeals, then
from projections.finding_facts import LATE, Facts
from projections.kept_columns import Kind, Rows, day_number, marked
from projections.meeting_columns import Meetings
from projections.objective_columns import OpenPlans
from projections.visit_columns import customers_of, once

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Tally(NamedTuple):
    """Whom a rule holds for: for each time the customer, and who should look at it, as identifiers."""

    customers: NDArray[Any]
    members: NDArray[Any]


class Counted:
    """Counts rules as of a view's clocks, of the customers that the asker may see. Raises Unkept."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.open = OpenDeals(facts)
        self.customers = self.open.customers
        self.meetings, self.plans = Meetings(facts), OpenPlans(facts, self.customers.codes)
        self._by_question: dict[str, NDArray[Any]] = {}

    @cached_property
    def today(self) -> int:
        """The day, as columns have it."""
        return day_number(self.facts.today)

    @property
    def keys(self) -> Rows:
        """The customers with key status (`Customers.keys`)."""
        return self.customers.keys

    def of_customers(self, kind: Kind) -> Rows:
        """Rows of accounts, each with its `customer`."""
        rows = then(self.facts, kind)
        rows.columns["customer"] = customers_of(self.facts.view, rows.ids)[rows["_account"]]
        return rows.where(marked(rows.ids, self.customers.codes)[rows["customer"]])

    def once(self, kind: Kind) -> Rows:
        """Rows of accounts with an `item`, but for those that go on under another identifier since a merge."""
        return once(self.facts.view, self.of_customers(kind), "item")

    def beside_deals(self, kind: Kind) -> Rows:
        """Rows of open opportunities, each with the `customer` of its opportunity."""
        rows = self.open.beside(then(self.facts, kind))
        rows.columns["customer"] = self.open.deals["customer"][rows["place"]]
        return rows

    def of_places(self, places: NDArray[Any]) -> Tally:
        """Opportunities at places, or by a mask."""
        return Tally(self.open.deals["customer"][places], self.open.deals["member"][places])

    def of_codes(self, codes: NDArray[Any]) -> Tally:
        """Some customers by their numbers."""
        return Tally(codes, self.customers.managers[codes])

    @cached_property
    def is_late(self) -> NDArray[Any]:
        """Which stand in a late stage."""
        import numpy as np

        found = np.zeros(len(self.open), np.bool_)
        for _, stage, places in self.open.at_stages:
            found[places] = stage.probability >= LATE
        return found

    @cached_property
    def is_commit(self) -> NDArray[Any]:
        """Which a forecast counts on."""
        import numpy as np

        stated, by_stage = self.open.deals["category"], np.zeros(len(self.open), np.bool_)
        for _, stage, places in self.open.at_stages:
            by_stage[places] = stage.category is ForecastCategory.COMMIT
        return np.where(stated > 0, stated == CATEGORIES.index(ForecastCategory.COMMIT), by_stage)

    def unmet(self, process: SalesProcess, stage: Stage, places: NDArray[Any]) -> NDArray[Any]:
        """Which of the opportunities at a stage, of those that a forecast counts on, do not meet all gates up to it."""
        import numpy as np

        found = np.zeros(len(places), np.bool_)
        for passed in process.stages[: process.place(stage.key) + 1]:
            if gate := passed.gate:
                asked = [each for each in process.questionnaire if each.block == gate.block]
                ours = sum((self._speaks(each.key, each.against, places) for each in asked), np.zeros(len(places)))
                found |= ours < least_for_us(gate.share, len(asked))
                for each in process.questionnaire:
                    if each.key in gate.mandatory:
                        found |= ~self._speaks(each.key, each.against, places)
        return found

    def _speaks(self, question: str, against: bool, places: NDArray[Any]) -> NDArray[Any]:
        """Of which opportunities the answer to a question speaks for us."""
        answer = SAID.index(Answer.NO if against else Answer.YES) + 1
        said: NDArray[Any] = self._answered(question)[places] == answer
        return said

    def _answered(self, question: str) -> NDArray[Any]:
        import numpy as np

        if question not in self._by_question:
            rows = self._answers
            asked = np.flatnonzero(rows["question"] == self.open.ids.word(question))
            found = np.zeros(len(self.open), np.int64)
            found[rows["place"][asked]] = rows["answer"][asked]
            self._by_question[question] = found
        return self._by_question[question]

    @cached_property
    def _answers(self) -> Rows:
        """The answers about what a forecast counts on."""
        rows = self.open.answers
        return rows.where(self.is_commit[rows["place"]])
