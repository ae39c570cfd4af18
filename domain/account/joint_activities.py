"""Joint activities (联合推广, 创新): proposed, started, concluded; what each side puts in and what came of it."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, ClassVar
from uuid import UUID

import msgspec

from domain.account.dealings import listed
from domain.account.visits import ObjectiveMet
from domain.aggregate import Event, Part, command
from domain.claims import Claim
from domain.errors import Refused
from domain.money import CurrenciesDiffer, Money
from domain.opportunity.amounts import see_that_it_is_not_negative
from domain.sealed import FreeText, Sealed

if TYPE_CHECKING:
    from domain.account.account import Account


class JointActivityKind(enum.StrEnum):
    """What both do together (联合推广, 联合开发, 培训, 新品试用, 活动, 共享场地, 共享宣传)."""

    JOINT_PROMOTION = "joint_promotion"
    CO_DEVELOPMENT = "co_development"
    TRAINING = "training"
    NEW_PRODUCT_TRIAL = "new_product_trial"
    EVENT = "event"
    SHARED_SPACE = "shared_space"
    SHARED_CAMPAIGN = "shared_campaign"


class Contributor(enum.StrEnum):
    """Who puts something in: we, the customer, or a further partner."""

    US = "us"
    CUSTOMER = "customer"
    PARTNER = "partner"


class InputKind(enum.StrEnum):
    """What is put in (资金, 时间, 创意, 场地)."""

    MONEY = "money"
    TIME = "time"
    IDEAS = "ideas"
    SPACE = "space"


class Input(msgspec.Struct, frozen=True, kw_only=True):
    """What one side puts in. Money has an amount, time has `days` (person-days); whatever it is may have an amount that
    says what it is worth. `what` is a word or two and names no person."""

    by: Contributor
    kind: InputKind
    amount: Money | None = None
    days: Decimal | None = None
    what: str = ""


class TitleBlank(Refused):
    """The title of the joint activity is blank: state one."""


class InputWithoutMeasure(Refused):
    """What {by} puts in as {kind} has no {expected}: state it."""


class NotDays(Refused):
    """{found} are no person-days: state a number above 0."""

    about = ("inputs",)


class ActivityEndsBeforeItStarts(Refused):
    """The joint activity would end on {end_on}, before it starts on {start_on}: state that day or a later one."""


class AttendanceNegative(Refused):
    """{attendance} people cannot have attended: state 0 or more, or nothing."""


class JointActivityNotOpen(Refused):
    """There is no joint activity {activity} at that moment that is {wanted}. There are: {known}."""


class JointActivityOpenAlready(Refused):
    """The joint activity {activity} is proposed or under way already: conclude it, or use a new identifier."""


class NeverStarted(Refused):
    """The joint activity {activity} was never started, so nothing was put in and nobody attended: start it first, or
    leave out `inputs`, `attendance` and `aim_met`."""


class JointActivities(Part, eq=False):
    """The activities of an account that are proposed (False) or under way (True). What is concluded leaves the
    state."""

    if TYPE_CHECKING:
        root: ClassVar[Account]

    open: dict[UUID, bool] = msgspec.field(default_factory=dict)

    class JointActivityProposed(Event):
        """One side proposed to do something together. `partners` are further accounts, `other_partners` names of
        companies that are none; `inputs` is what each side is to put in."""

        activity_id: UUID
        kind: JointActivityKind
        title: str
        aim: Sealed
        proposed_by: Contributor = Contributor.US
        partners: tuple[UUID, ...] = ()
        other_partners: tuple[str, ...] = ()
        stakeholders: tuple[UUID, ...] = ()
        people: tuple[UUID, ...] = ()
        inputs: tuple[Input, ...] = ()
        start_on: date | None = None
        end_on: date | None = None

        def check(self, part: JointActivities) -> None:
            """Not open yet, titled, with inputs that say how much, in the right order of days."""
            if self.activity_id in part.open:
                raise JointActivityOpenAlready(activity=self.activity_id)
            if not self.title.strip():
                raise TitleBlank()
            if self.start_on and self.end_on and self.end_on < self.start_on:
                raise ActivityEndsBeforeItStarts(start_on=self.start_on, end_on=self.end_on)
            _must_say_how_much(self.inputs)
            part.root.must_have_present(self.stakeholders)

        def apply(self, part: JointActivities) -> None:
            """It is proposed."""
            part.open[self.activity_id] = False

        def claims(self, aggregate_id: UUID) -> list[Claim]:
            """An activity is proposed once."""
            return [Claim("joint-activity", str(aggregate_id), str(self.activity_id))]

    class JointActivityStarted(Event):
        """It is under way; `inputs`, where stated, replace what was proposed."""

        activity_id: UUID
        inputs: tuple[Input, ...] = ()

        def check(self, part: JointActivities) -> None:
            """Proposed, and not started yet."""
            part.must_be_open(self.activity_id, under_way=False)
            _must_say_how_much(self.inputs)

        def apply(self, part: JointActivities) -> None:
            """It is under way."""
            part.open[self.activity_id] = True

    class JointActivityConcluded(Event):
        """It is over or, where it was never started, given up. `inputs`, where stated, is what each side did put in."""

        activity_id: UUID
        result: Sealed
        aim_met: ObjectiveMet | None = None
        attendance: int | None = None
        inputs: tuple[Input, ...] = ()

        def check(self, part: JointActivities) -> None:
            """Open until now; attended and paid for only where it took place."""
            part.must_be_open(self.activity_id)
            if self.attendance is not None and self.attendance < 0:
                raise AttendanceNegative(attendance=self.attendance)
            took_place = bool(self.inputs) or self.attendance is not None or self.aim_met is not None
            if took_place and not part.open[self.activity_id]:
                raise NeverStarted(activity=self.activity_id)
            _must_say_how_much(self.inputs)

        def apply(self, part: JointActivities) -> None:
            """It is open no longer."""
            part.open.pop(self.activity_id, None)

    def must_be_open(self, activity: UUID, *, under_way: bool | None = None) -> None:
        """Refuse an activity that is not open, or not (`under_way`) started or proposed as wanted."""
        fitting = [key for key, started in self.open.items() if under_way in (None, started)]
        if activity not in fitting:
            wanted = "proposed or under way" if under_way is None else "proposed and not started"
            raise JointActivityNotOpen(activity=activity, wanted=wanted, known=listed(fitting))

    @command
    def propose(
        self,
        *,
        activity_id: UUID,
        kind: JointActivityKind,
        title: str,
        aim: Annotated[Sealed, FreeText(("stakeholders",))],
        proposed_by: Contributor = Contributor.US,
        partners: tuple[UUID, ...] = (),
        other_partners: tuple[str, ...] = (),
        stakeholders: tuple[UUID, ...] = (),
        people: tuple[UUID, ...] = (),
        inputs: tuple[Input, ...] = (),
        start_on: date | None = None,
        end_on: date | None = None,
    ) -> None:
        """Propose a joint activity: its title and aim, who takes part, what each side is to put in, and when.

        `partners` are further accounts, `other_partners` names of companies that are none; `people` are ours,
        `stakeholders` theirs. An input is such as {"by": "customer", "kind": "time", "days": "3"}.
        """
        self.record(
            self.JointActivityProposed(
                activity_id=activity_id,
                kind=kind,
                title=title.strip(),
                aim=aim,
                proposed_by=proposed_by,
                partners=partners,
                other_partners=other_partners,
                stakeholders=stakeholders,
                people=people,
                inputs=_normal(inputs),
                start_on=start_on,
                end_on=end_on,
            )
        )

    @command
    def start(self, *, activity_id: UUID, inputs: tuple[Input, ...] = ()) -> None:
        """Start a proposed activity. `inputs`, where stated, replace what each side was to put in."""
        if not self.open.get(activity_id) or inputs:
            self.record(self.JointActivityStarted(activity_id=activity_id, inputs=_normal(inputs)))

    @command
    def conclude(
        self,
        *,
        activity_id: UUID,
        result: Annotated[Sealed, FreeText()],
        aim_met: ObjectiveMet | None = None,
        attendance: int | None = None,
        inputs: tuple[Input, ...] = (),
    ) -> None:
        """Conclude an activity: its result, whether the aim was met, how many attended, what each side did put in.

        One that was never started is given up: its result says why.
        """
        self.record(
            self.JointActivityConcluded(
                activity_id=activity_id,
                result=result,
                aim_met=aim_met,
                attendance=attendance,
                inputs=_normal(inputs),
            )
        )


def _normal(inputs: Iterable[Input]) -> tuple[Input, ...]:
    return tuple(msgspec.structs.replace(each, amount=each.amount and each.amount.normal()) for each in inputs)


def _must_say_how_much(inputs: Iterable[Input]) -> None:
    """Money as an amount, time as days, ideas and space by what they are; all amounts in one currency."""
    currency = ""
    for each in inputs:
        see_that_it_is_not_negative(each.amount)
        if each.days is not None and not (each.days.is_finite() and each.days > 0):
            raise NotDays(found=each.days)
        field = {InputKind.MONEY: "amount", InputKind.TIME: "days"}.get(each.kind, "what")
        if getattr(each, field) in (None, ""):
            raise InputWithoutMeasure(by=each.by, kind=each.kind, expected=field)
        if each.amount and currency not in ("", each.amount.currency):
            raise CurrenciesDiffer(left=currency, right=each.amount.currency)
        currency = each.amount.currency if each.amount else currency
