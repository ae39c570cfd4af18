"""Commands by name and body: what is sealed, what is handed in, what a repetition is known by."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import msgspec
import psycopg
import pytest

from domain.account.account import Account
from domain.aggregate import NotYetOpened
from domain.claims import AlreadyClaimed
from domain.commands import Commands, MustNotBeBlank, command_type, commands_of
from domain.errors import NotFound, RepeatedDifferently
from domain.journal.context import Context, Outcome
from domain.journal.journal import Journal
from domain.money import Money
from domain.opportunity.buyers import BuyerRole, Support
from domain.opportunity.opportunity import AccountUnknown, Opportunity
from domain.policies.policy import policy_id
from domain.policies.sales_process import SalesProcess
from domain.policies.shipped_processes import DEFAULT_PROCESS

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
NOW = Context(at=MONDAY)


@pytest.fixture
def journal(migrated_url: str) -> Iterator[Journal]:
    journal = Journal(migrated_url)
    yield journal
    journal.close()


@pytest.fixture
def commands(journal: Journal) -> Commands:
    return Commands(journal)


def give(commands: Commands, root, aggregate_id: UUID, command: str, context: Context = NOW, /, **body) -> Outcome:
    return commands.give(root, aggregate_id, command, command_type(root, command).body(**body), context)


@pytest.fixture
def account(commands: Commands) -> UUID:
    account = uuid4()
    give(commands, Account, account, "register", name="ACME")
    return account


@pytest.fixture
def deal(commands: Commands, account: UUID) -> UUID:
    deal = uuid4()
    give(commands, Opportunity, deal, "open", account=account, title="Line 7", amount=Money.of(9, "EUR"))
    return deal


def with_key(**changes) -> Context:
    return msgspec.structs.replace(NOW, command_id=uuid4(), **changes)


def test_a_command_is_found_by_its_name_and_an_unknown_one_is_answered_with_the_known() -> None:
    assert {"register", "visits.log", "stakeholders.add"} <= set(commands_of(Account))
    with pytest.raises(NotFound, match=r"known: .*visits\.log"):
        command_type(Account, "visits.burn")


def test_the_body_of_a_command_has_its_parameters_but_not_what_is_handed_in() -> None:
    body = command_type(Opportunity, "open").body
    fields = {field.name for field in msgspec.structs.fields(body)}
    assert {"account", "title", "process"} <= fields
    assert not {"sales_process", "customer"} & fields
    assert body.__doc__
    with pytest.raises(msgspec.ValidationError, match="unknown field"):
        msgspec.convert({"account": str(uuid4()), "title": "x", "colour": "red"}, body)


def test_names_and_texts_are_sealed_before_the_decision(commands: Commands, account: UUID) -> None:
    person = uuid4()
    give(commands, Account, account, "stakeholders.add", stakeholder_id=person, name="王伟", email="  ")
    added = commands.journal.streams.history(account)[-1].event
    assert added.email is None
    assert commands.journal.people.open(added.name, "name") == "王伟"
    visit = uuid4()
    give(commands, Account, account, "visits.log", visit_id=visit, stakeholders=(person,), outcome="a test is agreed")
    logged = commands.journal.streams.history(account)[-1].event
    assert commands.journal.people.open(logged.outcome, "outcome") == "a test is agreed"
    assert logged.outcome.key != added.name.key


def test_a_blank_name_is_refused_where_one_is_required(commands: Commands, account: UUID) -> None:
    with pytest.raises(MustNotBeBlank, match="name must not be blank"):
        give(commands, Account, account, "stakeholders.add", stakeholder_id=uuid4(), name=" ")


def test_what_is_not_stated_in_a_change_stays(commands: Commands, account: UUID) -> None:
    person = uuid4()
    give(commands, Account, account, "stakeholders.add", stakeholder_id=person, name="王伟", phone="1")
    give(commands, Account, account, "stakeholders.change", with_key(), stakeholder_id=person, phone="2")
    changed = commands.journal.streams.history(account)[-1].event
    assert changed.name is msgspec.UNSET
    assert commands.journal.people.open(changed.phone, "phone") == "2"


def test_a_deal_may_be_older_than_the_record_of_its_account_but_not_without_one(
    commands: Commands, account: UUID
) -> None:
    opening = {"account": account, "title": "Line 7"}
    earlier = Context(at=MONDAY - timedelta(days=1))
    assert give(commands, Opportunity, uuid4(), "open", earlier, **opening).version == 1
    with pytest.raises(AccountUnknown):
        give(commands, Opportunity, uuid4(), "open", account=uuid4(), title="Line 8")
    assert give(commands, Opportunity, uuid4(), "open", **opening).version == 1


def test_a_command_to_what_was_never_opened_says_so(commands: Commands) -> None:
    with pytest.raises(NotYetOpened):
        give(commands, Opportunity, uuid4(), "advance", to="confirmed")
    with pytest.raises(NotYetOpened):
        give(
            commands,
            Opportunity,
            uuid4(),
            "buyers.map",
            stakeholder=uuid4(),
            role=next(iter(BuyerRole)),
            support=next(iter(Support)),
        )


def test_a_policy_changed_elsewhere_is_seen_by_the_next_decision(
    commands: Commands, deal: UUID, migrated_url: str
) -> None:
    give(commands, Opportunity, deal, "advance", to="confirmed", override="told so")
    other = Journal(migrated_url)
    process = policy_id("SalesProcess", DEFAULT_PROCESS)
    shipped = SalesProcess(id=process).to_document()
    other.run(SalesProcess, process, lambda it: it.define_from({**shipped, "name": "Ours"}), NOW)
    other.close()
    later = Context(at=MONDAY + timedelta(days=1))
    give(commands, Opportunity, deal, "advance", later, to="ours", override="told so")
    assert commands.journal.streams.history(deal)[-1].event.process_edition == 1


def test_a_repetition_is_known_by_its_content(commands: Commands, deal: UUID) -> None:
    context = with_key()
    amount = Money.of(20, "EUR")
    first = give(commands, Opportunity, deal, "revise_amount", context, amount=amount)
    again = give(commands, Opportunity, deal, "revise_amount", context, amount=amount)
    assert (again.positions, again.repeated) == (first.positions, True)
    with pytest.raises(RepeatedDifferently):
        give(commands, Opportunity, deal, "revise_amount", context, amount=Money.of(21, "EUR"))


def test_what_a_repetition_is_known_by_holds_no_name_in_the_clear(
    commands: Commands, account: UUID, migrated_url: str
) -> None:
    context, person = with_key(), uuid4()
    body = {"stakeholder_id": person, "name": "王伟"}
    give(commands, Account, account, "stakeholders.add", context, **body)
    assert give(commands, Account, account, "stakeholders.add", context, **body).repeated
    with psycopg.connect(migrated_url, autocommit=True) as connection:
        connection.execute("delete from person_keys")  # the person is forgotten: a guess cannot be proved any more
    commands.journal.people.forget_cached()
    with pytest.raises(RepeatedDifferently):
        give(commands, Account, account, "stakeholders.add", context, **body)


def test_a_correction_withdraws_and_records_in_one_step(commands: Commands, account: UUID) -> None:
    visit = uuid4()
    first = give(commands, Account, account, "visits.log", visit_id=visit, minutes=30)
    body = command_type(Account, "visits.log").body(visit_id=visit, minutes=45, next_step_on=date(2026, 3, 9))
    outcome = commands.correct(Account, account, first.position, "typo", "visits.log", body, MONDAY, with_key())
    withdrawn, logged = commands.journal.streams.facts(first.position, 10)
    assert (withdrawn.event.position, logged.event.minutes) == (first.position, 45)
    assert outcome.positions == (withdrawn.position, logged.position)
    assert withdrawn.recorded_at == logged.recorded_at
    with pytest.raises(AlreadyClaimed):
        give(commands, Account, account, "visits.log", visit_id=visit, minutes=30)
