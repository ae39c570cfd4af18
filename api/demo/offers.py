"""Quotes and what became of them, concessions, and what was delivered after winning."""

from datetime import date, timedelta
from decimal import Decimal
from random import Random

from api.demo.catalogue import PRODUCTS
from api.demo.contests import somewhere
from api.demo.days import LAST_DAY, working_day
from api.demo.model import Contact, Deal
from api.demo.tables import Tables, money

SHARE_QUOTED = {True: 0.5, False: 0.3}
REQUIREMENTS = ("drawings", "volume", "technical", "use", "samples")
ASKED = (
    ("Three per cent less", "Two per cent less", "Payment within 30 days"),
    ("Free delivery", "Free delivery above ten pieces", "One order a month instead of four"),
    ("再降3%", "降2%", "增加年度采购量"),
    ("A longer warranty", "Six months more", None),
    ("免费培训", "两天培训", None),
)
"""What was asked, what we gave, what we received."""
DECLINED = ("the price", "the delivery time", "another offer was taken", "选择了其他供应商")
LATE_REASONS = ("a supplier of ours was late", "the test had to be repeated", "供应商延期")


def describe_offers(tables: Tables, deals: list[Deal], random: Random) -> None:
    """Write quotes for a part of the deals that came to be ours, and deliveries for a part of those that were won."""
    for deal in deals:
        entered = deal.entered("winnable")
        if deal.account.told or entered is None:
            continue
        if random.random() < SHARE_QUOTED[bool(deal.account.key_type)]:
            _Offer(tables, deal, random).make(entered)
        if deal.outcome == "won" and deal.account.key_type and random.random() < 0.45:
            _deliver(tables, deal, random)


class _Offer:
    def __init__(self, tables: Tables, deal: Deal, random: Random) -> None:
        self.tables, self.deal, self.random = tables, deal, random
        self.number = f"Q-{deal.external_id.removeprefix('O-')}"
        self.day = deal.opened_on

    def make(self, entered: date) -> None:
        """Issue, now and then revise, follow up, and end it with the deal."""
        amount = self._amount()
        valid_until = self._next(entered, 10)
        if valid_until is None:
            return
        until = self.day + timedelta(self.random.choice((45, 60, 90)))
        follow_up = self.day + timedelta(self.random.randrange(7, 21)) if self.random.random() < 0.85 else None
        self._give("issue", currency=self.deal.account.currency, lines=self._lines(amount), valid_until=until,
                   follow_up_on=follow_up, requirements=sorted(self.random.sample(REQUIREMENTS, 3)))  # fmt: skip
        if follow_up and self.random.random() < 0.8 and self._next(follow_up, 6):
            self._give("follow_up", answer="they compare", follow_up_on=self.day + timedelta(14))
        if self.random.random() < 0.35 and self._next(self.day + timedelta(2), 15):
            until = max(until, self.day + timedelta(45))
            self._give("revise", lines=self._lines(amount * 97 / 100), valid_until=until, reason="after the talks",
                       follow_up_on=self.day + timedelta(14))  # fmt: skip
            if self.random.random() < 0.5:
                self._concede(amount)
        self._end(until)

    def _next(self, first: date, span: int) -> date | None:
        found = somewhere(self.deal, max(first, self.day), span, self.random)
        if found:
            self.day = found
        return found

    def _give(self, verb: str, **values: object) -> None:
        self.tables.fact(
            "opportunity", self.deal.external_id, f"quotes.{verb}", self.day, quote_no=self.number, **values
        )

    def _amount(self) -> Decimal:
        return [change.amount for change in self.deal.changes if change.amount is not None][-1]

    def _lines(self, amount: Decimal) -> list[dict[str, str]]:
        price = next(product.price for product in PRODUCTS if product.key == self.deal.product)
        quantity = max(1, round(float(amount) / price))
        unit = (amount / quantity).quantize(Decimal("0.01"))
        return [{"product": self.deal.product, "quantity": str(quantity), "unit_price": str(unit)}]

    def _concede(self, amount: Decimal) -> None:
        known = [texts for texts in ASKED if self.deal.account.understands(texts[0])]
        asked, given, received = self.random.choice(known)
        currency = self.deal.account.currency
        self.tables.fact(
            "opportunity", self.deal.external_id, "concessions.make", self.day, asked=asked, given=given,
            received=received, worth=money((amount * 2 / 100).quantize(Decimal("0.01")), currency),
            return_worth=money((amount / 100).quantize(Decimal("0.01")), currency) if received else None,
        )  # fmt: skip

    def _end(self, until: date) -> None:
        """Accepted just before the win while it holds, declined before a loss; else it stays open and expires."""
        if not self.deal.closed_on:
            return
        self.day = self.deal.last_open_day
        if self.deal.outcome == "won" and self.day <= until:
            self._give("accept")
        elif self.deal.outcome == "lost" and self.random.random() < 0.8:
            texts = [text for text in DECLINED if self.deal.account.understands(text)]
            self._give("decline", reason=self.random.choice(texts))


def _deliver(tables: Tables, deal: Deal, random: Random) -> None:
    won = deal.closed_on
    assert won is not None
    name = deal.external_id
    due = working_day(won + timedelta(random.randrange(25, 80)))
    tables.fact("opportunity", name, "delivery.plan", won, milestone="first-lot", due=due, what="the first lot")
    done = working_day(due + timedelta(random.choice((-9, -4, -2, 0, 0, 0, 6, 15))))
    if due < done and due + timedelta(1) <= LAST_DAY:
        texts = [text for text in LATE_REASONS if deal.account.understands(text)]
        missed = min(working_day(due + timedelta(1)), done)
        if missed <= LAST_DAY:
            tables.fact(
                "opportunity", name, "delivery.miss", missed, milestone="first-lot", reason=random.choice(texts)
            )
    if won < done <= LAST_DAY:
        tables.fact("opportunity", name, "delivery.reach", done, milestone="first-lot")
        _accept(tables, deal, working_day(done + timedelta(random.randrange(2, 12))))


def _accept(tables: Tables, deal: Deal, day: date) -> None:
    here: list[Contact] = [contact for contact in deal.account.contacts if contact.is_here(day, day)]
    if here and day <= LAST_DAY:
        tables.fact("opportunity", deal.external_id, "delivery.accept", day, stakeholder=here[-1].external_id)
