"""What the doctor looks at about the seal: its key, its age, and its anchors."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

import psycopg

from api.checks import Check
from api.cli.seal_key import anchoring_of, seal_key_of
from api.cli.settings import Settings, SettingsError
from domain.language.catalogue import say
from domain.seal.checkpoints import origin_of
from domain.seal.notes import SigningKey
from domain.seal.sealing import system_id
from domain.seal.standing import AnchorProgress, anchor_progress, seal_fault, seal_keys, standing
from projections.working import alive_workers
from workers.anchor_folder import FolderAnchor
from workers.sealing import PATIENCE_SECONDS

BEHIND_DATABASE = ("seal_key", "seal", "anchors")


def seal_checks(connection: psycopg.Connection, settings: Settings) -> Mapping[str, Callable[[], Check]]:
    """The checks of the seal, by name; they need the tables."""
    return {
        "seal_key": lambda: check_seal_key(connection, settings),
        "seal": lambda: check_seal(connection),
        "anchors": lambda: check_anchors(connection, settings),
    }


def check_seal_key(connection: psycopg.Connection, settings: Settings) -> Check:
    """Whether the key in its file is its owner's alone, and the one that signs for this database."""
    known = seal_keys(connection)
    path, key = settings.seal_key, seal_key_of(settings)
    if not path.exists():
        if known:
            found = say("no key in {path}: workers of this machine do not seal, others must", path=path)
            return Check("seal_key", ok=True, found=found)
        if settings.database_url is None:
            found = say("no key in {path}: the first command makes one", path=path)
            return Check("seal_key", ok=True, found=found)
        return Check(
            "seal_key", ok=False, found=say("there is no key in {path}", path=path), remedy="Run `kams migrate`."
        )
    if key.secret is None:
        remedy = "Make the key readable for you alone, or put it back as it was: only it signs for this database."
        return Check("seal_key", ok=False, found=key.reason, remedy=remedy)
    mine = SigningKey(origin_of(system_id(connection)), key.secret).verifier
    if known and known[-1] != mine:
        found = say("{path} is another key than {theirs}, which signs for this database", path=path, theirs=known[-1])
        return Check("seal_key", ok=False, found=found, remedy="Name the file of that key in KAMS_SEAL_KEY.")
    return Check("seal_key", ok=True, found=say("key {id} in {path}", id=mine.id.hex(), path=path))


def check_seal(connection: psycopg.Connection) -> Check:
    """Whether what is new is sealed within a minute, while workers live."""
    stands, fault = standing(connection), seal_fault(connection)
    if fault is not None:
        remedy = "Run `kams audit verify`: it says what was touched. Workers try again by themselves."
        return Check("seal", ok=False, found=fault.reason, remedy=remedy)
    found = say("{size:,} of {head:,} events sealed", size=stands.size, head=stands.head)
    if stands.age_seconds > PATIENCE_SECONDS and alive_workers(connection):
        found = say("{found}, the oldest other waits since {age:.0f} s", found=found, age=stands.age_seconds)
        remedy = "See the logs of the workers; at least one needs the key that signs (KAMS_SEAL_KEY)."
        return Check("seal", ok=False, found=found, remedy=remedy)
    return Check("seal", ok=True, found=found)


def check_anchors(connection: psycopg.Connection, settings: Settings) -> Check:
    """Whether checkpoints arrive outside the database, and folders can be written to."""
    try:
        anchoring = anchoring_of(settings)
    except SettingsError as error:
        remedy = "Mend KAMS_ANCHORS, or KAMS_SMTP_URL for mail; `kams work --help` says what may stand there."
        return Check("anchors", ok=False, found=str(error), remedy=remedy)
    told = {(each.name, each.host): each for each in anchor_progress(connection)}
    stated = [told.get((each.name, anchoring.host_of(each))) for each in anchoring.anchors]
    wrong = [each for each in told.values() if each.contradicts]
    if wrong:
        remedy = "Run `kams audit verify --anchor` with it: somebody changed the journal or the anchor."
        return Check("anchors", ok=False, found=_errors(wrong), remedy=remedy)
    closed = [each.folder for each in anchoring.anchors if isinstance(each, FolderAnchor) and not _writable(each)]
    if closed:
        found = say("{known} cannot be written to", known=", ".join(map(str, closed)))
        return Check("anchors", ok=False, found=found, remedy="Give the folder to whoever runs the workers.")
    failing = [each for each in stated if each is not None and each.failures]
    if failing:
        remedy = "Mend what is said there; checkpoints that wait are brought when it answers again."
        return Check("anchors", ok=False, found=_errors(failing), remedy=remedy)
    return Check("anchors", ok=True, found=", ".join(each.name for each in anchoring.anchors))


def _errors(anchors: list[AnchorProgress]) -> str:
    return "; ".join(f"{each.name}: {each.error}" for each in anchors)


def _writable(anchor: FolderAnchor) -> bool:
    nearest = next(each for each in (anchor.folder, *anchor.folder.parents) if each.exists())
    return nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)
