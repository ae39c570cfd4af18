"""The balance (双方付出) of what both sides give and promise each other, per account, as of any moment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from uuid import UUID

from domain.errors import NotFound
from projections.accounts import ACCOUNTS
from projections.balance_answer import AccountBalance, BalanceAnswer, empty_balance
from projections.balance_facts import MODELS, Fact, bought, facts_of
from projections.balance_reckoning import Reckoning
from projections.engine import as_of_sql
from projections.view import View


def balance(view: View, account: UUID | None = None, *, since: date | None = None) -> BalanceAnswer:
    """What both sides gave and promised each other: of all accounts that the asker may see and that have any of it, or
    of one, also where it has none. Accounts that were merged stand with the one that goes on.

    With `since` only what happened from that day on counts; what is open or overdue is so as of the view's moment.
    Raises NotFound for an account that is not there or not to be seen.
    """
    accounts = accounts_of(view, account)
    balances, reckoning = Balances(view, accounts), Reckoning(view, since)
    if account is not None:
        balances.of(account)
    for fact in _facts(view, accounts, reckoning):
        reckoning.take(balances.of(fact.account), fact)
    found = sorted(balances.found.values(), key=lambda each: (each.name, each.account))
    return BalanceAnswer(**view.head(), since=since, missing_rates=reckoning.reporting.missing_rates, accounts=found)


def _facts(view: View, accounts: list[UUID] | None, reckoning: Reckoning) -> Iterator[Fact]:
    for kind in MODELS:
        yield from facts_of(view, kind, accounts)
    yield from bought(view, accounts, reckoning.start)


def accounts_of(view: View, account: UUID | None) -> list[UUID] | None:
    """The accounts that a question about one, or about all (None), is about, as far as the asker may see them."""
    visible = view.visible_accounts()
    if account is None:
        return visible
    customer = view.together(view.leads_to(account))
    return customer if visible is None else [each for each in customer if each in visible]


class Balances:
    """The balances that were begun, by the account that goes on."""

    def __init__(self, view: View, accounts: list[UUID] | None) -> None:
        self._view = view
        where = "key = any(%(accounts)s)" if accounts is not None else ""
        sql = as_of_sql(ACCOUNTS, "key, external_id, name", where)
        rows = view.connection.execute(sql.encode(), view.parameters(accounts=accounts))
        self._names = {key: (external_id, name) for key, external_id, name in rows}
        self.found: dict[UUID, AccountBalance] = {}

    def of(self, account: UUID) -> AccountBalance:
        """The balance with which an account stands. Raises NotFound."""
        goes_on = self._view.leads_to(account)
        one = goes_on if goes_on in self._names else account
        if one not in self._names:
            raise NotFound(kind="account", key=account)
        if one not in self.found:
            self.found[one] = empty_balance(one, *self._names[one], self._view.money(Decimal(0)))
        return self.found[one]
