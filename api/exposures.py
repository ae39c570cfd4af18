"""Exposure at the door: names of both sides, opened for those who may read them."""

from __future__ import annotations

from api.names import member_names, stakeholder_names
from domain.journal.journal import Journal
from projections.exposure_answer import ExposureAnswer, Side
from projections.view import View


def opened_exposure(journal: Journal, view: View, answer: ExposureAnswer) -> ExposureAnswer:
    """The same answer with the names of members and contacts, for an asker who may read personal data."""
    accounts = {one for each in answer.exposures for account in each.accounts for one in view.together(account)}
    ours, theirs = member_names(journal, view), stakeholder_names(journal, view, accounts)
    for each in answer.exposures:
        each.name = (ours if each.side is Side.MANAGER else theirs).get(each.person)
        for thread in (*each.single_threads, *(each.knowledge.assessed_alone if each.knowledge else ())):
            thread.name = theirs.get(thread.stakeholder)
    return answer
