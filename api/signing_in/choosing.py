"""What a password must be: long enough, and not what is guessed first."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from functools import cache
from importlib.resources import files

from domain.errors import KamsError
from domain.language.catalogue import say

SHORTEST = 12
"""ASVS 5.0 (6.2.1) asks for 8 at least and advises 15. There is no second factor here but OIDC's; guesses are slowed
down, and what is guessed first is refused: so 12, of which three words make more."""
LONGEST = 128
LEFT_OVER = 5
"""So many characters must be left where all that is known of old is taken out."""
SHORTEST_KNOWN = 3

ROWS = ("1234567890", "qwertyuiop", "qwertzuiop", "azertyuiop", "asdfghjkl", "zxcvbnm", "yxcvbnm")
WALKS = ("1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p", "qazwsxedcrfvtgbyhnujmikolp", "abcdefghijklmnopqrstuvwxyz", *ROWS)
LEET = str.maketrans("@4$5013!7", "aassolei" + "t")
SEPARATORS = re.compile(r"[\W_]+")
DATES = re.compile(r"(?:19|20)\d\d(?:0?[1-9]|1[0-2])?(?:0?[1-9]|[12]\d|3[01])?|\d{1,4}$")


class PasswordTooShort(KamsError):
    """The password has {found} characters: take {least} at least, such as three words."""


class PasswordTooLong(KamsError):
    """The password has {found} characters: take {most} at most."""


class PasswordEasy(KamsError):
    """This password is guessed early, since it {why}: take another, such as three words that have nothing to do with
    each other."""


def must_be_good(password: str, known: Iterable[str] = ()) -> None:
    """Refuse what is too short, or what somebody who knows the company and its member would try first. `known` are
    their names. Raises PasswordTooShort, PasswordTooLong, PasswordEasy."""
    typed = unicodedata.normalize("NFKC", password)
    if len(typed) < SHORTEST:
        raise PasswordTooShort(found=len(typed), least=SHORTEST)
    if len(typed) > LONGEST:
        raise PasswordTooLong(found=len(typed), most=LONGEST)
    text = typed.casefold()
    if len(repeated(text)) < SHORTEST // 2:
        raise PasswordEasy(why=say("repeats a few characters"))
    if len(without(text, walks())) < LEFT_OVER:
        raise PasswordEasy(why=say("follows the keyboard, the alphabet or the numbers"))
    names = {part for name in known for part in (name.casefold(), *SEPARATORS.split(name.casefold()))}
    names = {name for name in names if len(name) >= SHORTEST_KNOWN}
    if predictable(text, common()):
        raise PasswordEasy(why=_made_of(text, common()))
    if predictable(text, {*names, *common()}):
        raise PasswordEasy(why=say("is made of names of the company and common words"))


def _made_of(text: str, words: Collection[str]) -> str:
    """Which of the words make a text, as whoever typed it reads it: none that was not typed."""
    found = [word for word in SEPARATORS.split(text) if word and word in words]
    if found:
        return say("is made of words that many choose ({words})", words=", ".join(dict.fromkeys(found)))
    return say("is made of words that many choose")


def predictable(text: str, words: Collection[str]) -> bool:
    """Whether little is left without the words, also where digits stand for letters."""
    return any(len(unpredictable(each, words)) < LEFT_OVER for each in (text, DATES.sub("", text).translate(LEET)))


def unpredictable(text: str, words: Collection[str]) -> str:
    """What is left of a text without words that are known, walks, dates and numbers at its end; of repetitions one."""
    left = SEPARATORS.sub("", without(DATES.sub("", without(text, words)), walks()))
    return repeated(left)


def without(text: str, words: Collection[str]) -> str:
    """A text without the words, the longest first."""
    for word in sorted(words, key=len, reverse=True):
        if word in text:
            text = text.replace(word, "")
    return text


def repeated(text: str) -> str:
    """What a text repeats; the text where it repeats nothing."""
    for size in range(1, len(text) // 2 + 1):
        if all(text[at] == text[at % size] for at in range(len(text))):
            return text[:size]
    return text if len(set(text)) > 3 else "".join(sorted(set(text)))


@cache
def walks() -> frozenset[str]:
    """Pieces of four and more keys beside each other, forwards and backwards."""
    whole = [path for row in WALKS for path in (row, row[::-1])]
    pieces = ((path, at, end) for path in whole for at in range(len(path) - 3) for end in range(at + 4, len(path) + 1))
    return frozenset(path[at:end] for path, at, end in pieces)


@cache
def common() -> frozenset[str]:
    """Words of which the passwords are made that leaks show most often: our own list, of words, not of passwords."""
    text = files("api.signing_in").joinpath("common_words.txt").read_text(encoding="utf-8")
    return frozenset(word for line in text.splitlines() if not line.startswith("#") for word in line.split())
