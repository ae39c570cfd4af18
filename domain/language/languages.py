"""The languages that KAMS speaks, how people name them, and the one of this conversation."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class Language(enum.StrEnum):
    """A language that KAMS speaks."""

    ENGLISH = "en"
    CHINESE = "zh"


_SPOKEN: ContextVar[Language] = ContextVar("language", default=Language.ENGLISH)


def spoken() -> Language:
    """The language of this conversation; English where no door has set one."""
    return _SPOKEN.get()


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    """Let everything that is said inside come out in a language."""
    before = _SPOKEN.set(language)
    try:
        yield
    finally:
        _SPOKEN.reset(before)


def language_of(tag: str) -> Language | None:
    """The language of a tag or locale (zh, zh-Hans-CN, zh_CN.UTF-8, en-US); None for one that KAMS does not speak."""
    primary = tag.strip().lower().replace("_", "-").partition("-")[0].partition(".")[0]
    return next((language for language in Language if language.value == primary), None)


def preferred(header: str) -> Language:
    """The best of an Accept-Language header (RFC 9110, 12.5.4); English where it names none that KAMS speaks."""
    wishes = []
    for place, wish in enumerate(header.split(",")):
        tag, _, parameter = wish.partition(";")
        language, quality = language_of(tag), _quality(parameter)
        if language is not None and quality > 0:
            wishes.append((-quality, place, language))
    return min(wishes)[2] if wishes else Language.ENGLISH


def _quality(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return min(max(float(value), 0.0), 1.0)
    except ValueError:
        return 0.0
