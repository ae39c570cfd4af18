"""When two companies look like one: what of a name, number, website or address is compared. Pure functions."""

from __future__ import annotations

import re
import unicodedata

LEGAL_FORMS = frozenset(
    "ab ag aps as bv co company corp corporation cv eg ek ev gbr gmbh inc incorporated kg kgaa kk limited llc llp lp"
    " ltd mbh nv ohg oy oyj plc pte pty sa sarl sas se spa sprl srl ug und and et".split()
)
"""Words that end a company's name and say only what it is in law."""
CHINESE_FORMS = ("股份有限公司", "有限责任公司", "集团有限公司", "有限公司", "集团公司", "集团", "公司")
NEAR_FROM = 6
"""Shorter names differ by a letter and are others."""

_WORDS = re.compile(r"\w+")


def plain(text: str) -> str:
    """A text without case, width, accents and anything but letters and digits."""
    spread = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text)).casefold()
    return "".join(sign for sign in spread if sign.isalnum())


def name_core(name: str) -> str:
    """A company's name without legal form, punctuation, case and width; the whole name where nothing else is left.

    `Harbour Foods Co., Ltd.` and `HARBOUR-FOODS GmbH` are both `harbourfoods`, 海港食品有限公司 is 海港食品.
    """
    words = [plain(word) for word in _WORDS.findall(unicodedata.normalize("NFKC", name).replace(".", ""))]
    core = list(words)
    while core and core[-1] in LEGAL_FORMS:
        core.pop()
    joined = "".join(core) or "".join(words)
    form = next((form for form in CHINESE_FORMS if joined.endswith(form)), "")
    return joined.removesuffix(form) or joined


def neighbours(core: str) -> set[str]:
    """The name and what is left of it without one of its signs: two names that share one are a slip apart."""
    if len(core) < NEAR_FROM:
        return {core} - {""}
    return {core, *(core[:n] + core[n + 1 :] for n in range(len(core)))}


def domain_of(website: str) -> str:
    """The host of a website, or what follows the @ of an address, without `www.`; empty where there is none."""
    host = website.strip().casefold().rpartition("@")[2].partition("://")
    bare = re.split(r"[/?#:]", host[2] or host[0])[0].removeprefix("www.").rstrip(".")
    return bare if "." in bare else ""


def number_core(number: str) -> str:
    """A tax number without spaces and signs."""
    return plain(number).upper()


def address_core(address: str) -> str:
    """An address without case, width and punctuation; empty where it is too short to say anything."""
    core = plain(address)
    return core if len(core) >= NEAR_FROM else ""
