"""What ends something that was open with an account: one that has ended by a merge takes that, too, so that nothing
stays open for ever."""

from __future__ import annotations

from domain.account.action_items import ActionItems
from domain.account.commitments import Commitments
from domain.account.joint_activities import JointActivities
from domain.account.needs import Needs
from domain.account.payments import Payments
from domain.account.value import Value
from domain.account.visits import Visits
from domain.aggregate import Event

CLOSING = (
    ActionItems.ActionItemDone,
    ActionItems.ActionItemDropped,
    Commitments.CommitmentKept,
    Commitments.CommitmentBroken,
    JointActivities.JointActivityConcluded,
    Needs.NeedMet,
    Needs.NeedDropped,
    Payments.PaymentSettled,
    Value.ValueAcknowledged,
    Visits.VisitCancelled,
)


def ends_what_was_open(event: Event) -> bool:
    """Whether a fact ends something that was open before; of visits, a log of one that was planned does."""
    return isinstance(event, CLOSING) or (isinstance(event, Visits.VisitLogged) and not event.ad_hoc)
