"""Every command that the door takes, by its name, and the words that name kinds of aggregates."""

from __future__ import annotations

from functools import cache

from api.commands import command_endpoints
from api.contact_files import contact_endpoints
from api.corrections import correction_endpoints
from api.endpoints import Endpoint
from api.forecast_calls import call_endpoints
from api.nouns import NOUNS
from api.policies import POLICIES, policy_endpoints
from api.subscriptions import subscription_commands
from domain.account_plan.account_plan import AccountPlan
from domain.aggregate import Aggregate
from domain.errors import NotFound
from domain.forecast_call.forecast_call import ForecastCall
from domain.language.catalogue import say
from domain.partner_programme.partner_programme import PartnerProgramme
from domain.strategy.strategy import KeyAccountStrategy
from domain.subscription.subscription import Subscription

WORDS: dict[str, type[Aggregate]] = {
    "plan": AccountPlan,
    "strategy": KeyAccountStrategy,
    "programme": PartnerProgramme,
}
"""Kinds of aggregates that are called by shorter words."""
ROOTS: dict[str, type[Aggregate]] = {
    **{root.__name__.lower(): root for root in NOUNS if root not in WORDS.values()},
    **WORDS,
    "forecast-call": ForecastCall,
    "subscription": Subscription,
    **POLICIES,
}


@cache
def given_endpoints() -> tuple[Endpoint, ...]:
    """The routes of all commands, with the questions that policies answer beside them; made once."""
    found = [*command_endpoints(), *correction_endpoints(), *contact_endpoints(), *policy_endpoints()]
    return (*found, *call_endpoints(), *subscription_commands())


def commands_by_name() -> dict[str, Endpoint]:
    """Every command that the door knows: Account.visits.log, Company.define …"""
    return {each.name: each for each in given_endpoints() if each.method != "GET"}


def root_of(word: str) -> type[Aggregate]:
    """The kind of aggregate that a word names: account, member, price-list … Raises NotFound."""
    root = ROOTS.get(word.strip().lower().replace("_", "-"))
    if root is None:
        raise NotFound(kind=say("kind of aggregate (known: {known})", known=", ".join(ROOTS)), key=word)
    return root


def word_of(root: type[Aggregate]) -> str:
    """The word that names a kind of aggregate."""
    return next(word for word, each in ROOTS.items() if each is root)


def command_named(endpoints: dict[str, Endpoint], root: type[Aggregate], name: str) -> Endpoint:
    """A command by its name, in the words of the domain or of a path. Raises NotFound."""
    plain = name.replace("/", ".").replace("-", "_")
    found = endpoints.get(f"{root.__name__}.{plain}")
    if found is None:
        known = sorted(each.partition(".")[2] for each in endpoints if each.startswith(f"{root.__name__}."))
        raise NotFound(
            kind=say("command of {name} (known: {known})", name=root.__name__, known=", ".join(known)), key=name
        )
    return found
