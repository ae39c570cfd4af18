"""What is said in which language: `terms.toml` holds every term in both, the others the Chinese of what the code says.

The English of a refusal is its docstring and the English of a sentence is its template in the code; both are looked
up in Chinese by name and by template. A test sees that nothing is missing.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

from domain.language.languages import Language, spoken


class Term(NamedTuple):
    """A term of the domain in both languages."""

    english: str
    chinese: str

    def __str__(self) -> str:
        return self.chinese if spoken() is Language.CHINESE else self.english


def say(template: str, /, **values: Any) -> str:
    """A sentence in the spoken language. `template` is its English with the values' names in braces, written out
    where it is said; a sentence without a translation is said in English."""
    if spoken() is Language.CHINESE:
        template = _sentences().get(template, template)
    return template.format(**values) if values else template


def template_of(refusal: str, english: str) -> str:
    """The template of a refusal, by the name of its class, in the spoken language."""
    return _refusals().get(refusal, english) if spoken() is Language.CHINESE else english


@cache
def terms(section: str) -> dict[str, Term]:
    """The terms of a section (`events`, `fields`, or the name of an enumeration) by key."""
    return {key: Term(english, chinese) for key, (english, chinese) in _file("terms.toml").get(section, {}).items()}


def term(section: str, key: str) -> str:
    """A value of an enumeration as people say it; the key itself where it is none of the domain's."""
    found = terms(section).get(key)
    return str(found) if found else key


def event_words(topic: str) -> str:
    """What a stored event name says: `Account.VisitLogged` is "visit logged"."""
    return term("events", topic)


def field_words(name: str) -> str:
    """What the name of a field says."""
    found = terms("fields").get(name)
    return str(found) if found else name.replace("_", " ")


@cache
def _sentences() -> dict[str, str]:
    return dict(_file("sentences.zh.toml").get("sentences", {}))


@cache
def _refusals() -> dict[str, str]:
    return dict(_file("refusals.zh.toml").get("refusals", {}))


@cache
def _file(name: str) -> dict[str, Any]:
    return tomllib.loads(resources.files("domain.language").joinpath(name).read_text(encoding="utf-8"))
