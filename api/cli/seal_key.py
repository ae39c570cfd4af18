"""The key that signs checkpoints: a file of its own, made once; and the worker's parts that need it."""

from __future__ import annotations

import base64
import binascii
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from api.cli.embedded import locks
from domain.language.catalogue import say
from domain.seal.checkpoints import origin_of
from domain.seal.notes import SigningKey
from domain.seal.sealing import system_id
from domain.seal.standing import seal_keys
from workers.anchor_store import AnchorStore
from workers.sealing import SealKey

if TYPE_CHECKING:
    from api.cli.session import System
    from api.cli.settings import Settings
    from workers.anchors import Anchoring
    from workers.sealing import Sealing, SealWork

SECRET_BYTES = 32


def seal_key_of(settings: Settings) -> SealKey:
    """The key in its file, or why there is none that can be used."""
    path = settings.seal_key
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            return SealKey(reason=say("{path} may be read by others: chmod 600 {path}", path=path))
        secret = base64.b64decode(path.read_bytes().strip(), validate=True)
    except FileNotFoundError:
        return SealKey(reason=say("there is no key in {path}", path=path))
    except (OSError, binascii.Error) as error:
        return SealKey(reason=say("{path} cannot be read: {reason}", path=path, reason=error))
    if len(secret) != SECRET_BYTES:
        return SealKey(reason=say("what is in {path} is no key of 32 bytes in base64", path=path))
    return SealKey(secret)


def make_seal_key(settings: Settings, database_url: str) -> bool:
    """The first start of an embedded system, or the migration of a company's own database, makes the key by which it
    is sealed. Where there is one already, here or in use elsewhere, nothing changes; several at once make one; one
    killed in the middle is finished by the next."""
    path = settings.seal_key
    public = settings.home / "seal.pub"
    if path.exists() and public.exists():
        return False
    with psycopg.connect(database_url, autocommit=True) as connection:
        known = seal_keys(connection)
        new = not path.exists()
        if new and known:
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        with locks.exclusive(path.with_name(f"{path.name}.lock")):
            if new := not path.exists():
                write_secret(path, os.urandom(SECRET_BYTES))
        secret = seal_key_of(settings).secret
        if secret is not None:
            key = SigningKey(origin_of(system_id(connection)), secret)
            if AnchorStore(connection).only_key(key.verifier) == key.verifier:
                public.write_text(f"{key.verifier}\n", encoding="ascii")
            elif new:  # another machine was faster, and its key signs
                path.unlink()
                return False
    return new


def write_secret(path: Path, secret: bytes) -> None:
    """A key into a file for its owner alone: all of it, or none."""
    partial = path.with_name(f"{path.name}.new")
    partial.unlink(missing_ok=True)
    with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(base64.b64encode(secret) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    partial.rename(path)


def sealing_of(settings: Settings) -> Sealing:
    """Seals with this machine's key."""
    from workers.sealing import Sealing

    return Sealing(seal_key_of(settings))


def seal_work(made: System) -> SealWork:
    """What a worker of this machine seals and anchors. Raises SettingsError."""
    from workers.sealing import SealWork

    return SealWork(made.addresses.database_url, sealing_of(made.settings), anchoring_of(made.settings))


def anchoring_of(settings: Settings, *, only_folders: bool = False) -> Anchoring:
    """The anchors of the settings. Raises SettingsError."""
    from api.cli.settings import SettingsError
    from workers.anchors import Anchoring, AnchorUnusable, anchors_of

    stated = [each for each in settings.anchors if each.startswith("file:") or not only_folders]
    try:
        found = anchors_of(stated, settings.home, private=settings.anchors_private, smtp_url=settings.smtp_url)
    except AnchorUnusable as error:
        raise SettingsError(str(error)) from None
    return Anchoring(found)


def anchor_folders(settings: Settings) -> list[Path]:
    """The folders of this machine in which checkpoints are kept."""
    found = anchoring_of(settings, only_folders=True).anchors
    return [Path(anchor.name.removeprefix("file:")) for anchor in found]


def seal_now(made: System) -> None:
    """Leave a sealed journal, kept in this machine's folders, where no worker does it: at the end of an import."""
    from projections.working import alive_workers

    if seal_key_of(made.settings).secret is None:
        return
    with psycopg.connect(made.addresses.database_url, autocommit=True) as connection:
        if alive_workers(connection):
            return
        sealing_of(made.settings).seal(connection)
        anchoring = anchoring_of(made.settings, only_folders=True)
        for anchor in anchoring.anchors:
            anchoring.bring(connection, anchor)
