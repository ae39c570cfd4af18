"""Records what a version promises for ever: `python -m tests.domain.release` before it is released.

`api/contract/released.ndjson` holds the JSON Schemas that integrators rely on, `stored_names.txt` every stored name
with its version and the digest of its schema; `journal-VERSION.msgpack`
holds facts of every kind as this version stores them. What stands there already is never changed.
"""

import hashlib
import importlib.metadata
import sys
from pathlib import Path
from uuid import UUID

import msgspec

from api.contract.compatibility import breaking
from api.contract.schemas import Line, current, released
from domain.aggregate import Event
from domain.journal.mapper import encode_state
from tests.architecture.everything import events, example, schema_of
from tests.domain.story import story

DATA = Path(__file__).parents[1] / "data"
NAMES = DATA / "stored_names.txt"
SCHEMAS = Path(__file__).parents[2] / "api" / "contract" / "released.ndjson"

Stored = tuple[bytes, int, str, bytes]
"""Stream, version, stored name, state."""


def digest_of_schema(event: type[Event]) -> str:
    """The digest of an event's schema."""
    return hashlib.sha256(msgspec.json.encode(schema_of(event), order="sorted")).hexdigest()[:32]


def stored_names() -> dict[tuple[str, int], str]:
    """Name and version of every schema that was ever stored, with its digest."""
    lines = NAMES.read_text(encoding="utf-8").splitlines() if NAMES.exists() else []
    return {(topic, int(version)): digest for topic, version, digest in (line.split() for line in lines)}


def present_names() -> dict[tuple[str, int], str]:
    """The same of the events of today."""
    return {(topic, event.schema_version): digest_of_schema(event) for topic, event in events().items()}


def recorded() -> list[Stored]:
    """Facts as they are stored: a story that can be replayed, and an example of each kind in a stream of its own."""
    facts = story()
    for number, event in enumerate(events().values()):
        stream = UUID(int=number)
        facts.append(
            msgspec.structs.replace(facts[0], originator_id=stream, originator_version=1, event=example(event))
        )
    return [(f.originator_id.bytes, f.originator_version, f.event.topic, encode_state(f)) for f in facts]


def broken() -> list[str]:
    """What would break a receiver of the schemas that were released."""
    known, now = released(), current()
    return [
        f"{topic} {version}: {reason}"
        for topic, version in sorted(known.keys() & now.keys())
        for reason in breaking(known[topic, version], now[topic, version])
    ]


def released_lines() -> bytes:
    """The file of released schemas as it is from now on: a line per type and version, none less than before."""
    lines = [
        Line(topic, version, schema.fields, schema.defs)
        for (topic, version), schema in sorted({**released(), **current()}.items())
    ]
    return b"".join(msgspec.json.encode(line) + b"\n" for line in lines)


def main() -> int:
    if broken():
        print(
            "These events would break who receives them; give them a new version and an upcaster:", *broken(), sep="\n"
        )
        return 1
    SCHEMAS.write_bytes(released_lines())
    before, now = stored_names(), present_names()
    changed = sorted(name for name in before.keys() & now.keys() if before[name] != now[name])
    if changed:
        print(f"These schemas changed without a new version and an upcaster: {changed}")
        return 1
    lines = [f"{topic} {version} {digest}\n" for (topic, version), digest in sorted({**before, **now}.items())]
    NAMES.write_text("".join(lines), encoding="utf-8")
    journal = DATA / f"journal-{importlib.metadata.version('kams')}.msgpack"
    if not journal.exists():
        journal.write_bytes(msgspec.msgpack.encode(recorded()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
