"""The people at our customers, and how near each of ours stands to them."""

from datetime import date, timedelta
from random import Random

from api.demo.days import LAST_DAY, working_day
from api.demo.model import Account, Contact
from api.demo.names import GIVEN_NAMES, SURNAMES, TITLES
from api.demo.people import Staff
from api.demo.tables import Tables

LEVELS = ("vendor", "credible_source", "problem_solver", "trusted_adviser")
COVERAGES = ("none", "brief", "several_meetings", "in_depth")
ATTITUDES = ("innovator", "visionary", "pragmatist", "conservative", "laggard")
LANGUAGES = {"CN": "zh", "DE": "de", "SE": "sv", "US": "en"}
ORIENTATIONS = {"Finance": "financial", "Purchasing": "financial", "Management": "business"}

DEPARTURES = {
    "Quellmann Fördertechnik": (0, date(2024, 4, 26)),
    "昱衡精密机床有限公司": (1, date(2024, 9, 13)),
    "深屹机器人有限公司": (0, date(2025, 2, 28)),
    "京垣轨道装备有限公司": (2, date(2025, 6, 27)),
    "Brackwell Turbines": (0, date(2026, 4, 17)),
    "沪岚半导体设备有限公司": (1, date(2026, 7, 31)),
    "Fjellstrand Marine": (3, date(2025, 11, 14)),
    "珠屿医疗器械有限公司": (4, date(2026, 2, 6)),
}
"""Contacts of key accounts who leave: which of the account's people, and when."""


class Contacts:
    """Invents contacts; no name is used twice."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.used: set[str] = set()

    def settle(self, account: Account) -> None:
        """Give an account its people: four to eight for a key account, one or two for others."""
        count = self.random.randrange(4, 9) if account.key_type else self.random.randrange(1, 3)
        if account.name in DEPARTURES:
            count = max(count, DEPARTURES[account.name][0] + 1)
        offset = 0 if account.key_type else 1
        for index in range(count):
            days = 0 if index < 2 else self.random.randrange(10, 200)
            since = working_day(account.registered_on + timedelta(days))
            self._join(account, index + offset, since, self.random.gauss(0, 0.7))
        if account.name in DEPARTURES:
            index, left_on = DEPARTURES[account.name]
            account.contacts[index].left_on = left_on
            successor = working_day(left_on + timedelta(self.random.randrange(20, 70)))
            self._join(account, index, successor, self.random.gauss(-0.8, 0.4))

    def _join(self, account: Account, title_index: int, since: date, leaning: float) -> None:
        title, chinese, department, role = TITLES[title_index]
        language = LANGUAGES[account.country]
        boss = account.contacts[0].external_id if account.contacts and title_index > 0 else ""
        account.contacts.append(
            Contact(
                external_id=f"{account.external_id.replace('A', 'S')}-{len(account.contacts) + 1}",
                name=self._name(language),
                title=chinese if language == "zh" else title,
                department=department,
                reports_to=boss,
                role=role,
                language=language if language == "zh" else "en",
                profile=self._profile(department, role),
                leaning=leaning,
                since=since,
            )
        )

    def _name(self, language: str) -> str:
        while True:
            surnames = list(SURNAMES["zh"]) if language == "zh" else SURNAMES[language].split()
            surname, given = self.random.choice(surnames), self.random.choice(GIVEN_NAMES[language].split())
            name = surname + given if language == "zh" else f"{given} {surname}"
            if name not in self.used:
                self.used.add(name)
                return name

    def _profile(self, department: str, role: str) -> tuple[str, str, str]:
        attitude = self.random.choices(ATTITUDES, (1, 3, 6, 4, 1))[0]
        inside = {"approver": 8, "decision_maker": 4}.get(role, 1)
        political = self.random.choices(("inner_circle", "political_structure", "outside"), (inside, 4, 3))[0]
        return attitude, political, ORIENTATIONS.get(department, self.random.choice(("technical", "relationship")))


def describe_contacts(tables: Tables, account: Account) -> None:
    """Write the stakeholders of an account."""
    for number, contact in enumerate(account.contacts, start=1):
        slug = account.external_id.lower()
        tables.add(
            "stakeholders",
            contact.external_id,
            account.external_id,
            contact.name,
            contact.title,
            contact.department,
            contact.reports_to,
            f"p{number}@{slug}.example",
            f"+00 555 {account.external_id[2:]}{number:02}",
            contact.language,
            *contact.profile,
            contact.since,
            contact.left_on,
        )


def describe_relationships(tables: Tables, account: Account, staff: Staff, random: Random) -> None:
    """Write how near we stand to the contacts of a key account, assessed every five months or so."""
    for contact in account.contacts:
        day = working_day(contact.since + timedelta(random.randrange(30, 90)))
        known = 0
        while day <= LAST_DAY and contact.is_here(contact.since + timedelta(1), day):
            member = account.manager_on(day)
            if contact.role == "approver" and random.random() < 0.3:
                member = staff.leader_of(member)
            level = _step(4.2 * account.warmth(day) - 1.6 + 0.5 * contact.leaning + 0.12 * known, random)
            coverage = _step(3.6 * account.warmth(day) - 0.6 + 0.15 * known, random)
            desired = LEVELS[min(3, level + 1)]
            tables.add(
                "relationships",
                contact.external_id,
                member.external_id,
                LEVELS[level],
                desired,
                COVERAGES[coverage],
                day,
            )
            day, known = working_day(day + timedelta(random.randrange(110, 190))), known + 1


def _step(value: float, random: Random) -> int:
    return max(0, min(3, round(value + random.gauss(0, 0.3))))
