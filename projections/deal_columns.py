"""The open opportunities of a whole company in columns: where they stand, who is mapped on them, what is answered."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from domain.opportunity.buyers import BuyerRole, Support
from domain.policies.gates import Answer
from domain.policies.process_definition import ForecastCategory, Stage
from projections.answers import ANSWERS
from projections.buyers import BUYERS
from projections.customer_standing import Customers
from projections.deals import stages
from projections.finding_facts import Facts
from projections.kept_columns import Kind, Rows, kept_then, marked, place_among
from projections.kept_ids import Ids
from projections.opportunities import FUNNEL
from projections.stakeholders import STAKEHOLDERS
from projections.visit_columns import customers_of, led

if TYPE_CHECKING:
    from numpy.typing import NDArray

ROLES, SUPPORTS, CATEGORIES = (("", *kind) for kind in (BuyerRole, Support, ForecastCategory))
SAID = (Answer.YES, Answer.NO)
STATED = "case when {amount} is null then 0 when abs({amount}) < 1e12 then 1 else 2 end"
"""Whether an amount is stated; 2 says that it is too large for a column of its thousandths."""
OPEN_DEAL = Kind(
    FUNNEL,
    stream="key",
    account="account",
    where="outcome = ''",
    ids={"owner": "owner"},
    words={"process": "process", "stage": "stage", "currency": "currency", "basket": "products::text"},
    moments={"since": "since", "opened": "opened"},
    days={"close_on": "close_on"},
    numbers={
        "pushes": "pushes",
        "category": place_among(ForecastCategory, "category"),
        "amount": "case when abs(amount) < 1e12 then amount * 1000 end",
        "stated": STATED.format(amount="amount"),
    },
)
MAPPED = Kind(
    BUYERS,
    stream="opportunity",
    ids={"who": "stakeholder"},
    numbers={
        "role": place_among(BuyerRole, "role"),
        "support": place_among(Support, "support"),
    },
)
ANSWERED = Kind(
    ANSWERS,
    stream="opportunity",
    where="competitor = ''",
    words={"question": "question"},
    numbers={"answer": place_among(SAID, "answer")},
)
PRESENT = Kind(STAKEHOLDERS, stream="account", account="account", where="present", ids={"who": "stakeholder"})


class Unkept(Exception):
    """Of what is asked for the process keeps nothing: it is read from the rows."""


def then(facts: Facts, kind: Kind) -> Rows:
    """The rows of accounts that the asker may see. Raises Unkept."""
    visible = facts.view.visible_accounts() if "account" in kind.account else None
    rows = kept_then(facts.view, kind, visible)
    if rows is None:
        raise Unkept
    return rows


def persons_of(facts: Facts, ids: Ids) -> NDArray[Any]:
    """For every identifier the one person that it is; itself where it is no other."""
    return led(ids, facts.view.same_people)


class OpenDeals:
    """The open opportunities of `customers`, each at a place: `deals` has them with their `customer` and `member`, who
    should look at what is found about them. Raises Unkept."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        rows = then(facts, OPEN_DEAL)
        rows.columns["customer"] = customers_of(facts.view, rows.ids)[rows["_account"]]
        self.ids, self.customers = rows.ids, Customers(facts.view)
        self.deals = rows.where(self.customers.are_one[rows["customer"]])
        self.deals.columns["member"] = self._members()

    def __len__(self) -> int:
        return len(self.deals)

    def _members(self) -> NDArray[Any]:
        import numpy as np

        owner = self.deals["owner"]
        return np.where(owner > 0, owner, self.customers.managers[self.deals["customer"]])

    @cached_property
    def _place_of(self) -> NDArray[Any]:
        import numpy as np

        found = np.full(len(self.ids), -1, np.int64)
        found[self.deals["_stream"]] = np.arange(len(self))
        return found

    def beside(self, rows: Rows) -> Rows:
        """The rows that belong to these opportunities, each with the `place` of its own."""
        import numpy as np

        streams = rows["_stream"]
        there = streams < len(self._place_of)
        place = np.where(there, self._place_of[np.where(there, streams, 0)], -1)
        rows.columns["place"] = place
        return rows.where(place >= 0)

    @cached_property
    def buyers(self) -> Rows:
        """Who is mapped, of those who are still there; `person` is the one person that he is."""
        rows = self.beside(then(self.facts, MAPPED))
        present = then(self.facts, PRESENT)["who"]
        rows.columns["person"] = persons_of(self.facts, self.ids)[rows["who"]]
        return rows.where(marked(self.ids, present)[rows["person"]])

    def mapped(self, *of: BuyerRole | Support) -> NDArray[Any]:
        """How many are mapped on each, in these roles or with these attitudes, or all in all."""
        names, column = (ROLES, "role") if of and isinstance(of[0], BuyerRole) else (SUPPORTS, "support")
        places = [names.index(each) for each in of] or range(len(names))
        found: NDArray[Any] = self._mapped[column][:, places].sum(axis=1)
        return found

    @cached_property
    def _mapped(self) -> dict[str, NDArray[Any]]:
        """How many are mapped on each, by role and by attitude."""
        return {name: self._counted(name, len(known)) for name, known in (("role", ROLES), ("support", SUPPORTS))}

    def _counted(self, name: str, known: int) -> NDArray[Any]:
        import numpy as np

        each = self.buyers["place"] * known + self.buyers[name]
        return np.bincount(each, minlength=len(self) * known).reshape(len(self), known)

    @cached_property
    def answers(self) -> Rows:
        """Our answers that say yes or no."""
        rows = self.beside(then(self.facts, ANSWERED))
        return rows.where(rows["answer"] > 0)

    @cached_property
    def _standing(self) -> tuple[list[int], NDArray[Any]]:
        """The processes and stages at which any stands, as `_pair` numbers them, and which of them it is for each."""
        import numpy as np

        pairs, which = np.unique(
            self.deals["process"].astype(np.int64) << 32 | self.deals["stage"], return_inverse=True
        )
        return pairs.tolist(), which

    def _pair(self, process: str, stage: str) -> int:
        return self.ids.word(process) << 32 | self.ids.word(stage)

    @cached_property
    def at_stages(self) -> list[tuple[str, Stage, NDArray[Any]]]:
        """Each stage at which opportunities stand, as its process has it, with their places."""
        import numpy as np

        pairs, which = self._standing
        of = {self._pair(process, stage.key): (process, stage) for process, stage in stages(self.facts.view)}
        return [(*of[pair], np.flatnonzero(which == number)) for number, pair in enumerate(pairs) if pair in of]

    def by_stage(self, said: dict[tuple[str, str], int]) -> NDArray[Any]:
        """What is said of its process and stage, for each; 0 where nothing is."""
        import numpy as np

        pairs, which = self._standing
        of = {self._pair(process, stage): number for (process, stage), number in said.items()}
        numbers = np.array([of.get(pair, 0) for pair in pairs], np.int64)
        found: NDArray[Any] = numbers[which]
        return found
