"""Our own people: forty members over a tree of territories; three leave and are replaced."""

from datetime import date

from api.demo.days import FIRST_DAY
from api.demo.model import Person
from api.demo.names import DIRECTORS, MAIL_DOMAIN, OFFICE, TEAMS, TERRITORIES
from api.demo.tables import Tables

REPLACEMENTS = {
    "卢浩然": ("黎梓晴", date(2024, 8, 1), date(2024, 8, 30)),
    "Till Morgenroth": ("Felix Oberholz", date(2025, 6, 2), date(2025, 6, 30)),
    "Carl Winslade": ("Owen Hathersage", date(2026, 3, 2), date(2026, 3, 31)),
}
"""Who leaves: the successor, the day the successor joins, the day of leaving."""

REGION = {key: parent for key, _, parent in TERRITORIES}


class Staff:
    """All our people, in the order of the file: who leads stands before who is led."""

    def __init__(self) -> None:
        self.people: list[Person] = []
        top = self._hire(DIRECTORS[0][0], "world", "", ["director"])
        heads = {territory: self._hire(name, territory, top, ["director"]) for name, territory in DIRECTORS[1:]}
        for territory, names in TEAMS.items():
            leader = self._hire(names[0], territory, heads[REGION[territory]], ["manager", "director"])
            for name in names[1:]:
                self._hire(name, territory, leader, ["manager"])
        for name, roles in OFFICE:
            self._hire(name, "world", top, roles.split(";"))

    def _hire(self, name: str, territory: str, leader: str, roles: list[str]) -> str:
        number = len(self.people) + 1
        joined = {successor: day for successor, day, _ in REPLACEMENTS.values()}.get(name, FIRST_DAY)
        left = REPLACEMENTS[name][2] if name in REPLACEMENTS else None
        language = "en" if name.isascii() else "zh"
        person = Person(
            f"M-{number:02}", name, f"m{number:02}@{MAIL_DOMAIN}", language, territory, leader, roles, joined, left
        )
        self.people.append(person)
        return person.external_id

    def named(self, name: str) -> Person:
        """The person of that name."""
        return next(person for person in self.people if person.name == name)

    def leader_of(self, person: Person) -> Person:
        """The team leader of a manager, the director of a team leader; the top director is his own."""
        return next((other for other in self.people if other.external_id == person.leader), person)

    def team(self, territory: str) -> list[Person]:
        """The managers of a territory, without their leader."""
        return [person for person in self.people if person.territory == territory and person.roles == ["manager"]]

    def sellers(self) -> list[Person]:
        """Everybody who may own deals: managers and team leaders."""
        return [person for person in self.people if "manager" in person.roles]

    def describe(self, tables: Tables) -> None:
        """Write the territories and the members."""
        for key, name, parent in TERRITORIES:
            tables.add("territories", key, name, parent)
        for person in self.people:
            tables.add(
                "members",
                person.name,
                person.external_id,
                person.email,
                person.language,
                person.territory,
                person.leader,
                person.roles,
                person.joined_on,
                person.left_on,
            )
