"""Merkle trees against the known roots of the Certificate Transparency reference, and against the definition."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.seal.merkle import (
    consistency_proof,
    inclusion_proof,
    is_consistent,
    leaf_hash,
    node_hash,
    root_at,
    root_by_inclusion,
    root_of,
)

ENTRIES = [
    bytes.fromhex(each)
    for each in "|00|10|2021|3031|40414243|5051525354555657|606162636465666768696a6b6c6d6e6f".split("|")
]
ROOTS = """
6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d
fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125
aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77
d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7
4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4
76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef
ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c
5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328
""".split()
LEAVES = [leaf_hash(n.to_bytes(2, "big")) for n in range(300)]
sizes = st.integers(1, len(LEAVES))


def subtree(level: int, place: int) -> bytes:
    return by_definition(LEAVES[place << level : (place + 1) << level])


def by_definition(leaves: list[bytes]) -> bytes:
    """Section 2.1.1, word for word."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(by_definition(leaves[:split]), by_definition(leaves[split:]))


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_those_of_the_reference(size):
    assert root_of(map(leaf_hash, ENTRIES[:size])).hex() == ROOTS[size - 1]


def test_the_empty_tree_has_the_hash_of_nothing():
    assert (
        root_of([]).hex()
        == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        == root_at(0, subtree).hex()
    )


@given(sizes)
def test_a_root_of_subtrees_is_the_root_of_the_leaves(size):
    assert root_at(size, subtree) == root_of(LEAVES[:size]) == by_definition(LEAVES[:size])


@given(sizes, st.data())
def test_an_inclusion_proof_leads_to_the_root_from_its_leaf_alone(size, data):
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(index, size, subtree)
    root = root_of(LEAVES[:size])
    assert root_by_inclusion(index, size, LEAVES[index], proof) == root
    assert root_by_inclusion(index, size, leaf_hash(b"another"), proof) != root
    assert root_by_inclusion(size, size, LEAVES[index], proof) is None
    assert root_by_inclusion(index, size, LEAVES[index], [*proof, root]) is None


@given(sizes, st.data())
def test_a_consistency_proof_holds_for_its_beginning_alone(new, data):
    old = data.draw(st.integers(1, new))
    proof = consistency_proof(old, new, subtree)
    roots = root_of(LEAVES[:old]), root_of(LEAVES[:new])
    assert is_consistent(old, new, *roots, proof)
    assert not is_consistent(old, new, leaf_hash(b"another"), roots[1], proof)
    assert not is_consistent(old, new, roots[0], leaf_hash(b"another"), proof)
    assert not is_consistent(old, new, *roots, [*proof, roots[0]])


@pytest.mark.parametrize(("old", "new"), [(0, 5), (6, 5), (3, 5)])
def test_a_consistency_proof_without_hashes_holds_for_equal_sizes_alone(old, new):
    root = root_of(LEAVES[:5])
    assert not is_consistent(old, new, root, root, [])
    assert is_consistent(5, 5, root, root, [])
    assert not is_consistent(5, 5, root, root, [root])
