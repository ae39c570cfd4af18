"""The member (我方人员) and what belongs to one."""

from domain.member.member import (
    LIVE_KEYS,
    AccountsNotHandedOver,
    Key,
    KeyBornExpired,
    KeyExists,
    KeyScope,
    KeyUnknown,
    KeyWithoutScope,
    Member,
    MemberHasLeft,
    NotOfTerritory,
    Role,
    RoleNotHeld,
    TooManyKeys,
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
    "Member",
    "MemberHasLeft",
    "NotOfTerritory",
    "Role",
    "RoleNotHeld",
    "TooManyKeys",
]
