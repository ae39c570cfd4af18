"""The member (我方人员) and what belongs to one."""

from domain.member.key import (
    LIVE_KEYS,
    Key,
    KeyBornExpired,
    KeyExists,
    KeyScope,
    KeyUnknown,
    KeyWithoutScope,
    TooManyKeys,
)
from domain.member.member import (
    AccountsNotHandedOver,
    Lock,
    LockBornOver,
    Member,
    MemberHasLeft,
    NotLockedOut,
    NotOfTerritory,
    Role,
    RoleNotHeld,
)

__all__ = [
    "LIVE_KEYS",
    "AccountsNotHandedOver",
    "Key",
    "KeyBornExpired",
    "KeyExists",
    "KeyScope",
    "KeyUnknown",
    "KeyWithoutScope",
    "Lock",
    "LockBornOver",
    "Member",
    "MemberHasLeft",
    "NotLockedOut",
    "NotOfTerritory",
    "Role",
    "RoleNotHeld",
    "TooManyKeys",
]
