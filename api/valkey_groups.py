"""Consumer groups of a subscription's Valkey stream: the same over HTTP and on the command line."""

from __future__ import annotations

import re
from typing import Annotated

import msgspec

from api.access import Asker
from api.asking import Position, must_be_in_journal
from api.delivery_asking import subscription_of
from api.endpoints import Call, Endpoint, Reply
from domain.errors import NotFound, Refused
from domain.journal.journal import Journal
from domain.journal.restores import epoch
from domain.member import KeyScope, Role
from domain.subscription.subscription import SubscriptionHasEnded, Transport
from projections.streams.feed import feed_head
from projections.streams.subscriptions import subscriptions
from projections.streams.valkey_groups import Groups, ValkeyStore, groups_of

NAMES = re.compile(r"[A-Za-z0-9._:-]{1,100}")
OF = "/subscriptions/{id}/groups"


class NotAStream(Refused):
    """The subscription {name} over {transport} has no consumer groups: only one over valkey is a stream."""


class GroupNameUnusable(Refused):
    """{found} is not the name of a consumer group: state up to 100 letters, digits, dots, colons, hyphens and
    underscores."""


class GroupWanted(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Where the group shall stand: it gets the events after this position, also where the stream does not hold them any
    more. Not stated: what the subscription brings from its beginning."""

    after: Annotated[Position | None, msgspec.Meta(description="A position that was recorded already.")] = None


class Nothing(msgspec.Struct, forbid_unknown_fields=True):
    """No fields."""


class StreamGroups:
    """Of one subscription, for one who may see it, or `change` it. Raises NotFound, NotAllowed, NotAStream."""

    def __init__(self, journal: Journal, asker: Asker, stated: str, *, change: bool = False) -> None:
        self._journal = journal
        self.subscription = subscription_of(journal, asker, stated, change=change)
        name, transport = self.subscription.name, self.subscription.transport
        if transport is not Transport.VALKEY:
            raise NotAStream(name=name, transport=transport.value)
        if change and self.subscription.ended:
            raise SubscriptionHasEnded(name=name)

    def all(self) -> Groups:
        """The stream and its groups, as workers noted them last."""
        one = self.subscription
        return self._journal.streams.read(lambda c: groups_of(c, one.id, one.name, feed_head(c)))

    def put(self, name: str, after: int | None) -> Groups:
        """Have a group stand after a position. Raises GroupNameUnusable, AheadOfJournal."""
        if not NAMES.fullmatch(name):
            raise GroupNameUnusable(found=name[:120])
        position = self.subscription.after if after is None else after
        must_be_in_journal(self._journal, position)
        with self._journal.pool.connection() as connection:
            ValkeyStore(connection).ask(self.subscription.id, name, position, epoch(connection))
        return self.all()

    def remove(self, name: str) -> Groups:
        """Have a group removed: nothing is kept for it any more. Raises NotFound."""
        with self._journal.pool.connection() as connection:
            if not NAMES.fullmatch(name) or not ValkeyStore(connection).remove(self.subscription.id, name):
                raise NotFound(kind="group", key=name[:120])
        return self.all()


def seen_streams(journal: Journal, asker: Asker) -> list[StreamGroups]:
    """The Valkey streams that have not ended and that the asker may see, by name."""
    asker.must_have(KeyScope.STREAM, KeyScope.READ)
    sees_all = bool(asker.roles & {Role.ADMIN, Role.AUDITOR})
    found = [each for each in subscriptions(journal) if each.transport is Transport.VALKEY and not each.ended]
    return [StreamGroups(journal, asker, str(each.id)) for each in found if sees_all or each.owner == asker.member]


def group_endpoints() -> list[Endpoint]:
    """Groups over HTTP."""
    return [
        Endpoint("GET", OF, "groups.list", "A Valkey stream and its consumer groups, as noted each second.", _all,
                 Groups, tag="subscriptions", etag=False),
        Endpoint("PUT", f"{OF}/{{group}}", "groups.put", "Have a consumer group stand after a position, a new one or "
                 "one that is there: workers see to it within a second.", _put, Groups, body=GroupWanted,
                 tag="subscriptions", etag=False),
        Endpoint("POST", f"{OF}/{{group}}/remove", "groups.remove", "Remove a consumer group: nothing is kept for it "
                 "any more.", _remove, Groups, body=Nothing, tag="subscriptions", etag=False),
    ]  # fmt: skip


def _of(call: Call, *, change: bool = False) -> StreamGroups:
    return StreamGroups(call.doors.journal, call.asker, str(call.path["id"]), change=change)


def _all(call: Call) -> Reply:
    return Reply(_of(call).all())


def _put(call: Call) -> Reply:
    own = _of(call, change=True)
    return Reply(own.put(str(call.path["group"]), call.body(GroupWanted).after))


def _remove(call: Call) -> Reply:
    own = _of(call, change=True)
    call.body(Nothing)
    return Reply(own.remove(str(call.path["group"])))
