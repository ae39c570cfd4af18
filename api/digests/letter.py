"""The digest of a member as a page, a text and a letter, in his language."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from api.digests.words import Words, all_lines, audience_words, heading
from api.names import member_names, opening
from api.process_words import process_words
from api.titles import entitle
from domain.journal.journal import Journal
from domain.language.catalogue import say
from domain.language.languages import Language, language_of, speaking, spoken
from domain.member import Member
from projections.digest import Digest, digest_of
from projections.view import View

if TYPE_CHECKING:
    from jinja2 import Template


class Letter(msgspec.Struct, frozen=True):
    """A digest as it is sent: its subject, as text, as a page; and the digest itself."""

    subject: str
    text: str
    html: str
    digest: Digest


def digest(journal: Journal, view: View, member: UUID, week: str = "") -> Digest:
    """The digest of a week in the spoken language, texts opened as the view's visibility allows, titles put in.

    Raises WeekUnknown, WeekNotBegun."""
    made = digest_of(view, member, week, opening(journal, view))
    entitle(journal, list(all_lines(made)))
    return made


def language_for(journal: Journal, member: UUID) -> Language:
    """The language in which a member is spoken to."""
    fact = journal.streams.openings([member]).get(member)
    tag = fact.event.language if fact and isinstance(fact.event, Member.Invited) else ""
    return language_of(tag) or Language.ENGLISH


def letter(journal: Journal, view: View, member: UUID, week: str = "", address: str = "") -> Letter:
    """The digest of a week in the member's language; `address` is where this system is found by people.

    Raises WeekUnknown, WeekNotBegun."""
    with speaking(language_for(journal, member)):
        made = digest(journal, view, member, week)
        names = member_names(journal, view)
        company = view.policies.company
        parts = Words(made, names, process_words(view), company.time_zone, member).parts()
        values = {
            "title": say("KAMS digest"), "heading": heading(made), "audience": audience_words(made),
            "company": company.name, "reader": names.get(member, ""), "parts": parts, "lang": spoken().value,
            "quiet": say("A quiet week: nothing is due, nothing has changed.") if made.quiet else "",
            "incomplete": "" if made.complete else say("The figures are not complete: read models lag behind."),
            "why": say(
                "You get this each week. To end it: kams command member {member} choose_digest --set wanted=false",
                member=member,
            ),
            "link": f"{address.rstrip('/')}/digest/page?member={member}&week={made.week}" if address else "",
            "more": say("Open this digest"),
        }  # fmt: skip
        subject = say("KAMS: week {week}, {count} to do", week=made.week, count=_count(made))
        html, text = (_template(name).render(**values) for name in ("digest.html", "digest.txt"))
        return Letter(subject, text, html, made)


def _count(made: Digest) -> int:
    return len(made.due) + made.not_shown.get("due", 0)


@cache
def _template(name: str) -> Template:
    from jinja2 import Environment, StrictUndefined

    source = files("api.digests").joinpath(name).read_text(encoding="utf-8")
    made = Environment(
        autoescape=name.endswith(".html"), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        keep_trailing_newline=True,
    )  # fmt: skip
    return made.from_string(source)
