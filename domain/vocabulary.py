"""The words of the language, and with them every event: whoever reads events imports this first."""

from domain.access_log import AccessLog
from domain.account.account import Account
from domain.errors import Conflict, KamsError, Malformed, NotFound, Refused
from domain.finding import Finding
from domain.forecast_call.forecast_call import ForecastCall
from domain.member import Member
from domain.money import Money
from domain.opportunity.opportunity import Opportunity
from domain.person_forgetting import Person
from domain.policies.company import Company
from domain.policies.exchange_rates import ExchangeRates
from domain.policies.forecast_policy import ForecastPolicy
from domain.policies.price_list import PriceList
from domain.policies.sales_process import SalesProcess
from domain.policies.sales_target import SalesTarget
from domain.policies.selection_model import SelectionModel
from domain.policies.service_policy import ServicePolicy
from domain.policies.territories import Territories
from domain.policies.visit_template import VisitTemplate
from domain.subscription.subscription import Subscription
from domain.visibility import Visibility

__all__ = [
    "AccessLog",
    "Account",
    "Company",
    "Conflict",
    "ExchangeRates",
    "Finding",
    "ForecastCall",
    "ForecastPolicy",
    "KamsError",
    "Malformed",
    "Member",
    "Money",
    "NotFound",
    "Opportunity",
    "Person",
    "PriceList",
    "Refused",
    "SalesProcess",
    "SalesTarget",
    "SelectionModel",
    "ServicePolicy",
    "Subscription",
    "Territories",
    "Visibility",
    "VisitTemplate",
]
