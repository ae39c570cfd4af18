"""The table of contents of lists that give one command a row. A number is stored with every fact, for ever."""

from __future__ import annotations

from api.importing.kinds.commands import CommandKind, listed
from domain.account.account import Account

LISTS: tuple[CommandKind, ...] = (
    listed(20, "payments", Account, "payments.add", ("付款", "付款记录", "invoices", "发票")),
    listed(21, "credit", Account, "credit.assess", ("信用", "信用调查", "credit_ratings")),
    listed(22, "contact_log", Account, "contacts.log", ("联系记录", "沟通记录", "calls"), identifier="contact_id"),
)
