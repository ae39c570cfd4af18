"""Signed notes as C2SP describes them (c2sp.org/signed-note), with Ed25519 keys."""

from __future__ import annotations

import base64
from hashlib import sha256

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from domain.errors import KamsError

ED25519 = b"\x01"
DASH = "— "


class NotAVerifierKey(KamsError):
    """{text} is no verifier key: expected NAME+8 hexadecimal digits+base64, as `kams audit key` prints it."""


class NoteUnreadable(KamsError):
    """The signed note cannot be read: {reason}."""


class VerifierKey(msgspec.Struct, frozen=True):
    """The public half of a key: who signs, and the 32 bytes of his Ed25519 key."""

    name: str
    public: bytes

    @property
    def id(self) -> bytes:
        """The four bytes by which a signature names its key."""
        return sha256(self.name.encode() + b"\n" + ED25519 + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{_text(ED25519 + self.public)}"

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        """A key as it is written. Raises NotAVerifierKey."""
        name, _, rest = text.strip().partition("+")
        identity, _, encoded = rest.partition("+")
        try:
            decoded = base64.b64decode(encoded, validate=True)
            key = cls(name, decoded[1:])
            known = key.id.hex() == identity
        except ValueError:
            raise NotAVerifierKey(text=text[:120]) from None
        if not name or decoded[:1] != ED25519 or len(decoded) != 33 or not known:
            raise NotAVerifierKey(text=text[:120])
        return key


class SigningKey:
    """A name and an Ed25519 private key of 32 bytes."""

    def __init__(self, name: str, secret: bytes) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(secret)
        self.verifier = VerifierKey(name, self._private.public_key().public_bytes_raw())

    def sign(self, text: str) -> str:
        """A note of a text that ends with a line break."""
        signature = self.verifier.id + self._private.sign(text.encode())
        return f"{text}\n{DASH}{self.verifier.name} {_text(signature)}\n"


def is_signed(note: str, key: VerifierKey) -> bool:
    """Whether a note bears a valid signature of a key. Raises NoteUnreadable."""
    text, signatures = _parted(note)
    for line in signatures:
        name, _, encoded = line.removeprefix(DASH).partition(" ")
        signature = _decoded(encoded)
        if name == key.name and signature[:4] == key.id and _holds(key, signature[4:], text):
            return True
    return False


def text_of(note: str) -> str:
    """What a note says, whoever signed it. Raises NoteUnreadable."""
    return _parted(note)[0]


def signers_of(note: str) -> list[str]:
    """The names under which a note is signed, valid or not. Raises NoteUnreadable."""
    return [line.removeprefix(DASH).partition(" ")[0] for line in _parted(note)[1]]


def key_ids_of(note: str) -> list[str]:
    """The names and key ids under which a note is signed, valid or not, as `name+id`. Raises NoteUnreadable."""
    found = []
    for line in _parted(note)[1]:
        name, _, encoded = line.removeprefix(DASH).partition(" ")
        found.append(f"{name}+{_decoded(encoded)[:4].hex()}")
    return found


def _decoded(encoded: str) -> bytes:
    try:
        return base64.b64decode(encoded, validate=True)
    except ValueError:
        raise NoteUnreadable(reason="a signature is not base64") from None


def _parted(note: str) -> tuple[str, list[str]]:
    text, gap, rest = note.rpartition("\n\n")
    lines = rest.splitlines()
    if not gap or not lines or not all(line.startswith(DASH) for line in lines):
        raise NoteUnreadable(reason="it has no signature below a blank line")
    return text + "\n", lines


def _holds(key: VerifierKey, signature: bytes, text: str) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, text.encode())
    except InvalidSignature:
        return False
    return True


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()
