"""How an account buys and pays in the 365 days that end with the day asked about: what adds up to each figure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from api.console import formats
from api.console.composing.asked import Asked, untold
from api.console.facts import exact
from api.console.telling import Group, Why
from api.identity import account_of
from domain.account.account import Account
from domain.errors import NotFound
from domain.language.catalogue import say
from domain.policies.calendar import day_of
from projections.buying import AccountBuying, buying_of
from projections.buying_facts import BuyingFacts, buying_facts, reporting_currency
from projections.buying_figures import YEAR, Bought, gaps, paid_within

ZERO = Decimal(0)


@dataclass(frozen=True)
class _Of:
    """The account, what is reckoned of it, and from what."""

    account: UUID
    name: str
    figures: AccountBuying
    facts: BuyingFacts
    first: date
    last: date
    currency: str


def trend(asked: Asked) -> Why:
    """Revenue against that of the same days a year before. Raises NotFound."""
    of = _of(asked)
    found = of.figures.trend
    before = _bought(of, found.before_from, found.before_to)
    said = say("from {first} to {last}", first=formats.day(found.before_from), last=formats.day(found.before_to))
    groups = [
        _revenue(of, found.revenue),
        _group(asked, say("Revenue a year before"), found.before, of.currency, _behind(before), note=said),
    ]
    title, how = say("Against the year before"), say("Revenue, divided by that of the same days a year before, less 1.")
    return _why(asked, of, title, how, formats.percent(found.change, 2), groups)


def rhythm(asked: Asked) -> Why:
    """The days from one purchase to the next, the newest first. Raises NotFound."""
    of = _of(asked)
    every = gaps(of.facts.bought, of.first)[::-1]
    shown = asked.page(every)
    groups = [
        Group(
            name=say("{first} to {last}", first=formats.day(before), last=formats.day(after)),
            said=exact(Decimal((after - before).days), "days"),
            facts=asked.events(_behind(_bought(of, after, after))),
        )
        for before, after in shown
    ]
    title, how = say("Usual time between purchases"), say("The middle one of the days from one purchase to the next.")
    middle = of.figures.rhythm.median_days
    value = exact(None if middle is None else Decimal(str(middle)), "days")
    return _why(asked, of, title, how, value, groups, count=len(every), shown=len(shown))


def wallet(asked: Asked) -> Why:
    """Our share of what it buys. Raises NotFound."""
    of = _of(asked)
    found, groups = of.figures.wallet, [_revenue(of, of.figures.wallet.revenue)]
    if of.facts.volume is not None and found.volume is not None:
        name = say("What it says that it buys in a year")
        groups.append(_group(asked, name, found.volume, of.currency, [of.facts.volume[1]], note=found.stated))
    title, how = say("Our share of what it buys"), say("Revenue, divided by what the account buys in a year.")
    return _why(asked, of, title, how, formats.percent(found.share, 2), groups)


def on_time(asked: Asked) -> Why:
    """How much of what was paid was paid by the day on which it was due. Raises NotFound."""
    of = _of(asked)
    paid = paid_within(of.facts.invoices, of.first, of.last)
    parts = [(name, [one for one, on in paid if (on <= one.due_on) is timely]) for name, timely in _punctual()]
    whole = sum((one.amount for one, _ in paid), ZERO)
    groups = [
        _group(
            asked,
            name,
            sum((one.amount for one in invoices), ZERO),
            of.currency,
            [one.position for one in invoices],
            note=say("invoices: {count}", count=len(invoices)),
            whole=whole,
        )
        for name, invoices in parts
    ]
    title, how = say("Pays on time"), say("What was paid by the day on which it was due, divided by all that was paid.")
    return _why(asked, of, title, how, formats.percent(of.figures.payments.on_time_share, 2), groups)


def _punctual() -> list[tuple[str, bool]]:
    return [(say("Paid in time"), True), (say("Paid late"), False)]


def _of(asked: Asked) -> _Of:
    call, view = asked.frame.call, asked.view
    account = account_of(call, asked.whom)
    assert account is not None
    call.doors.access.must_see(call.asker, Account, account)
    last = day_of(view.policies.company, view.clock.as_of)
    first, currency = last - timedelta(days=YEAR - 1), reporting_currency(view)
    figures = next(iter(buying_of(view, account).accounts), None)
    facts = next(iter(buying_facts(view, account, currency, first)), None)
    if figures is None or facts is None:
        raise NotFound(kind="account", key=asked.whom)
    return _Of(account, figures.name, figures, facts, first, last, currency)


def _bought(of: _Of, first: date, last: date) -> list[Bought]:
    return [each for each in of.facts.bought if first <= each.day <= last]


def _behind(bought: Iterable[Bought]) -> list[int]:
    return [position for each in bought for position in each.positions]


def _revenue(of: _Of, revenue: Decimal) -> Group:
    link = f"buying?cell=revenue&account={of.account}&from={of.first}"
    note = say("from {first} to {last}", first=formats.day(of.first), last=formats.day(of.last))
    return Group(name=say("Revenue"), said=exact(revenue, of.currency), note=note, link=link, facts=[])


def _group(
    asked: Asked,
    name: str,
    amount: Decimal,
    currency: str,
    positions: Sequence[int],
    *,
    note: str = "",
    whole: Decimal = ZERO,
) -> Group:
    share = float(amount / whole) if whole else None
    return Group(
        name=name,
        said=exact(amount, currency),
        note=note,
        share=share,
        facts=asked.events(positions),
        earlier=untold(positions),
    )


def _why(asked: Asked, of: _Of, title: str, how: str, value: str, groups: list[Group], **paged: int) -> Why:
    return asked.why(title, how, value, groups, asked=[(say("Account"), of.name)], account=of.account, **paged)
