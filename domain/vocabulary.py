"""The words of the language, and with them every event: whoever reads events imports this first."""

from domain.access_log import AccessLog
from domain.account.account import Account
from domain.account_plan.account_plan import AccountPlan
from domain.errors import Conflict, KamsError, Malformed, NotFound, Refused
from domain.experiment.experiment import Experiment
from domain.finding import Finding
from domain.forecast_call.forecast_call import ForecastCall
from domain.issue.issue import Issue
from domain.member import Member
from domain.money import Money
from domain.opportunity.opportunity import Opportunity
from domain.partner_programme.partner_programme import PartnerProgramme
from domain.person_forgetting import Person
from domain.policies.company import Company
from domain.policies.exchange_rates import ExchangeRates
from domain.policies.forecast_policy import ForecastPolicy
from domain.policies.price_list import PriceList
from domain.policies.sales_process import SalesProcess
from domain.policies.sales_target import SalesTarget
from domain.policies.segments import Segments
from domain.policies.selection_model import SelectionModel
from domain.policies.service_policy import ServicePolicy
from domain.policies.skill_model import SkillModel
from domain.policies.territories import Territories
from domain.policies.visit_template import VisitTemplate
from domain.strategy.strategy import KeyAccountStrategy
from domain.subscription.subscription import Subscription
from domain.visibility import Visibility

__all__ = [
    "AccessLog",
    "Account",
    "AccountPlan",
    "Company",
    "Conflict",
    "ExchangeRates",
    "Experiment",
    "Finding",
    "ForecastCall",
    "ForecastPolicy",
    "Issue",
    "KamsError",
    "KeyAccountStrategy",
    "Malformed",
    "Member",
    "Money",
    "NotFound",
    "Opportunity",
    "PartnerProgramme",
    "Person",
    "PriceList",
    "Refused",
    "SalesProcess",
    "SalesTarget",
    "Segments",
    "SelectionModel",
    "ServicePolicy",
    "SkillModel",
    "Subscription",
    "Territories",
    "Visibility",
    "VisitTemplate",
]
