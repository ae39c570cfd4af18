"""What rules of thumb and what is due look at of customers and of what is offered to them, as columns that a process
keeps."""

from __future__ import annotations

from projections.action_items import ACTION_ITEMS
from projections.commitments import COMMITMENTS
from projections.concessions import CONCESSIONS
from projections.contacts import CONTACTS
from projections.issues import ISSUES
from projections.kept_columns import Kind
from projections.needs import NEEDS
from projections.programme_partners import PROGRAMME_PARTNERS
from projections.pursuits import PURSUITS
from projections.quotes import QUOTES
from projections.resources import RESOURCES
from projections.team import TEAM_MEMBERS
from projections.value_given import VALUES
from projections.visits import VISITS

OUR_ACTION = Kind(
    VISITS, stream="account", account="account", where="our_action and status = 'planned'", ids={"item": "visit"}
)
OPEN_NEED = Kind(
    NEEDS,
    stream="account",
    account="account",
    where="status = 'open' and recorded is not null and coalesce(cardinality(opportunities), 0) = 0",
    ids={"item": "need"},
    moments={"recorded": "recorded"},
)
OPEN_ITEM = Kind(
    ACTION_ITEMS,
    stream="account",
    account="account",
    where="status = 'open'",
    ids={"item": "item", "owner": "owner"},
    days={"due_on": "due_on"},
)
OUR_COMMITMENT = Kind(
    COMMITMENTS,
    stream="account",
    account="account",
    where="status = 'open' and made_by = 'us'",
    ids={"item": "commitment", "owner": "owner"},
    days={"due_on": "due_on"},
)
OUR_VALUE = Kind(VALUES, stream="account", account="account", where="given_by = 'us'", moments={"given": "given"})
_TIMES = ("response_due", "responded", "response_missed", "resolution_due", "resolution_missed")
OPEN_ISSUE = Kind(
    ISSUES,
    stream="key",
    account="account",
    where="resolved is null",
    ids={"escalated_to": "escalated_to"},
    moments={each: each for each in _TIMES},
    numbers={"severity": "severity"},
)
CAUSED_ISSUE = Kind(
    ISSUES,
    stream="key",
    account="account",
    where="root_cause <> ''",
    words={"root_cause": "root_cause"},
    moments={"raised": "raised"},
)
LATE_DAYS = 7
_LATE = f"exists (select from events e where e.position = {{}} and e.recorded_at - at > interval '{LATE_DAYS} days')"
LATE_VISIT = Kind(VISITS, stream="account", account="account", where=_LATE.format("logged"), moments={"at": "at"})
LATE_CONTACT = Kind(CONTACTS, stream="account", account="account", where=_LATE.format("cause"), moments={"at": "at"})
"""What was recorded so many days later than it should, or imported."""
PARTNER = Kind(PROGRAMME_PARTNERS, stream="programme", account="account")
SPONSOR = Kind(TEAM_MEMBERS, stream="account", account="account", where="function = 'executive_sponsor'")
OPEN_QUOTE = Kind(QUOTES, stream="opportunity", where="status = 'issued' and followed_up_on is null")
CONCEDED = Kind(CONCESSIONS, stream="opportunity", where="not in_return")
SPENT = Kind(RESOURCES, stream="opportunity")
NOT_PURSUED = Kind(PURSUITS, stream="key", where="decision = 'no_go'")
