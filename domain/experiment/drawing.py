"""Who gets the offer and who does not, drawn so that everybody can draw the same again. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from uuid import UUID

from domain.errors import Refused
from domain.experiment.effect import LEAST
from domain.experiment.rules import GroupsIncomplete, SizesOfStatedGroups

Groups = tuple[tuple[UUID, ...], tuple[UUID, ...]]


class TooFewToDraw(Refused):
    """A group of {group} and a control group of {control} cannot be drawn from {found} accounts: each has {least} or
    more. State a wider segment, other sizes, or both groups by hand."""


def drawn(seed: UUID, accounts: Iterable[UUID], group_size: int | None, control_size: int | None) -> Groups:
    """The group and its control group, each in ascending order.

    The accounts are put in the order of SHA-256(seed, account), which is as good as chance and the same everywhere;
    the first are the group, the next the control. Without a size both halves are as large as can be, of an odd number
    the group is the larger; with one size the other side takes all the rest.
    """
    lots = sorted(set(accounts), key=lambda account: sha256(seed.bytes + account.bytes).digest())
    if group_size is None:
        group_size = len(lots) - control_size if control_size is not None else (len(lots) + 1) // 2
    if control_size is None:
        control_size = len(lots) - group_size
    if min(group_size, control_size) < LEAST or group_size + control_size > len(lots):
        raise TooFewToDraw(found=len(lots), group=group_size, control=control_size, least=LEAST)
    return tuple(sorted(lots[:group_size])), tuple(sorted(lots[group_size : group_size + control_size]))


def groups_of(
    seed: UUID, stated: Groups, sizes: tuple[int | None, int | None], segment: str, candidates: Iterable[UUID]
) -> tuple[Groups, UUID | None]:
    """The groups as they are stated, or drawn from the candidates of a segment; and what they were drawn by."""
    if any(stated):
        if sizes != (None, None):
            raise SizesOfStatedGroups(group=len(stated[0]), control=len(stated[1]))
        return stated, None
    if not segment:
        raise GroupsIncomplete(group=0, control=0)
    return drawn(seed, candidates, *sizes), seed
