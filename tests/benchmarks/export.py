"""A seeded export of a CRM as CSV files: deals with their history, answers with evidence, visits with notes."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path

ON = date(2025, 12, 31)
START = date(2023, 1, 2)
STAGES = ("potential", "confirmed", "ours", "winnable", "negotiation")
ENDS = ("won", "lost", "lost", "disqualified", "", "")
PER_DEAL = 8.1
"""About how many events become of a deal, its answers and its visits."""

DEALS = (
    "external_id,account,title,product,amount,currency,owner,stage,opened_on,close_on,closed_on,signed_amount,reason"
)
HISTORY = "opportunity,at,stage,amount,close_on,owner,reason"
ANSWERS = "opportunity,question,answer,evidence,on"
VISITS = (
    "external_id,account,start,status,minutes,what,why,purpose,our_people,stakeholders,opportunities,outcome,next_step"
)
REASONS = ("price", "no budget", "the incumbent stayed", "delivery time", "")
NOTES = ("met the plant manager", "saw the line", "sample accepted", "waits for the budget round", "asks for a trial")


def write(folder: Path, events: int, seed: int = 5) -> None:
    """Files from which about so many events become."""
    chance = random.Random(seed)
    count = max(int(events / PER_DEAL), 10)
    accounts, members, people = count // 20 + 1, 60, count // 10 + 1
    _file(folder, "products", "key,name,price,currency", (f"P-{n},Servo {n},{900 + n},EUR" for n in range(12)))
    _file(folder, "members", "external_id,name,roles", (f"M-{n},Anna Berg {n},manager" for n in range(members)))
    _file(
        folder,
        "accounts",
        "external_id,name,industry,country,currency,headcount",
        (f"A-{n},Werk {n} GmbH,{('steel', 'wind', 'rail')[n % 3]},DE,EUR,{50 + n}" for n in range(accounts)),
    )
    holders = (f"S-{n},A-{n % accounts},Carl Lind {n},buyer,2022-12-01" for n in range(people))
    _file(folder, "stakeholders", "external_id,account,name,title,since", holders)
    deals = [_Deal(number, accounts, members, chance) for number in range(count)]
    _file(folder, "opportunities", DEALS, (deal.row() for deal in deals))
    _file(folder, "stage_history", HISTORY, (row for deal in deals for row in deal.history))
    _file(folder, "answers", ANSWERS, (row for deal in deals for row in deal.answers()))
    _file(folder, "visits", VISITS, (row for deal in deals for row in deal.visits(people)))


class _Deal:
    def __init__(self, number: int, accounts: int, members: int, chance: random.Random) -> None:
        self.number, self._chance = number, chance
        self._account, self._accounts = chance.randrange(accounts), accounts
        self._owner, self._product = chance.randrange(members), chance.randrange(12)
        self._amount, self._close_on = chance.randrange(5_000, 900_000), date.min
        self._day = self._opened = START + timedelta(days=chance.randrange(800))
        self._close_on = self._opened + timedelta(days=120)
        self._stage = STAGES[0]
        self.history = list(self._lived())

    def _lived(self) -> Iterator[str]:
        """Mostly forward, now and then back; on the way other amounts and later days."""
        yield self._said(f"{self._stage},{self._amount},{self._close_on},M-{self._owner},")
        for place in range(1, self._chance.randrange(2, 6)):
            self._day += timedelta(days=self._chance.randrange(3, 50))
            self._stage = STAGES[place]
            yield self._said(f"{self._stage},,,,")
            what = self._chance.random()
            if what < 0.45:
                self._amount = self._amount * self._chance.randrange(80, 120) // 100
                yield self._said(f",{self._amount},,,another volume", self._chance.randrange(1, 3))
            if what > 0.6:
                self._close_on += timedelta(days=self._chance.randrange(10, 60))
                yield self._said(f",,{self._close_on},,", 1)
            if what > 0.95:
                self._owner = (self._owner + 1) % 60
                yield self._said(f",,,M-{self._owner},", 1)
        self._end = self._chance.choice(ENDS)
        if self._end:
            yield self._said(f"{self._end},,,,{self._chance.choice(REASONS)}", 5)

    def _said(self, what: str, later: int = 0) -> str:
        self._day += timedelta(days=later)
        return f"O-{self.number},{self._day},{what}"

    def row(self) -> str:
        """The deal as it stands on the export's day."""
        closed, signed = (self._day if self._end else ""), (self._amount if self._end == "won" else "")
        stands = f"{self._end or self._stage},{self._opened},{self._close_on},{closed},{signed},"
        who = f"O-{self.number},A-{self._account},Line {self.number},P-{self._product}"
        return f"{who},{self._amount},EUR,M-{self._owner},{stands}"

    def answers(self) -> Iterator[str]:
        """One in most deals, with what it rests on in every third."""
        if self.number % 10 < 8:
            evidence = self._chance.choice(NOTES) if self.number % 3 == 0 else ""
            yield f"O-{self.number},{self.number % 20 + 1},yes,{evidence},{self._opened}"

    def visits(self, people: int) -> Iterator[str]:
        """One in every second deal, with notes."""
        if self.number % 2 == 0:
            met = self._account + self._accounts * (self.number % 2)
            who = f"M-{self._owner},{f'S-{met}' if met < people else ''},O-{self.number}"
            start = f"{self._opened}T{9 + self.number % 8:02}:30:00"
            what = f"logged,60,sales_call,a look at the line,information,{who}"
            yield f"V-{self.number},A-{self._account},{start},{what},{self._chance.choice(NOTES)},an offer"


def _file(folder: Path, kind: str, header: str, rows: Iterable[str]) -> None:
    with (folder / f"{kind}.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerow(header.split(","))
        file.writelines(f"{row}\r\n" for row in rows)
