"""Every command of accounts and what is theirs has a form that covers its body."""

import re
from html import unescape

import pytest

from api.console.forms.asked import ROOT_OF, doors
from api.console.forms.choices import FRESH
from api.console.forms.shapes import Kind, slots_of
from api.nouns import NOUNS, OPENINGS
from domain.account.account import Account
from domain.account_plan.account_plan import AccountPlan
from domain.experiment.experiment import Experiment
from domain.issue.issue import Issue
from domain.opportunity.opportunity import Opportunity
from domain.partner_programme.partner_programme import PartnerProgramme
from domain.policies.shipped_processes import DEFAULT_PROCESS
from domain.policies.shipped_selection import DEFAULT_MODEL
from domain.strategy.strategy import KeyAccountStrategy

FILES = {"Account.contacts.file"}
KEPT = {
    Account: "own",
    Opportunity: "own deal",
    Issue: "own issue",
    AccountPlan: "own plan",
    KeyAccountStrategy: "strategies",
    PartnerProgramme: "programmes",
    Experiment: "experiments",
}
COMMANDS = [
    (root, name)
    for root in KEPT
    for name in sorted(doors())
    if name.startswith(f"{root.__name__}.") and name not in FILES
]


def address(office, root, full_name):
    name = full_name.partition(".")[2]
    stated = "new" if OPENINGS.get(root) == name else office.ids[KEPT[root]]
    return f"/console/do/{NOUNS[root]}/{stated}/{name}"


@pytest.mark.parametrize(("root", "name"), COMMANDS, ids=[name for _, name in COMMANDS])
def test_a_form_has_a_field_for_all_that_a_command_takes(office, root, name):
    preset = f"account={office.ids['own']}" if OPENINGS.get(root) == name.partition(".")[2] else ""
    answer = office.get(address(office, root, name), "admin", preset=preset)
    assert answer.status_code == 200, answer.text
    found = re.findall(r'(?:data-field|name)="([^"]+)"', unescape(answer.text))
    named = {re.split(r"[.\[]", each)[0] for each in found}
    begun = {"id"} if "/new/" in address(office, root, name) else set()
    begun |= {"visit_id", "external_id"} if name.endswith(".correct") else set()
    wanted = {slot.name for slot in slots_of(doors()[name].body)} - begun - {FRESH.get(name), "position"}
    assert wanted - named == set()
    for slot in slots_of(doors()[name].body):
        inner = slot.shape.of or slot.shape
        if inner.kind in (Kind.IDENTIFIER, Kind.CHOICE):
            typed_by_hand = rf'<(textarea|input type="text")[^>]*name="{slot.name}[".\[]'
            assert not re.search(typed_by_hand, answer.text), slot.name


OTHERS = sorted(
    (word, name)
    for word, root in ROOT_OF.items()
    for name in doors()
    if name.startswith(f"{root.__name__}.") and root not in KEPT
)
KEYS = {"selection-model": DEFAULT_MODEL, "sales-process": DEFAULT_PROCESS}


@pytest.mark.parametrize(("word", "name"), OTHERS, ids=[f"{word} {name}" for word, name in OTHERS])
def test_policies_members_and_forecasts_have_forms_too(office, word, name):
    command = name.partition(".")[2]
    member = office.members["manager"] if word == "members" and command != "invite" else "new"
    answer = office.get(f"/console/do/{word}/{KEYS.get(word, member)}/{command}", "admin")
    assert answer.status_code == 200
    assert 'class="command"' in answer.text


def test_a_forecast_is_called_in_a_form(office):
    browser = office.signed_in()
    path = "/console/do/forecast/new/submit"
    shown = browser.get(path, preset="period=2030-Q1").text
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', shown)
    typed = {"period": "2030-Q1", "commit.amount": "120", "commit.currency": "EUR"}
    answer = browser.post(path, {**{name: unescape(value) for name, value in hidden}, **typed})
    assert answer.status_code == 303, re.findall(r"data-fault>([^<]*)", answer.text)
