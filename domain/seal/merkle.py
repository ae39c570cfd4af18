"""Merkle trees as RFC 9162, section 2.1, defines them: roots, inclusion proofs, consistency proofs.

A proof is made from `Subtree`: the hash of a perfect subtree, by its level (it has 2 ** level leaves) and its place
among those of its level. Leaves count from 0: the event at position p is leaf p - 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

Subtree = Callable[[int, int], bytes]
HASH_BYTES = 32


def leaf_hash(entry: bytes) -> bytes:
    """The hash of a leaf."""
    return sha256(b"\0" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return sha256(b"\1" + left + right).digest()


def paired(hashes: Sequence[bytes]) -> list[bytes]:
    """The level above a level of perfect subtrees; an odd one at the end waits."""
    return [sha256(b"\1" + left + right).digest() for left, right in zip(hashes[::2], hashes[1::2], strict=False)]


def perfect_root(hashes: bytes) -> bytes:
    """The root over 2 ** n hashes that lie behind each other."""
    level = [hashes[start : start + HASH_BYTES] for start in range(0, len(hashes), HASH_BYTES)]
    while len(level) > 1:
        level = paired(level)
    return level[0]


class Growing:
    """A tree to which leaves are added at its end, in constant memory: its root is known at every size."""

    def __init__(self) -> None:
        self.size = 0
        self._stack: list[bytes] = []

    def add(self, hashes: bytes) -> None:
        """Add leaf hashes that lie behind each other."""
        start, end = 0, len(hashes)
        while start < end:
            level = 8 if self.size & 255 == 0 and end - start >= HASH_BYTES << 8 else 0
            stop = start + (HASH_BYTES << level)
            self._push(level, perfect_root(hashes[start:stop]) if level else hashes[start:stop])
            start = stop

    def add_full(self, root: bytes) -> None:
        """Add 256 leaves by their root, where the size so far is a multiple of 256."""
        self._push(8, root)

    def copy(self) -> Growing:
        """The same tree, to go on in another way."""
        other = Growing()
        other.size, other._stack = self.size, list(self._stack)
        return other

    @property
    def root(self) -> bytes:
        """The root of what was added so far."""
        return _joined(self._stack) if self._stack else sha256(b"").digest()

    def _push(self, level: int, node: bytes) -> None:
        rest = self.size >> level
        while rest & 1:
            node, rest = node_hash(self._stack.pop(), node), rest >> 1
        self._stack.append(node)
        self.size += 1 << level


def root_of(leaves: Iterable[bytes]) -> bytes:
    """The root over leaf hashes; of an empty tree the hash of nothing."""
    tree = Growing()
    for leaf in leaves:
        tree.add(leaf)
    return tree.root


def root_at(size: int, subtree: Subtree) -> bytes:
    """The root of the tree of the first `size` leaves."""
    return _span(0, size, subtree) if size else sha256(b"").digest()


def inclusion_proof(index: int, size: int, subtree: Subtree) -> list[bytes]:
    """The way from a leaf to the root of the tree of `size` leaves (section 2.1.3.1)."""
    proof, start, end = [], 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            proof.append(_span(middle, end, subtree))
            end = middle
        else:
            proof.append(_span(start, middle, subtree))
            start = middle
    return proof[::-1]


def root_by_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes]) -> bytes | None:
    """The root that an inclusion proof leads to (section 2.1.3.2); None for a proof of another shape."""
    if not 0 <= index < size:
        return None
    node, left, last = leaf, index, size - 1
    for step in proof:
        if last == 0:
            return None
        if left & 1 or left == last:
            node = node_hash(step, node)
            while not left & 1 and left:
                left, last = left >> 1, last >> 1
        else:
            node = node_hash(node, step)
        left, last = left >> 1, last >> 1
    return node if last == 0 else None


def consistency_proof(old: int, new: int, subtree: Subtree) -> list[bytes]:
    """That the tree of `old` leaves is the beginning of that of `new` ones (section 2.1.4.1); 0 < old <= new."""
    proof, start, end, whole = [], 0, new, True
    while end != old:
        middle = start + _split(end - start)
        if old <= middle:
            proof.append(_span(middle, end, subtree))
            end = middle
        else:
            proof.append(_span(start, middle, subtree))
            start, whole = middle, False
    return ([] if whole else [_span(start, end, subtree)]) + proof[::-1]


def is_consistent(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether a consistency proof holds (section 2.1.4.2)."""
    if old == new:
        return not proof and old_root == new_root
    if not 0 < old < new or not proof:
        return False
    steps = list(proof)
    if old & (old - 1) == 0:
        steps.insert(0, old_root)
    left, last = old - 1, new - 1
    while left & 1:
        left, last = left >> 1, last >> 1
    first = second = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if left & 1 or left == last:
            first, second = node_hash(step, first), node_hash(step, second)
            while not left & 1 and left:
                left, last = left >> 1, last >> 1
        else:
            second = node_hash(second, step)
        left, last = left >> 1, last >> 1
    return first == old_root and second == new_root and last == 0


def _split(count: int) -> int:
    """The greatest power of two below a count."""
    return 1 << ((count - 1).bit_length() - 1)


def _span(start: int, end: int, subtree: Subtree) -> bytes:
    """The hash over the leaves from `start` to `end`; `start` lies where a subtree of that size begins."""
    parts = []
    while start < end:
        level = (end - start).bit_length() - 1
        parts.append(subtree(level, start >> level))
        start += 1 << level
    return _joined(parts)


def _joined(parts: Sequence[bytes]) -> bytes:
    """The hash over neighbouring perfect subtrees, from the largest to the smallest."""
    node = parts[-1]
    for part in parts[-2::-1]:
        node = node_hash(part, node)
    return node
