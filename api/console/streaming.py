"""How a subscription stands, in words: its state, what keeps it, and what to do about it."""

from __future__ import annotations

from collections.abc import Set
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from api.console.formats import DASH
from api.console.frame import Frame
from api.delivery_asking import Deliveries, SubscriptionStatus
from api.delivery_reasons import reason_said
from api.endpoints import Call
from api.names import with_members
from api.subscriptions import state_of
from domain.errors import KamsError
from domain.journal.journal import Journal
from domain.language.catalogue import say, spoken_detail
from domain.member import Member
from domain.subscription.subscription import Subscription, Transport
from projections.names import account_names
from projections.streams.deliveries import EVERY_LANE
from projections.streams.delivery_answers import DeliveryLine, log_of
from projections.streams.feed import feed_head
from projections.streams.valkey_groups import Groups, groups_of
from projections.view import View

TAKEN_UP_SECONDS = 10.0
"""Within so many seconds a worker takes up what is new; sooner nothing is missing."""


class Stands(msgspec.Struct, kw_only=True):
    """A subscription, with how its deliveries or its stream stand. `tone` and `word` say it at a glance, `found` what
    is the matter, `todo` what to do."""

    one: Subscription
    state: str
    tone: str
    word: str
    found: str
    todo: str
    lag_events: int = 0
    lag_seconds: float = 0.0
    status: SubscriptionStatus | None = None
    last: DeliveryLine | None = None
    groups: Groups | None = None


def stands(call: Call, one: Subscription) -> Stands:
    """How one stands now."""
    journal = call.doors.journal
    if one.transport is Transport.VALKEY:
        return _stream(journal, one)
    status = Deliveries(journal, call.asker, str(one.id)).status(call.now)
    last = journal.streams.read(lambda connection: log_of(connection, one.id, 1))
    tone, word, found, todo = _of_webhook(one, status, call.now)
    return Stands(
        one=one,
        state=status.state,
        tone=tone,
        word=word,
        found=found,
        todo=todo,
        lag_events=status.lag_events,
        lag_seconds=status.lag_seconds,
        status=status,
        last=last[0] if last else None,
    )


def may_change(call: Call, one: Subscription) -> bool:
    """Whether the asker may give it commands."""
    try:
        Deliveries(call.doors.journal, call.asker, str(one.id), change=True)
    except KamsError:
        return _is_stream_of(call, one)
    return True


def _is_stream_of(call: Call, one: Subscription) -> bool:
    from api.valkey_groups import StreamGroups

    try:
        StreamGroups(call.doors.journal, call.asker, str(one.id), change=True)
    except KamsError:
        return False
    return True


def _stream(journal: Journal, one: Subscription) -> Stands:
    groups = journal.streams.read(lambda connection: groups_of(connection, one.id, one.name, feed_head(connection)))
    lag = max((each.lag for each in groups.groups), default=max(0, groups.head - groups.examined))
    tone, word, found, todo = _still(one) or ("good", say("runs"), "", "")
    if tone == "good" and groups.waits:
        tone, word, found = "bad", say("stands still"), reason_said(groups.waits)
        todo = say("Valkey is to be mended, or has no room: it goes on by itself.")
    elif tone == "good" and one.behind:
        tone, word, found = "bad", say("behind"), say("The slowest group is behind by more than its alarm allows.")
        todo = say("Look which group does not acknowledge: nothing is lost for it.")
    return Stands(
        one=one, state=state_of(one), tone=tone, word=word, found=found, todo=todo, lag_events=lag, groups=groups
    )


def _still(one: Subscription) -> tuple[str, str, str, str] | None:
    """What was stopped: by a person, by a worker, for good."""
    if one.ended:
        return "plain", say("ended"), say("It has ended for good."), say("Open another one if it is needed.")
    if one.disabled:
        todo = say("Mend the reason, then resume it: it goes on where it stood, nothing is lost.")
        return "bad", say("disabled"), reason_said(one.disabled), todo
    if one.paused:
        return "warn", say("paused"), one.paused, say("Resume it: it goes on where it stood, nothing is lost.")
    return None


def _of_webhook(one: Subscription, status: SubscriptionStatus, now: datetime) -> tuple[str, str, str, str]:
    if still := _still(one):
        return still
    if status.host is not None and status.host.open_until > now:
        todo = say("Look whether the receiver is up: its host is left alone, and tried again by itself.")
        return "bad", say("circuit open"), reason_said(status.host.reason), todo
    if status.waits_until is not None:
        return "warn", say("waits"), reason_said(status.waits_for), say("It is tried again by itself.")
    if status.lanes:
        todo = say("Mend the receiver: what waits is tried again by itself, in order; other accounts go on meanwhile.")
        return "warn", say("some wait"), reason_said(status.lanes[0].reason), todo
    if one.behind:
        todo = say("Nothing is lost: it is brought as fast as the receiver takes it.")
        return "bad", say("behind"), say("It is behind by more than its alarm allows."), todo
    if not status.worked_on and status.lag_events and status.lag_seconds > TAKEN_UP_SECONDS:
        return "warn", say("no worker"), reason_said(say("no worker is at it: `kams work` or `kams up` delivers")), ""
    if status.dead_letters:
        todo = say("Mend the reason, then send them again.")
        found = say("Dead letters that wait to be sent again: {count}.", count=status.dead_letters)
        return "warn", say("runs"), found, todo
    return "good", say("runs"), "", ""


def lane_names(frame: Frame[Any], view: View, lanes: Set[UUID]) -> dict[UUID, str]:
    """What the events of each lane are about: an account by its name where the asker may see it, a member by his,
    anything else by its kind."""
    journal = frame.call.doors.journal
    names = {EVERY_LANE: say("all, in one order"), **account_names(view, lanes)}
    opened = journal.streams.openings(lanes - names.keys())
    roots = {key: fact.event.topic.partition(".")[0] for key, fact in opened.items()}
    kinds = {key: str(spoken_detail(root)) for key, root in roots.items()}
    people = [key for key, root in roots.items() if root == Member.__name__]
    if people and frame.may_read_people(view):
        kinds = with_members(journal, view, kinds, people)
    return {lane: names.get(lane) or kinds.get(lane) or DASH for lane in lanes}


def state_words() -> dict[str, str]:
    """The states of redeliveries as people say them."""
    return {
        "waiting": say("waiting"),
        "running": say("running"),
        "stopped": say("stopped"),
        "done": say("done"),
    }


def age_words(seconds: float) -> str:
    """How long something has waited."""
    if seconds < 120:
        return say("{count} s", count=round(seconds))
    if seconds < 7200:
        return say("{count} min", count=round(seconds / 60))
    if seconds < 172_800:
        return say("{count} h", count=round(seconds / 3600))
    return say("{count} [day|days]", count=round(seconds / 86_400))


def kind_words(kind: str) -> str:
    """What was asked to be sent again."""
    return {"range": say("positions"), "dead_letters": say("dead letters"), "test": say("test")}.get(kind, kind)
