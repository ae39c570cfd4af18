"""What we and our customers do for each other, and what either side promised, pays, needs and says."""

from datetime import date, timedelta
from decimal import Decimal
from random import Random

from api.demo.catalogue import per_unit
from api.demo.days import LAST_DAY, working_day
from api.demo.model import Account, Contact
from api.demo.people import Staff
from api.demo.tables import Tables
from api.demo.visits import moment

TERMS = 45
"""Days in which an invoice is to be paid."""
NEEDS = (
    ("problem", "The line stands still each time a sensor fails", "a sensor that warns before"),
    ("goal", "Ten per cent less energy per piece", "the drives were set anew"),
    ("need", "One contact person for all plants", "the manager answers for all of them"),
    ("need", "Spare parts within two days", "a stock stands in the plant"),
    ("problem", "换型时间太长", "新方案缩短了一半"),
    ("goal", "明年产能提升两成", "新产线已经投产"),
    ("need", "需要现场培训", "培训已完成"),
)
VALUE = (
    ("training", "A day of training for the maintenance team", 12_000, "the price of a course"),
    ("technical_support", "An engineer for two days at the line", 15_000, "two days of an expert"),
    ("saving", "The settings that save energy", 60_000, "kilowatt hours of a year"),
    ("lead", "A customer who looks for such a machine", 40_000, "the margin of one machine"),
    ("executive_time", "Our director at the anniversary", 10_000, "a day of a director"),
    ("technical_support", "现场调试支持", 15_000, "两人天专家费用"),
)
OUR_PROMISES = (
    ("supply", "Forty pieces always in stock"),
    ("service", "An answer to every question within a day"),
    ("new_product_first", "The new generation first to this customer"),
    ("information", "Notice of every change of a drawing"),
    ("supply", "优先保证供货"),
)
THEIR_PROMISES = (
    ("volume", "The volume of the plan"),
    ("information", "A forecast each quarter"),
    ("price", "No tender before the year is over"),
    ("information", "每季度提供采购计划"),
)
SUBJECTS = (
    "Delivery of the next lot",
    "A question about the drawing",
    "Date of the next visit",
    "交期确认",
    "技术咨询",
)
CHANNELS = ("phone", "email", "wechat", "video", "message")
TASKS = (
    "Send the quantity table",
    "Answer the question about torque",
    "Invite to the test field",
    "发送样册",
    "跟进报价",
)
DEPARTMENTS = ("logistics", "design", "finance")
BOTH = (
    ("training", "Two days for the maintenance team", "eight people pass"),
    ("new_product_trial", "A trial of the new drive", "six weeks without a stop"),
    ("joint_promotion", "A stand together at the fair", "fifty new addresses"),
    ("event", "An open day in the plant", "thirty guests"),
)


def describe_payments(tables: Tables, accounts: list[Account], random: Random) -> None:
    """Write when the invoices of all customers were paid: later where it is cold, the newest ones not yet."""
    known = {account.external_id: account for account in accounts}
    for row in tables.rows["purchases"]:
        account, billed = known[row["account"]], date.fromisoformat(row["on"])
        if not account.key_type and random.random() < 0.6:
            continue
        due = billed + timedelta(TERMS)
        late = random.gauss(-5, 4) + max(0.0, 0.6 - account.warmth(due)) * 60 * random.random()
        paid = working_day(due + timedelta(round(late)))
        stated = (paid, paid) if billed < paid <= LAST_DAY else (None, billed)
        tables.add("payments", account.external_id, row["document_no"], Decimal(row["revenue"]), account.currency, due,
                   *stated)  # fmt: skip


def describe_dealings(tables: Tables, accounts: list[Account], staff: Staff, random: Random) -> None:
    """Write the dealings with key accounts; of other customers only their credit."""
    assessor = staff.named("苏婉清").external_id
    for account in accounts:
        if account.told:
            continue
        _credit(tables, account, assessor, random)
        if account.key_type:
            _Dealings(tables, account, staff, random).describe()


def _credit(tables: Tables, account: Account, assessor: str, random: Random) -> None:
    day = working_day(account.registered_on + timedelta(random.randrange(10, 60)))
    while day <= LAST_DAY:
        worth = 400_000 * account.weight / float(per_unit(account.currency))
        rating = random.choices("ABCDE", (4, 6, 3, 1, 0) if account.warmth(day) > 0.4 else (1, 3, 4, 2, 1))[0]
        limit = max(1, round(worth / 10_000)) * 10_000
        until = day + timedelta(365)
        tables.add("credit", account.external_id, day, rating, limit, account.currency, until, assessor, None,
                   "annual accounts and payments so far")  # fmt: skip
        day = working_day(until + timedelta(random.randrange(-20, 30)))


class _Dealings:
    """Tells one key account, year by year."""

    def __init__(self, tables: Tables, account: Account, staff: Staff, random: Random) -> None:
        self.tables, self.account, self.staff, self.random = tables, account, staff, random
        self.name, self.number = account.external_id, 0

    def describe(self) -> None:
        """Write everything of the account."""
        self._team()
        for tell, every in ((self._need, 230), (self._value, 130), (self._promise, 150), (self._task, 75),
                            (self._call, 34), (self._together, 420)):  # fmt: skip
            day = self._later(self.account.registered_on, every)
            while day <= LAST_DAY:
                here = [contact for contact in self.account.contacts if contact.is_here(day, day + timedelta(1))]
                if here and not self.account.is_quiet(day):
                    tell(day, self.random.choice(here))
                day = self._later(day, every)

    def _later(self, day: date, days: float) -> date:
        return working_day(day + timedelta(max(3, round(days * self.random.uniform(0.6, 1.4)))))

    def _id(self, letter: str) -> str:
        self.number += 1
        return f"{letter}-{self.name.removeprefix('A-')}-{self.number}"

    def _one_of(self, texts: tuple[tuple[str, ...], ...], column: int = 1) -> tuple[str, ...]:
        return self.random.choice([text for text in texts if self.account.understands(text[column])])

    def _ours(self, day: date) -> str:
        return self.account.manager_on(day).external_id

    def _end(self, day: date) -> date | None:
        return day if day <= LAST_DAY else None

    def _team(self) -> None:
        first = working_day(self.account.registered_on + timedelta(95))
        approver = next((each.external_id for each in self.account.contacts if each.is_here(first, first)), None)
        manager = self.account.manager_on(first)
        self.tables.add("team", self.name, first, manager.external_id, "sales", approver)
        if self.account.key_type == "strategic" and self.random.random() < 0.7:
            sponsor = self.staff.leader_of(self.staff.leader_of(manager)).external_id
            self.tables.add("team", self.name, first + timedelta(14), sponsor, "executive_sponsor", None)
        if self.random.random() < 0.6:
            leader = self.staff.leader_of(manager).external_id
            self.tables.add("team", self.name, first + timedelta(30), leader, "technical", None)

    def _need(self, day: date, contact: Contact) -> None:
        name, (kind, words, how) = self._id("N"), self._one_of(NEEDS)
        self.tables.add("needs", self.name, name, day, kind, words, self.random.randrange(2, 6), [contact.external_id])
        end = self._end(working_day(day + timedelta(self.random.randrange(20, 260))))
        if end and self.random.random() < 0.6 + 0.3 * self.account.warmth(day):
            self.tables.fact("account", self.name, "needs.meet", end, need_id=name, how=how)
        elif end and self.random.random() < 0.5:
            self.tables.fact("account", self.name, "needs.drop", end, need_id=name, reason="not wanted any more")

    def _value(self, day: date, contact: Contact) -> None:
        name, (kind, what, worth, reckoned) = self._id("W"), self.random.choice(
            [line for line in VALUE if self.account.understands(line[1])]
        )  # fmt: skip
        by = "customer" if self.random.random() < 0.2 else "us"
        amount = round(worth * self.random.uniform(0.6, 1.6) / float(per_unit(self.account.currency)) / 100) * 100
        cost = round(amount * self.random.uniform(0.1, 0.4)) if by == "us" else None
        self.tables.add("value_given", self.name, name, day, kind, what, by, amount, cost, self.account.currency,
                        reckoned, [self._ours(day)], [contact.external_id])  # fmt: skip
        end = self._end(working_day(day + timedelta(self.random.randrange(5, 40))))
        if end and self.random.random() < 0.35 + 0.5 * self.account.warmth(day) and contact.is_here(day, end):
            who = {"stakeholder": contact.external_id} if by == "us" else {"member": self._ours(end)}
            self.tables.fact("account", self.name, "value.acknowledge", end, value_id=name, **who)

    def _promise(self, day: date, contact: Contact) -> None:
        by = self.random.choices(("us", "customer"), (3, 2))[0]
        name, (kind, what) = self._id("C"), self._one_of(OUR_PROMISES if by == "us" else THEIR_PROMISES)
        due = working_day(day + timedelta(self.random.randrange(30, 200)))
        self.tables.add(
            "commitments", self.name, name, day, by, kind, what, due, self._ours(day), [contact.external_id]
        )
        end = working_day(due + timedelta(self.random.randrange(-20, 12)))
        kept = self.random.random() < 0.45 + 0.5 * self.account.warmth(due)
        if end <= LAST_DAY and kept:
            self.tables.fact("account", self.name, "commitments.keep", end, commitment_id=name)
        elif end <= LAST_DAY and self.random.random() < 0.75:
            reason = "the plan was changed" if by == "customer" else "another order went first"
            self.tables.fact("account", self.name, "commitments.break_off", max(end, day), commitment_id=name,
                             reason=reason)  # fmt: skip

    def _task(self, day: date, contact: Contact) -> None:
        name, inside = self._id("T"), self.random.random() < 0.2
        text = self.random.choice([text for text in TASKS if self.account.understands(text)])
        due = working_day(day + timedelta(self.random.randrange(5, 30)))
        owner = None if inside else self._ours(day)
        department = self.random.choice(DEPARTMENTS) if inside else None
        self.tables.add("action_items", self.name, name, day, text, owner, department, due, None)
        end = self._end(working_day(due + timedelta(self.random.randrange(-4, 9))))
        if end and self.random.random() < 0.93:
            self.tables.fact("account", self.name, "action_items.done", max(end, day), item_id=name)
        elif end:
            self.tables.fact("account", self.name, "action_items.drop", max(end, day), item_id=name,
                             reason="the question was settled otherwise")  # fmt: skip

    def _call(self, day: date, contact: Contact) -> None:
        at = moment(self.account, day, self.random.randrange(9, 17), self.random.choice((5, 20, 40)))
        subject = self.random.choice([text for text in SUBJECTS if self.account.understands(text)])
        channel = self.random.choices(CHANNELS, (6, 5, 3 if self.account.country == "CN" else 0, 1, 1))[0]
        direction = self.random.choice(("in", "out", "out"))
        self.tables.add("contact_log", self.name, self._id("L"), at, channel, direction, [self._ours(day)],
                        [contact.external_id], subject)  # fmt: skip

    def _together(self, day: date, contact: Contact) -> None:
        name, (kind, title, aim) = self._id("J"), self._one_of(BOTH)
        start, end = (working_day(day + timedelta(days)) for days in (21, 60))
        self.tables.fact(
            "account", self.name, "joint_activities.propose", day, activity_id=name, kind=kind, title=title, aim=aim,
            stakeholders=[contact.external_id], people=[self._ours(day)], start_on=start, end_on=end,
        )  # fmt: skip
        if start <= LAST_DAY and self.random.random() < 0.8:
            self.tables.fact("account", self.name, "joint_activities.start", start, activity_id=name)
            if end <= LAST_DAY:
                met = self.random.choices(("yes", "partly", "no"), (6, 3, 1))[0]
                self.tables.fact("account", self.name, "joint_activities.conclude", end, activity_id=name,
                                 result="as hoped for" if met == "yes" else "less than hoped for", aim_met=met,
                                 attendance=self.random.randrange(6, 40))  # fmt: skip
