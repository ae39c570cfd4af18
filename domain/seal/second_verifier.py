"""Checks an export of KAMS and shares no code with KAMS: the standard library and `cryptography` are enough.

    python verify.py [FOLDER or ZIP] [--checkpoint FILE] [--key KEY or FILE]
Get checkpoints and key elsewhere; else only the inner order is proven. See README.txt. Exit code 0: in order, 1: not.
"""

import argparse
import hashlib
import json
import re
import sys
import zipfile
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

Marks = list[tuple[int, bytes, str]]  # checkpoints: size, root, where it is from
Wrong = UserWarning  # what is not in order, in words; whatever else is raised comes of a damaged file


def sha(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def checkpoints(notes: str, system: str, known: dict[Any, Ed25519PublicKey], source: str) -> Marks:
    """A note is: origin, size, root, more lines; a blank line; signatures. Blank lines may stand between notes."""
    marks, note = [], re.compile("(?m)^((?:[^—\n].*\n){3,99})\n((?:— .+\n)+)\n*")
    for text, signatures in note.findall(f"{notes}\n"):
        origin, size, root = text.split("\n")[:3]
        blobs = [(n, b64decode(s, validate=True)) for n, s in (x[2:].split(" ") for x in signatures[:-1].split("\n"))]
        ours = [(known[name, blob[:4]], blob[4:]) for name, blob in blobs if (name, blob[:4]) in known]
        if origin != f"kams/{system}" or not ours:
            raise Wrong(f"the checkpoint of {size} in {source} is of another system or not signed by a known key")
        for key, signature in ours:
            key.verify(signature, text.encode())
        marks.append((int(size), b64decode(root, validate=True), source))
    if not marks or note.sub("", f"{notes}\n").strip():
        raise Wrong(f"{source} holds no checkpoints, or something else beside them")
    return marks


def exactly(file: BinaryIO, count: int, what: str) -> bytes:
    if len(data := file.read(min(count, 1 << 26))) == count:
        return data
    raise Wrong(f"no {what} stands where it should")


def events(file: BinaryIO) -> Iterator[tuple[int, bytes, bytes, bytes]]:
    """Of each event its position, when it was recorded, its stream with version, and the hash of its leaf."""
    after = 0
    while start := file.read(8):
        head, state = (exactly(file, int.from_bytes(n, "big"), f"event behind {after}") for n in (start[:4], start[4:]))
        if not head.startswith(b"kams event v1\0") or len(head) < 70:
            raise Wrong(f"what stands behind event {after} is no event")
        after = int.from_bytes(head[14:22], "big")
        yield after, head[22:30], head[34:50] + head[30:34], sha(b"\0", head, sha(state))


def root_over(leaf: bytes, index: int, size: int, proof: list[bytes]) -> bytes:
    """The root to which an inclusion proof leads: RFC 9162, section 2.1.3; the last of the proof is the topmost."""
    if size == 1 or not proof:
        return leaf if size == 1 and not proof else b""
    left = 1 << ((size - 1).bit_length() - 1)
    if index < left:
        return sha(b"\1", root_over(leaf, index, left, proof[:-1]), proof[-1])
    return sha(b"\1", proof[-1], root_over(leaf, index - left, size - left, proof[:-1]))


def check_whole(said: dict[str, Any], marks: Marks, file: BinaryIO, leaves: BinaryIO) -> None:
    """Every event against its leaf hash; the tree of all leaf hashes against every checkpoint at its size."""
    told, nodes, latest, good = events(file), [(0, b"")], bytes(8), 0  # nodes: perfect subtrees by height
    for position in range(1, said["size"] + 1):
        leaf = exactly(leaves, 32, f"hash of event {position}")
        if said["first"] <= position <= said["last"]:
            place, at, _, hashed = next(told, (0, b"", b"", b""))
            if place != position or at < latest:
                raise Wrong(f"event {position} is missing or out of order: {place or 'nothing'} stands there")
            if hashed != leaf:
                raise Wrong(f"event {position} was changed since it was sealed (behind the checkpoint of {good})")
            latest = at
        nodes.append((1, leaf))
        while nodes[-1][0] == nodes[-2][0]:
            nodes[-2:] = [(nodes[-1][0] + 1, sha(b"\1", nodes[-2][1], nodes[-1][1]))]
        while marks and marks[0][0] == position:
            root, before = nodes[-1][1], good
            for _, left in nodes[-2:0:-1]:
                root = sha(b"\1", left, root)
            good, expected, source = marks.pop(0)
            if root != expected:
                raise Wrong(f"events {before + 1} to {good} are not those sealed by the checkpoint in {source}")
    if marks or good != said["size"]:
        raise Wrong(f"it holds {said['size']} leaves, its checkpoints seal {marks[0][0] if marks else good}")
    if leaves.read(1) or any(True for _ in told):
        raise Wrong("more stands behind its end")


def check_part(said: dict[str, Any], marks: Marks, file: BinaryIO, proofs: BinaryIO) -> None:
    """Every event of some streams by its inclusion proof; the versions of a stream leave no gap."""
    (size, root), before, versions = marks[0][:2], 0, dict[bytes, int]()
    if any(mark[:2] != (size, root) for mark in marks) or size != said["size"]:
        raise Wrong(f"all checkpoints must be the one of {size} events in the file")
    for position, _, stream, leaf in events(file):
        steps = [exactly(proofs, 32, "proof") for _ in range(exactly(proofs, 1, f"proof of event {position}")[0])]
        if not before < position <= size or root_over(leaf, position - 1, size, steps) != root:
            raise Wrong(f"event {position} is not what was sealed, or out of order")
        version = versions[stream[:16]] = versions.get(stream[:16], 0) + 1
        if stream[16:] != version.to_bytes(4, "big"):
            raise Wrong(f"before event {position} an event of the same stream is missing")
        before = position
    if sum(versions.values()) != said["events"] or proofs.read(1):
        raise Wrong(f"it says that it holds {said['events']} events, and holds {sum(versions.values())}")


def main(arguments: list[str]) -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("file", nargs="?", default=".", type=Path)
    options.add_argument("--checkpoint", action="append", default=[], type=Path)
    options.add_argument("--key", action="append", default=[])
    asked = options.parse_args(arguments)
    kept = [*asked.checkpoint, *(Path(key) for key in asked.key if key.count("+") < 2)]
    if lost := [str(each) for each in kept if not each.is_file()] + [str(asked.file)] * (not asked.file.exists()):
        options.error(f"there is no such file: {', '.join(lost)}")
    at, marks = asked.file.name, Marks()
    try:
        folder: Any = asked.file if asked.file.is_dir() else zipfile.Path(zipfile.ZipFile(asked.file))
        said = json.loads((folder / (at := "system.json")).read_bytes())
        at = "--key" if asked.key else "key.txt"  # NAME+HASH+BASE64, as c2sp.org/signed-note writes keys
        stated = [Path(key).read_text(encoding="utf-8") if key.count("+") < 2 else key for key in asked.key]
        keys = "\n".join(stated or [(folder / at).read_text(encoding="utf-8")]).split()
        named = [(key.split("+")[0], b64decode(key[key.find("+") + 10 :], validate=True)) for key in keys]
        known = {(n, sha(n.encode(), b"\n", k)[:4]): Ed25519PublicKey.from_public_bytes(k[1:]) for n, k in named}
        for at, file in ((each.name, each) for each in [folder / "checkpoints.txt", *asked.checkpoint]):
            marks += checkpoints(file.read_text(encoding="utf-8"), said["system"], known, at)
        check, proof = (check_part, "proofs.bin") if said["account"] else (check_whole, "leaves.bin")
        at = f"system.json, events.bin or {proof}"
        check(said, sorted(marks), (folder / "events.bin").open("rb"), (folder / proof).open("rb"))
    except Exception as error:
        print(f"NOT IN ORDER: {error if isinstance(error, Wrong) else f'{at} was changed, is damaged or missing'}")
        return 1
    print(f"IN ORDER: {said['events']} events, {said['first']} to {said['last']} of {said['size']} sealed ones.")
    print("It agrees with what you state." if asked.checkpoint or asked.key else "Only the inner order is proven.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
