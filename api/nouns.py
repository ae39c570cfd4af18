"""The kinds of aggregates that have routes: what these are called, and which command begins a new one."""

from __future__ import annotations

from domain.account.account import Account
from domain.account_plan.account_plan import AccountPlan
from domain.aggregate import Aggregate
from domain.experiment.experiment import Experiment
from domain.issue.issue import Issue
from domain.member import Member
from domain.opportunity.opportunity import Opportunity
from domain.partner_programme.partner_programme import PartnerProgramme
from domain.strategy.strategy import KeyAccountStrategy
from domain.subscription.subscription import Subscription

OPENINGS: dict[type[Aggregate], str] = {
    Account: "register",
    Opportunity: "open",
    Member: "invite",
    Subscription: "open",
    Issue: "raise_issue",
    AccountPlan: "draft",
    KeyAccountStrategy: "draft",
    PartnerProgramme: "open",
    Experiment: "start",
}
NOUNS: dict[type[Aggregate], str] = {
    Account: "accounts",
    Opportunity: "opportunities",
    Member: "members",
    Issue: "issues",
    AccountPlan: "plans",
    KeyAccountStrategy: "strategies",
    PartnerProgramme: "programmes",
    Experiment: "experiments",
}
