"""What is said in which language: `terms.toml` holds every term in both, the others the Chinese of what the code says.

The English of a refusal is its docstring and the English of a sentence is its template in the code; both are looked
up in Chinese by name and by template. A test sees that nothing is missing.
"""

from __future__ import annotations

import enum
import re
import tomllib
from collections.abc import Mapping
from functools import cache, partial
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any, NamedTuple

from domain.language.days import as_said
from domain.language.languages import Language, spoken

NAMING = ("field", "kind", "what")
"""Details of refusals that name a field or an aggregate, in words."""


AS_STATED = ("key", "value", "id", "parameter", "name", "text")
"""Details that repeat what somebody stated."""


_BY_COUNT, _NAMED, _MARKUP = re.compile(r"\[([^\[\]|]*)\|([^\[\]|]*)\]"), re.compile(r"\{(\w+)"), re.compile(r"<[^>]*>")


class Term(NamedTuple):
    """A term of the domain in both languages, and its symbol, where it has one."""

    english: str
    chinese: str
    symbol: str = ""

    def __str__(self) -> str:
        return self.chinese if spoken() is Language.CHINESE else self.english


def say(template: str, /, **values: Any) -> str:
    """A sentence in the spoken language. `template` is its English with the values' names in braces, written out
    where it is said; a sentence without a translation is said in English. `{days} [day|days]` says the first word
    where there is one, else the second."""
    template = worded(template, values)
    if not values:
        return template
    return template.format(
        **{name: as_said(value) if f"{{{name}}}" in template else value for name, value in values.items()}
    )


def worded(template: str, values: Mapping[str, Any]) -> str:
    """A template in the spoken language, its nouns by how many there are."""
    if spoken() is Language.CHINESE:
        return _sentences().get(template, template)
    return template if "[" not in template else _BY_COUNT.sub(partial(_by_count, values), template)


def _by_count(values: Mapping[str, Any], found: re.Match[str]) -> str:
    """The word for how many the number next before it says."""
    before = (
        _MARKUP.sub("", str(values.get(name, ""))) for name in _NAMED.findall(found.string[: found.start()])[::-1]
    )
    count = next((each for each in before if each[:1].isdigit()), "")
    return found[1] if count == "1" else found[2]


def template_of(refusal: str, english: str, module: str = "") -> str:
    """The template of a refusal in the spoken language, by the name of its class; where two classes share a name, by
    the last name of its module and its own."""
    if spoken() is not Language.CHINESE:
        return english
    known = _refusals()
    return known.get(f"{module.rpartition('.')[2]}.{refusal}") or known.get(refusal, english)


def filled(template: str, details: Mapping[str, Any]) -> str:
    """A template filled with details; several values are separated by commas, and no values are `none`. In Chinese
    details that are the domain's words (values of enumerations, kinds of aggregates, `none`) are said in it, too;
    identifiers, numbers and what people wrote stay as they are."""
    details = {name: _enumerated(value) for name, value in details.items()}
    if spoken() is Language.CHINESE:
        details = {name: spoken_detail(value, name) for name, value in details.items()}
    return template.format_map(_Details(details))


def spoken_detail(value: Any, name: str = "") -> Any:
    """A detail of a sentence in the spoken language."""
    if isinstance(value, enum.Enum):
        return term(type(value).__name__, str(value.value))
    if isinstance(value, str) and name not in AS_STATED:
        sections = ("aggregates", "fields") if name in NAMING else ("aggregates",)
        found = next((terms(section)[_key(value)] for section in sections if _key(value) in terms(section)), None)
        return str(found) if found else say(value)
    return value


def _enumerated(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    return value


def _key(name: str) -> str:
    """`SalesProcess` and `sales process` are `sales_process`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).replace(" ", "_").lower()


class _Details(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return say("({key} not stated)", key=key)


@cache
def terms(section: str) -> dict[str, Term]:
    """The terms of a section (`events`, `fields`, or the name of an enumeration) by key."""
    return {key: Term(*words) for key, words in _file("terms.toml").get(section, {}).items()}


def term(section: str, key: str) -> str:
    """A value of an enumeration as people say it; the key itself where it is none of the domain's."""
    found = terms(section).get(key)
    return str(found) if found else key


def either(english: str, chinese: str) -> str:
    """A name that the company gave in both languages: the Chinese one where it is spoken and there is one."""
    return chinese if chinese and spoken() is Language.CHINESE else english


def in_context(context: str, words: str) -> str:
    """Words that mean something else in a context than elsewhere; entered with the context in brackets."""
    return _sentences().get(f"{words} ({context})", say(words)) if spoken() is Language.CHINESE else words


def event_words(topic: str) -> str:
    """What a stored event name says: `Account.VisitLogged` is "visit logged"."""
    return term("events", topic)


def field_words(name: str) -> str:
    """What the name of a field says."""
    found = terms("fields").get(name)
    return str(found) if found else name.replace("_", " ")


_FURTHER: list[Traversable] = []


def also_said_in(folder: Traversable) -> None:
    """Take the sentences of another room's folder, too: each of its files is like `sentences.zh.toml`."""
    if folder not in _FURTHER:
        _FURTHER.append(folder)
        _sentences.cache_clear()


@cache
def _sentences() -> dict[str, str]:
    found = dict(_file("sentences.zh.toml").get("sentences", {}))
    for folder in _FURTHER:
        for file in sorted(folder.iterdir(), key=lambda each: each.name):
            if file.name.endswith(".toml"):
                found |= tomllib.loads(file.read_text(encoding="utf-8"))["sentences"]
    return found


@cache
def _refusals() -> dict[str, str]:
    return dict(_file("refusals.zh.toml").get("refusals", {}))


@cache
def _file(name: str) -> dict[str, Any]:
    return tomllib.loads(resources.files("domain.language").joinpath(name).read_text(encoding="utf-8"))
