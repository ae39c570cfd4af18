"""The table of contents of lists that give one command a row. A number is stored with every fact, for ever; there are
31, so that lists whose rows stand for themselves may share that of facts: the digest of a row knows its list."""

from __future__ import annotations

from api.importing.kinds.commands import CommandKind, listed
from domain.account.account import Account
from domain.account_plan.account_plan import AccountPlan
from domain.experiment.experiment import Experiment
from domain.opportunity.opportunity import Opportunity

LISTS: tuple[CommandKind, ...] = (
    listed(20, "payments", Account, "payments.add", ("付款", "付款记录", "invoices", "发票")),
    listed(21, "credit", Account, "credit.assess", ("信用", "信用调查", "credit_ratings")),
    listed(22, "contact_log", Account, "contacts.log", ("联系记录", "沟通记录", "calls"), identifier="contact_id"),
    listed(23, "needs", Account, "needs.add", ("需求", "客户需求"), identifier="need_id"),
    listed(24, "commitments", Account, "commitments.make", ("承诺", "双方承诺"), identifier="commitment_id"),
    listed(25, "value_given", Account, "value.give", ("价值", "客户价值", "我方付出"), identifier="value_id"),
    listed(26, "gifts", Account, "gifts.declare", ("礼品", "礼品登记"), identifier="gift_id"),
    listed(27, "team", Account, "team.join", ("团队", "客户团队", "account_team")),
    listed(28, "action_items", Account, "action_items.add", ("待办", "待办事项", "tasks"), identifier="item_id"),
    listed(29, "competitors", Opportunity, "competition.identify", ("竞争对手", "竞争", "competition")),
    listed(30, "samples", Opportunity, "samples.lend", ("样品", "样机", "样品借用"), identifier="sample_id"),
    listed(19, "account_plans", AccountPlan, "draft", ("大客户发展计划", "客户计划", "plans")),
    listed(19, "objectives", AccountPlan, "objectives.set", ("目标", "计划目标"), identifier="objective_id"),
    listed(19, "plan_milestones", AccountPlan, "milestones.set", ("里程碑", "计划里程碑"), identifier="milestone_id"),
    listed(19, "objective_results", AccountPlan, "objectives.progress", ("目标进展", "目标结果", "progress")),
    listed(19, "experiment_results", Experiment, "record_result", ("测试结果",)),
)
