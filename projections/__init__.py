"""The table of contents: every read model that KAMS keeps."""

from __future__ import annotations

from projections.account_plans import ACCOUNT_PLANS, SITUATIONS
from projections.account_traits import ACCOUNT_TRAITS
from projections.accounts import ACCOUNTS
from projections.action_items import ACTION_ITEMS
from projections.answers import ANSWERS
from projections.buyers import BUYERS
from projections.commitments import COMMITMENTS
from projections.competitors import COMPETITORS, STRATEGIES
from projections.concessions import CONCESSIONS
from projections.contacts import CONTACTS
from projections.credit import CREDIT
from projections.criteria import CRITERIA, STANDINGS
from projections.decision_processes import DECISION_PROCESSES
from projections.deliveries import DELIVERIES
from projections.department_requests import DEPARTMENT_REQUESTS
from projections.engine import ReadModel
from projections.experiments import EXPERIMENT_RESULTS, EXPERIMENTS
from projections.finding_records import FINDING_RECORDS
from projections.forecast_calls import FORECAST_CALLS
from projections.gifts import GIFTS
from projections.improvements import IMPROVEMENTS
from projections.influences import INFLUENCES
from projections.issues import ISSUES
from projections.joint_activities import JOINT_ACTIVITIES
from projections.key_account_strategies import KEY_ACCOUNT_STRATEGIES, STRATEGY_ANSWERS
from projections.key_status import KEY_STATUS
from projections.lineage import LINEAGE
from projections.losses import LOSSES
from projections.members import MEMBERS
from projections.milestones import MILESTONES
from projections.monthly_plans import MONTHLY_PLANS
from projections.needs import NEEDS
from projections.opportunities import FUNNEL
from projections.partner_programmes import PARTNER_PROGRAMMES, PROGRAMME_EDITIONS
from projections.partner_rewards import DOWNSTREAM, PARTNER_REWARDS
from projections.payments import PAYMENTS
from projections.plan_milestones import PLAN_MILESTONES
from projections.plan_objectives import OBJECTIVES
from projections.policies import POLICIES
from projections.programme_partners import COMPLIANCES, PROGRAMME_PARTNERS
from projections.purchase_volumes import PURCHASE_VOLUMES
from projections.purchases import PURCHASES
from projections.pursuits import PURSUITS
from projections.quotes import QUOTES
from projections.resources import RESOURCES
from projections.samples import SAMPLES
from projections.satisfaction import SATISFACTION
from projections.scores import SCORES
from projections.skill_levels import SKILL_LEVELS
from projections.stakeholders import RELATIONSHIPS, STAKEHOLDERS
from projections.store_visits import STORE_VISITS
from projections.strategy_goals import STRATEGY_GOALS
from projections.strategy_processes import CONTROL_POINTS, STRATEGY_PROCESSES
from projections.subscription_records import SUBSCRIPTIONS
from projections.team import TEAM_MEMBERS
from projections.value_given import VALUES
from projections.visits import VISITS

READ_MODELS: tuple[ReadModel, ...] = (
    FUNNEL,
    ACCOUNTS,
    LINEAGE,
    MEMBERS,
    POLICIES,
    STAKEHOLDERS,
    RELATIONSHIPS,
    INFLUENCES,
    VISITS,
    TEAM_MEMBERS,
    ACTION_ITEMS,
    BUYERS,
    ANSWERS,
    COMPETITORS,
    STRATEGIES,
    CRITERIA,
    STANDINGS,
    DECISION_PROCESSES,
    PURSUITS,
    RESOURCES,
    CONCESSIONS,
    SAMPLES,
    QUOTES,
    MILESTONES,
    DELIVERIES,
    LOSSES,
    SATISFACTION,
    PURCHASES,
    PAYMENTS,
    CREDIT,
    CONTACTS,
    NEEDS,
    VALUES,
    COMMITMENTS,
    GIFTS,
    JOINT_ACTIVITIES,
    MONTHLY_PLANS,
    SKILL_LEVELS,
    STORE_VISITS,
    PURCHASE_VOLUMES,
    SCORES,
    KEY_STATUS,
    FINDING_RECORDS,
    FORECAST_CALLS,
    SUBSCRIPTIONS,
    ISSUES,
    DEPARTMENT_REQUESTS,
    IMPROVEMENTS,
    ACCOUNT_PLANS,
    SITUATIONS,
    OBJECTIVES,
    PLAN_MILESTONES,
    KEY_ACCOUNT_STRATEGIES,
    STRATEGY_ANSWERS,
    STRATEGY_GOALS,
    STRATEGY_PROCESSES,
    CONTROL_POINTS,
    PARTNER_PROGRAMMES,
    PROGRAMME_EDITIONS,
    PROGRAMME_PARTNERS,
    COMPLIANCES,
    PARTNER_REWARDS,
    DOWNSTREAM,
    EXPERIMENTS,
    EXPERIMENT_RESULTS,
    ACCOUNT_TRAITS,
)

__all__ = ["READ_MODELS"]
