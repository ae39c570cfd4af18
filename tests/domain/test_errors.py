"""What an error says: its docstring filled with its details, its rule for machines."""

from uuid import UUID

import pytest

import domain
from domain.account.account import Account
from domain.errors import Fault, Malformed, NotFound, Refused
from domain.visibility import Visibility


class TooMany(Refused):
    """There are {found} of {kind}: state at most {limit}.

    What stands here is not said.
    """


def test_a_refusal_says_its_first_paragraph_and_is_named_by_its_class():
    refusal = TooMany(found=3, kind="lamps", limit=2)
    assert str(refusal) == "There are 3 of lamps: state at most 2."
    assert refusal.rule == "TooMany"
    assert refusal.details == {"found": 3, "kind": "lamps", "limit": 2}


def test_a_detail_that_was_forgotten_is_named():
    assert str(TooMany(found=3, kind="lamps")) == "There are 3 of lamps: state at most (limit not stated)."


def test_wrong_fields_are_told_together_and_kept_one_by_one():
    wrong = Malformed(Fault("a", "x", "expected a number"), Fault("b[2]", "", "required"))
    assert str(wrong) == "The input has 2 wrong field(s): a: expected a number; b[2]: required."
    assert [fault.field for fault in wrong.faults] == ["a", "b[2]"]


def test_what_is_not_there_and_what_is_not_to_be_seen_are_answered_alike():
    assert str(NotFound(kind="account", key="A9")) == "There is no account A9, or you may not see it."


def test_who_may_read_all_sees_everything_with_personal_data():
    auditor = UUID(int=7)
    whole = Visibility.whole(auditor)
    assert (whole.member, whole.everything, whole.personal) == (auditor, True, True)
    assert (whole.managers, whole.territories) == (frozenset(), frozenset())


def test_the_domain_offers_its_words_and_no_private_ones():
    assert domain.Account is Account
    with pytest.raises(AttributeError):
        domain._no_word  # noqa: B018
