"""The evidence pack as one HTML page: nothing is loaded from elsewhere, no script runs, and it prints well."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

import msgspec
from jinja2 import Environment, StrictUndefined, Template

from api.evidence.gathering import Evidence, EvidenceLine
from domain.aggregate import Origin, Precision
from domain.language.catalogue import say
from domain.language.languages import spoken


class Seen(msgspec.Struct, frozen=True):
    """One line of the access log: who read what about the account, or was refused."""

    at: datetime
    who: str
    what: str
    status: int


class Proofs(msgspec.Struct, frozen=True):
    """What proves the record: the signed checkpoint, the key that signed it, and the export (a zip file) that holds
    the facts with their proofs and a program that checks them."""

    checkpoint: str
    key: str
    attachment: bytes
    name: str


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """Who made the pack, when, for which days, in which time zone; by which company."""

    by: str
    at: datetime
    first: date
    last: date
    zone: str
    company: str


def page(evidence: Evidence, made: Made, seen: Sequence[Seen], proofs: Proofs | None) -> str:
    """The page in the spoken language."""
    zone = ZoneInfo(made.zone)

    def moment(at: datetime | None) -> str:
        return f"{at.astimezone(zone):%Y-%m-%d %H:%M}" if at else ""

    def occurred(line: EvidenceLine) -> str:
        return (
            moment(line.occurred_at)[: len("2026-01-01")]
            if line.precision is Precision.DAY
            else moment(line.occurred_at)
        )

    attachment = b64encode(proofs.attachment).decode() if proofs else ""
    return _template().render(
        e=evidence,
        made=made,
        seen=seen,
        proofs=proofs,
        attachment=attachment,
        moment=moment,
        occurred=occurred,
        t=_titles(),
        origins={Origin.PERSON: "", Origin.IMPORT: say("by import"), Origin.WORKER: say("by a worker")},
        lang=spoken().value,
        late_words=lambda days: say("recorded {days} [day|days] later", days=days),
        withdrawn_words=lambda position: say("taken back at position {position}", position=position),
        positions=lambda numbers: ", ".join(map(str, numbers)),
    )


@cache
def _template() -> Template:
    source = files("api.evidence").joinpath("pack.html").read_text(encoding="utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(source)


def _titles() -> dict[str, str]:
    """The words of the page itself."""
    return {
        "title": say("Evidence pack"),
        "period": say("Facts from {first} to {last}"),
        "made": say("Made by {who} on {at}, as known at position {position}"),
        "zone": say("Times are those of {zone}."),
        "contents": say("Contents"),
        "summary": say("In short"),
        "facts": say("facts"),
        "opportunities": say("Opportunities"),
        "timeline": say("Timeline"),
        "decisions": say("Decisions and their reasons"),
        "no_reason": say("no reason stated"),
        "overrides": say("Rules passed without what they ask for"),
        "adjustments": say("Changes of what was forecast"),
        "late": say("Recorded long after it occurred"),
        "patterns": say("Patterns of dating back"),
        "withdrawn": say("Taken back"),
        "seen": say("Who saw what"),
        "proofs": say("Proofs"),
        "position": say("position"),
        "occurred": say("occurred"),
        "recorded": say("recorded"),
        "who": say("who"),
        "about": say("about"),
        "fact": say("fact"),
        "what": say("what"),
        "answer": say("answer"),
        "nothing": say("Nothing of this kind."),
        "imported": say("came by import: files tell of a past that they did not make, so they are not judged as late."),
        "overrides_note": say(
            "What an import brought past gates that its source did not know is no override and not listed here."
        ),
        "patterns_note": say("A pattern proves nothing: a fact recorded late can be true. Somebody should explain it."),
        "seen_note": say("Reads of personal data, exports and refusals that name this account or its opportunities."),
        "proofs_note": say(
            "Every fact above is a leaf of a Merkle tree, by its position. The signed checkpoint below states the root"
            " of that tree; the attached export holds the facts as they are stored, the way from each of them to the"
            " root, and a short program that checks both without KAMS."
        ),
        "not_exported": say(
            "What programmes and experiments tell of the account is not in the export: their streams tell of others as"
            " well."
        ),
        "attached": say("Save the attached export"),
        "checkpoint": say("Signed checkpoint"),
        "key": say("Verifier key"),
        "unsealed": say("Nothing is sealed yet: no proof can be attached. `kams up` seals every ten seconds."),
        "note": say("note"),
        "changed": say("changed"),
    }
