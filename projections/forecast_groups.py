"""Which groups a forecast lists under a filter, and what lies below a territory."""

from __future__ import annotations

from projections.deals import Filters, below
from projections.funnel import By
from projections.view import View


def within(view: View, by: By, filters: Filters) -> set[str] | None:
    """The keys of the groups that lie within a filter, whether or not they have a deal; None without a filter. Others
    are listed where they have a deal of the filter: a territory above the filter, or beside it, never has."""
    territories = below(filters, view)
    if not (filters.owner or filters.product or filters.account or territories is not None):
        return None
    match by:
        case By.OWNER if filters.owner:
            return {str(filters.owner)}
        case By.OWNER if territories is not None:
            return {str(key) for key, (_, territory) in view.members().items() if territory in territories}
        case By.TERRITORY:
            return set(territories or ())
        case By.PRODUCT if filters.product:
            return {filters.product}
        case By.ACCOUNT if filters.account:
            return {str(view.leads_to(filters.account))}
    return set()


def parts_of(view: View, by: By, key: str) -> set[str]:
    """The groups of which one consists: a territory and all that lie below it, else itself."""
    return {key, *view.policies.territories.below(key)} if by is By.TERRITORY and key else {key}
