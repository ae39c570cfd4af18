"""The guides, a function per role."""

from __future__ import annotations

from collections.abc import Callable

from api.console.guide import parts
from api.console.guide.parts import Guide, Step, Word
from domain.language.catalogue import field_words, say, term
from domain.member import Role


def manager() -> Guide:
    """Who looks after accounts."""
    return Guide(
        Role.MANAGER.value,
        say("You look after accounts: you visit, you plan, you bring deals through their stages."),
        [parts.today(), parts.accounts(), parts.visits(), parts.funnel(), parts.issues(), parts.plans()],
        [
            Step(say("See which of your accounts cools most, why, and what helps."), "/console/", say("Today")),
            Step(say("Log your last visit: whom you met, what came of it, what is next."), "/console/visits/log",
                 say("Log a visit")),
            Step(say("Move the slider back three months on an account, and see that it was fine."),
                 "/console/accounts", say("Accounts")),
            Step(say("Drag a card to its next stage: what the gate lacks is shown."), "/console/funnel", say("Funnel")),
            Step(say("Plan the visits of next month and hand the plan in."), "/console/visits", say("Visits")),
        ],
        [parts.health(), parts.cooling(), parts.finding(), parts.gate(), parts.commit(), parts.correction(),
         Word(field_words("expected_action"), say("What the customer will do, so that one can see it."))],
    )  # fmt: skip


def director() -> Guide:
    """Who directs territories."""
    return Guide(
        Role.DIRECTOR.value,
        say("You direct territories: you see all their accounts and the figures of the quarter."),
        [parts.today(), parts.forecast(), parts.funnel(), parts.accounts(), parts.visits(), parts.plans()],
        [
            Step(say("See what cools most in your territories, and whose it is."), "/console/", say("Today")),
            Step(say("Read the quarter: won, weighted, the range, the gap to the target."), "/console/forecast",
                 say("Forecast")),
            Step(say("Compare the funnel with that of a month ago, to the cent."), "/console/funnel", say("Funnel")),
            Step(say("Look at the heat map: which component is cold in many accounts."), "/console/accounts",
                 say("Accounts")),
            Step(say("See whether visits are made as planned and logged in time."), "/console/visits", say("Visits")),
        ],
        [parts.health(), parts.finding(), parts.weighted(), parts.commit(), parts.quantiles(), parts.bridge()],
    )  # fmt: skip


def forecaster() -> Guide:
    """Who forecasts."""
    return Guide(
        Role.FORECASTER.value,
        say("You read all opportunities and forecasts; you change nothing."),
        [parts.forecast(), parts.funnel(), parts.accounts(), parts.today()],
        [
            Step(say("Read the fan: most likely revenue and its range, month by month."), "/console/forecast",
                 say("Forecast")),
            Step(say("Click any number: the deals behind it and their share."), "/console/forecast", say("Forecast")),
            Step(say("Ask what changed since last week, deal by deal."), "/console/forecast", say("Forecast")),
            Step(say("See how good earlier forecasts were."), "/console/forecast", say("Forecast")),
            Step(say("Copy the link of a page: it shows the same numbers for ever."), "/console/funnel", say("Funnel")),
        ],
        [parts.weighted(), parts.commit(), parts.quantiles(), parts.bridge(), parts.as_of(), parts.known_at()],
    )  # fmt: skip


def auditor() -> Guide:
    """Who checks what was done."""
    return Guide(
        Role.AUDITOR.value,
        say("You read everything, at any moment, as it was known at any moment; you change nothing."),
        [parts.audit(), parts.accounts(), parts.funnel(), parts.forecast(), parts.system()],
        [
            Step(say("Look who recorded what, and narrow it down."), "/console/audit", say("Audit")),
            Step(say("Compare two moments of knowledge: what was changed afterwards."), "/console/audit/diff",
                 say("Audit")),
            Step(say("Let your browser check the seal by itself."), "/console/audit/seal", say("Audit")),
            Step(say("See what a member could see on a day, and by which right."), "/console/audit/access",
                 say("Audit")),
            Step(say("State both clocks on any page, and click a number for its events."), "/console/funnel",
                 say("Funnel")),
        ],
        [parts.as_of(), parts.known_at(), parts.correction(), parts.personal(), parts.gate(),
         Word(say("seal"), say("A signed tree over all events: whoever changes one afterwards is found out."))],
    )  # fmt: skip


def integrator() -> Guide:
    """Who connects other systems."""
    return Guide(
        Role.INTEGRATOR.value,
        say("You connect other systems: they ask, are told, and hand in files."),
        [parts.streams(), parts.today()],
        [
            Step(say("Open a subscription, and send a test."), "/console/streams", say("Streams")),
            Step(say("See what was not delivered and why, and send it again."), "/console/streams", say("Streams")),
            Step(say("Follow everything that is recorded, as NDJSON."), command="kams events tail"),
            Step(say("Read the shapes of events, which never break."), command="kams events schemas"),
            Step(say("Import what you have: files are read whole and refused row by row."),
                 command="kams import FOLDER --dry-run"),
        ],
        [Word(field_words("event"), say("Something that happened, recorded once and never changed.")),
         Word(term("aggregates", "subscription"), say("Who is told of which events, and how far it has come.")),
         Word(say("dead letter"), say("A delivery that failed too often: it waits until somebody sends it again.")),
         parts.as_of(), parts.known_at(), parts.personal()],
    )  # fmt: skip


def admin() -> Guide:
    """Who runs KAMS."""
    return Guide(
        Role.ADMIN.value,
        say("You run KAMS: members, policies, imports, backups. You see everything."),
        [parts.system(), parts.today(), parts.audit(), parts.streams(), parts.accounts()],
        [
            Step(say("Say who the company is: name, currency, time zone."), "/console/do/company/default/define",
                 say("Company")),
            Step(say("Invite a member and give him a role."), "/console/do/members/new/invite", say("Invite")),
            Step(say("Import accounts, opportunities and visits as history."), command="kams import FOLDER"),
            Step(say("See whether workers run and figures are complete."), "/console/system", say("System")),
            Step(say("Save the running system in two files."), command="kams backup FOLDER"),
        ],
        [parts.personal(), parts.as_of(), parts.known_at(), parts.correction(),
         Word(say("policy"), say("Borders, weights, gates and calendars, dated: a decision names the one it used.")),
         Word(field_words("territory"), say("Who directs one sees its accounts and those of the ones below."))],
    )  # fmt: skip


GUIDES: dict[str, Callable[[], Guide]] = {
    Role.MANAGER.value: manager,
    Role.DIRECTOR.value: director,
    Role.FORECASTER.value: forecaster,
    Role.AUDITOR.value: auditor,
    Role.INTEGRATOR.value: integrator,
    Role.ADMIN.value: admin,
}
