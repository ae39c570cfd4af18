"""Why attempts at delivering failed: kept in English, said in the language of who asks."""

from __future__ import annotations

import re
from functools import cache

from domain.language.catalogue import say, template_of
from domain.language.languages import Language, spoken

REASONS = (
    "it answered {status}: redirects are not followed",
    "it answered {status}",
    "no answer within {seconds} s",
    "the host {host} is not known",
    "its certificate is not trusted: {fault}",
    "no TLS: {fault}",
    "it refuses connections",
    "it cannot be reached: {fault}",
    "it cut the connection before it answered",
    "what it answered is not HTTP",
    "it failed: {fault}",
    "it has no secret",
    "its secret cannot be read",
    "no worker is at it: `kams work` or `kams up` delivers",
)
REFUSALS = {
    "AddressNotGlobal": "{host} leads to {address}, which is not a public address: webhooks there are refused unless"
    " {setting}=1.",
    "AddressForbidden": "{host} leads to {address}: to addresses of this kind nothing is ever sent.",
    "AddressUnusable": "The address cannot be used: expected `https://host/path` (`http://` only with"
    " KAMS_WEBHOOKS_PRIVATE=1).",
}
STATES = ("paused", "disabled", "ended")


def reason_said(reason: str) -> str:
    """A reason as it was kept, in the spoken language; what somebody wrote stays as it is."""
    if spoken() is Language.ENGLISH or not reason:
        return reason
    state, colon, rest = reason.partition(": ")
    if state in STATES:
        return say(state) + (f"：{reason_said(rest)}" if colon else "")
    for template in REASONS:
        if (found := _pattern(template).fullmatch(reason)) is not None:
            return say(template, **found.groupdict())
    for name, template in REFUSALS.items():
        if (found := _pattern(template).fullmatch(reason)) is not None:
            return template_of(name, template).format(**found.groupdict())
    return reason


@cache
def _pattern(template: str) -> re.Pattern[str]:
    """What a template's sentences look like."""
    return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.*?)", re.escape(template)), re.DOTALL)
