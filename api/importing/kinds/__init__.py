"""The table of contents: every kind of file that an import knows."""

from api.importing.kinds.accounts import ACCOUNTS
from api.importing.kinds.answers import ANSWERS
from api.importing.kinds.dealings import PURCHASES, SATISFACTION
from api.importing.kinds.facts import FACTS
from api.importing.kinds.issues import ISSUES
from api.importing.kinds.lists import LISTS
from api.importing.kinds.opportunities import OPPORTUNITIES, STAGE_HISTORY
from api.importing.kinds.people import MEMBERS, TERRITORIES
from api.importing.kinds.policies import HOLIDAYS, PRODUCTS, RATES, TARGETS
from api.importing.kinds.row import Kind
from api.importing.kinds.stakeholders import BUYERS, RELATIONSHIPS, STAKEHOLDERS
from api.importing.kinds.standing import KEY_STATUS, MANAGERS
from api.importing.kinds.visits import VISITS

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        ACCOUNTS,
        MEMBERS,
        TERRITORIES,
        PRODUCTS,
        OPPORTUNITIES,
        STAGE_HISTORY,
        STAKEHOLDERS,
        RELATIONSHIPS,
        BUYERS,
        VISITS,
        SATISFACTION,
        PURCHASES,
        KEY_STATUS,
        MANAGERS,
        ANSWERS,
        TARGETS,
        RATES,
        HOLIDAYS,
        FACTS,
        ISSUES,
        *LISTS,
    )
}
