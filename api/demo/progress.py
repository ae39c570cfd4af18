"""How one deal goes on: its stages forward and back, pushed close dates, revised amounts, owners who change."""

from datetime import date, timedelta
from decimal import Decimal
from random import Random

from api.demo.catalogue import PRODUCTS, per_unit
from api.demo.days import LAST_DAY, last_working_day, quarter_end, working_day, working_day_after
from api.demo.model import STAGES, Change, Deal
from api.demo.people import Staff

SHARES = (0.30, 0.25, 0.20, 0.15, 0.10)
"""Share of a won deal's time that each stage takes."""
GOES_BACK = 0.09
NEVER_PUSHED = 0.3
PATIENCE = timedelta(500)
"""How long an owner goes on pushing the date of a deal that nobody closes."""
PUSH_REASONS = ("the customer's budget round was moved", "samples still in test", "approver not available", "预算推迟")
BACK_REASONS = ("the requirement was reopened", "a new decision maker asked for another comparison", "需求变更")
AMOUNT_REASONS = ("volume revised by the customer", "options added", "scope cut to the first line")


class History:
    """Tells one deal day by day into ``deal.changes``; what lies beyond the last day is left out.

    ``closing`` is the day on which the deal would end, None for one that nobody closes; the day on which it really
    ended is ``closed_on`` afterwards.
    """

    def __init__(self, deal: Deal, staff: Staff, random: Random, closing: date | None, depth: int) -> None:
        self.deal, self.staff, self.random, self.depth = deal, staff, random, depth
        self.end = closing or LAST_DAY + timedelta(1)
        self.pace = (self.end - deal.opened_on).days if closing else random.randrange(60, 200)
        self.is_forgotten = closing is None and random.random() < NEVER_PUSHED
        self.by_day: dict[date, Change] = {}
        self.amount = self._first_amount()
        self.closed_on = self.end

    def tell(self, signs: bool) -> None:
        """Fill in the changes and find the closing day; ``signs`` says whether the deal goes all the way to a win."""
        expected = self._open()
        last = self._walk(signs)
        self.closed_on = max(self.end, working_day_after(last))
        self._push(expected, self.closed_on)
        if self.random.random() < 0.3:
            self._revise()
        self._change_owner()
        limit = min(LAST_DAY + timedelta(1), self.closed_on)
        self.deal.changes = [change for day, change in sorted(self.by_day.items()) if day < limit]
        self.amount = [change.amount for change in self.deal.changes if change.amount is not None][-1]

    def rounded(self, amount: float) -> Decimal:
        """A plausible amount: whole tens of the deal's currency."""
        return Decimal(max(1, round(amount / 10)) * 10).quantize(Decimal("0.01"))

    def _one_of(self, reasons: tuple[str, ...]) -> str:
        return self.random.choice([text for text in reasons if self.deal.account.understands(text)])

    def _on(self, day: date) -> Change:
        return self.by_day.setdefault(day, Change(day))

    def _first_amount(self) -> Decimal:
        price = next(product.price for product in PRODUCTS if product.key == self.deal.product)
        scale = self.random.lognormvariate(11.9, 0.75) * (1.9 if self.deal.account.key_type else 1.0)
        quantity = max(1, round(scale / price))
        return self.rounded(quantity * price / float(per_unit(self.deal.account.currency)))

    def _open(self) -> date:
        deal = self.deal
        expected = deal.opened_on + timedelta(max(10, round(self.random.gauss(62, 22))))
        if self.random.random() < 0.45:
            expected = quarter_end(expected)
        expected = max(last_working_day(expected), working_day_after(deal.opened_on))
        manager = deal.account.manager_on(deal.opened_on)
        owner = self.staff.leader_of(manager) if self.random.random() < 0.08 else manager
        self.by_day[deal.opened_on] = Change(
            deal.opened_on, STAGES[0], self.amount, expected, "pipeline", owner.external_id
        )
        return expected

    def _walk(self, signs: bool) -> date:
        """Through the stages, now and then one back; returns the day of the last move."""
        day = self.deal.opened_on
        total = sum(SHARES[: self.depth])
        backs = self.random.randrange(1, self.depth) if self.depth > 1 and self.random.random() < GOES_BACK else 0
        for index in range(1, self.depth):
            share = SHARES[index - 1] / total * self.random.uniform(0.6, 1.3)
            day = self._move(day, self.pace * share * 0.93, STAGES[index])
            if index == backs:
                day = self._move(day, self.pace * 0.12, STAGES[index - 1])
                self._on(day).reason = self._one_of(BACK_REASONS)
                day = self._move(day, self.pace * 0.12, STAGES[index])
            self._judge(day, STAGES[index], signs)
        return day

    def _move(self, day: date, days: float, stage: str) -> date:
        day = max(working_day(day + timedelta(round(days))), working_day_after(day))
        self._on(day).stage = stage
        return day

    def _judge(self, day: date, stage: str, signs: bool) -> None:
        """The owner's forecast category: a person's opinion, right more often than not."""
        if stage == "winnable" and self.random.random() < 0.6:
            self._on(day).category = "best_case"
        if stage == "negotiation" and self.random.random() < (0.75 if signs else 0.45):
            self._on(day).category = "commit"

    def _push(self, expected: date, closed_on: date) -> None:
        given_up = min(closed_on, LAST_DAY, self.deal.opened_on + PATIENCE)
        while expected < given_up and not self.is_forgotten:
            late = self.random.randrange(-9, 4)
            day = max(working_day(expected + timedelta(late)), working_day_after(self.deal.opened_on))
            later = max(day, expected) + timedelta(self.random.randrange(14, 60))
            if self.random.random() < 0.4:
                later = quarter_end(later)
            expected = last_working_day(later)
            change = self._on(day)
            change.close_on, change.reason = expected, change.reason or self._one_of(PUSH_REASONS)

    def _revise(self) -> None:
        span = (min(self.closed_on, self.deal.opened_on + timedelta(300)) - self.deal.opened_on).days
        day = working_day(self.deal.opened_on + timedelta(self.random.randrange(1, max(2, span))))
        change = self._on(day)
        change.amount = self.rounded(float(self.amount) * self.random.uniform(0.75, 1.35))
        change.reason = change.reason or self._one_of(AMOUNT_REASONS)

    def _change_owner(self) -> None:
        first = self.by_day[self.deal.opened_on].owner
        for assignment in self.deal.account.managers[1:]:
            if assignment.effective_on > self.deal.opened_on and first != self._leader():
                change = self._on(assignment.effective_on)
                change.owner, change.reason = assignment.manager.external_id, assignment.reason

    def _leader(self) -> str:
        return self.staff.leader_of(self.deal.account.managers[0].manager).external_id
