"""The visits of the written story: why we went, what the customer did, what came of it."""

from datetime import date, timedelta

from api.demo.days import LAST_DAY, last_working_day
from api.demo.model import Account
from api.demo.people import Staff
from api.demo.story_people import FRAMEWORK, GAO, JIA, JIANG, PILOT, RETROFIT, SHEN, VOSS, XU
from api.demo.visits import Visit, moment

Meeting = tuple[date, str, str, str, str, tuple[str, ...], str, str, str, str]
ALONE, WITH_LEADER, WITH_DIRECTOR = "", "罗思远", "魏若兰"

MEETINGS: tuple[Meeting, ...] = (
    (date(2024, 3, 12), "sales_call", "rapport", "First acquaintance with development",
     "Xu Min opens the test field for us", (XU,), "", ALONE, "yes", "A tour of two hours, and a list of noise limits."),
    (date(2024, 4, 9), "exchange", "information", "Understand the noise limits",
     "Jia Ming sends the test protocol", (XU, JIA), "", ALONE, "yes", "Protocol received the same week."),
    (date(2024, 5, 21), "demo", "advantage", "Show the pitch drive at our test field",
     "Jia Ming runs his own test", (JIA, JIANG), PILOT, ALONE, "yes", "Three decibels below the limit."),
    (date(2024, 6, 18), "executive_visit", "moving_forward", "Win the approver for a pilot",
     "Shen Guoliang names a budget", (SHEN, XU), PILOT, WITH_LEADER, "yes", "Half a million, this year."),
    (date(2024, 7, 16), "terms_negotiation", "moving_forward", "Terms of the pilot",
     "Gao Zhiyuan names his open points", (GAO,), PILOT, ALONE, "no", "He buys from Ardenne Antriebe and says so."),
    (date(2024, 9, 24), "training", "rapport", "Train the maintenance team",
     "Jiang Xue names two people who learn", (JIANG, JIA), "", ALONE, "yes", "Both passed."),
    (date(2024, 11, 19), "site_visit", "information", "First results of the pilot",
     "Xu Min gives us the operating data", (XU, JIANG), "", ALONE, "yes", "Availability 99.1 %."),
    (date(2025, 1, 14), "sales_call", "information", "Learn the plans after the pilot",
     "Xu Min draws who decides", (XU,), "", ALONE, "yes", "A framework for three years is wanted."),
    (date(2025, 3, 11), "exchange", "information", "Needs and budget of the framework contract",
     "Shen Guoliang names steps and dates", (SHEN, XU), FRAMEWORK, ALONE, "yes", "Decision planned for September."),
    (date(2025, 4, 15), "technical_seminar", "advantage", "Criteria of the framework contract",
     "Xu Min puts noise first on the list", (XU, JIA, GAO), FRAMEWORK, ALONE, "partly", "Gao wants price first."),
    (date(2025, 5, 13), "executive_visit", "moving_forward", "Agree on the last steps",
     "Shen Guoliang asks for the contract text", (SHEN,), FRAMEWORK, WITH_LEADER, "yes", "Text asked for by June."),
    (date(2025, 5, 27), "sales_call", "rapport", "Hand over the contract text",
     "Shen Guoliang takes it to the board", (SHEN,), FRAMEWORK, ALONE, "no", "He leaves on Friday. No successor yet."),
    (date(2025, 11, 4), "executive_visit", "rapport", "Meet the new chief operating officer",
     "Katharina Voss names what must be true by March", (VOSS, XU), FRAMEWORK, WITH_DIRECTOR, "yes",
     "Fewer failures, shown in her own data."),
    (date(2025, 11, 25), "site_visit", "information", "See the failures of the present drives",
     "Jiang Xue gives us the failure log", (JIANG,), FRAMEWORK, ALONE, "yes", "Eleven failures in one winter."),
    (date(2025, 12, 16), "technical_seminar", "advantage", "What lies behind the failures",
     "Jia Ming repeats the measurement himself", (JIA, XU), FRAMEWORK, ALONE, "yes", "Same result as ours."),
    (date(2026, 1, 13), "sales_call", "advantage", "Reckon the total cost together",
     "Gao Zhiyuan gives us the cost sheet of the old drives", (GAO,), FRAMEWORK, ALONE, "yes",
     "He had never added up the cranes."),
    (date(2026, 2, 10), "exchange", "rapport", "Before the Spring Festival",
     "Jiang Xue names the turbines for a trial", (JIANG, XU), FRAMEWORK, ALONE, "yes", "Four turbines."),
    (date(2026, 3, 10), "executive_visit", "advantage", "Present the total cost",
     "Voss asks Gao to compare by total cost", (VOSS, GAO), FRAMEWORK, WITH_DIRECTOR, "yes", "Agreed in the room."),
    (date(2026, 4, 14), "demo", "advantage", "Winter results of the four turbines",
     "Xu Min presents them to her board", (XU, JIA), FRAMEWORK, ALONE, "yes", "No failure in ten weeks."),
    (date(2026, 5, 12), "sales_call", "moving_forward", "Where purchasing stands",
     "Gao Zhiyuan says what he needs to choose us", (GAO, XU), FRAMEWORK, ALONE, "yes", "A saving under his name."),
    (date(2026, 6, 9), "terms_negotiation", "moving_forward", "A saving that purchasing can show",
     "Gao Zhiyuan proposes us to the committee", (GAO,), FRAMEWORK, WITH_LEADER, "yes", "He proposed us next day."),
    (date(2026, 7, 14), "terms_negotiation", "moving_forward", "Contract text with the yaw drives",
     "Gao Zhiyuan names the last open points", (GAO, JIANG), FRAMEWORK, ALONE, "partly", "Five points, three closed."),
    (date(2026, 8, 18), "terms_negotiation", "moving_forward", "The last two points",
     "Gao Zhiyuan books the signing", (GAO,), FRAMEWORK, WITH_LEADER, "yes", "Signing in September."),
    (date(2026, 9, 15), "executive_visit", "moving_forward", "Prepare the signing",
     "Katharina Voss confirms the day", (VOSS, GAO), FRAMEWORK, WITH_DIRECTOR, "yes", "24 September."),
    (date(2026, 10, 13), "exchange", "rapport", "Start of the contract",
     "Jiang Xue names the first ten turbines", (JIANG, XU, JIA), "", ALONE, "yes", "And one more idea: the old farm."),
)  # fmt: skip
"""Day, what, purpose, why, expected action, whom we met, opportunity, who came along, objective met, outcome."""

CANCELLED = (date(2025, 7, 15), date(2025, 6, 24))
AHEAD = (date(2026, 11, 10), date(2026, 10, 20))


def story_visits(account: Account, staff: Staff) -> list[Visit]:
    """All visits of the story: the logged ones, the one that was cancelled, and the next one."""
    visits = [_logged(account, staff, meeting) for meeting in MEETINGS]
    visits.append(_planned(account, CANCELLED, "cancelled", "See who follows Shen Guoliang",
                           "Xu Min introduces the successor", (XU,), FRAMEWORK))  # fmt: skip
    visits.append(_planned(account, AHEAD, "planned", "Scope of the retrofit",
                           "Jiang Xue names turbines and dates", (JIANG, XU), RETROFIT))  # fmt: skip
    return visits


def _logged(account: Account, staff: Staff, meeting: Meeting) -> Visit:
    day, what, purpose, why, expected, met, deal, companion, objective_met, outcome = meeting
    people = [account.manager_on(day).external_id] + ([staff.named(companion).external_id] if companion else [])
    return Visit(
        account, moment(account, day, 10, 0), "logged", 90, what, why, purpose, expected, "customer's plant",
        last_working_day(day - timedelta(7)), people, list(met), [deal] if deal else [], objective_met,
        expected if objective_met == "yes" else "", outcome, entered_on=day,
    )  # fmt: skip


def _planned(
    account: Account, days: tuple[date, date], status: str, why: str, expected: str, met: tuple[str, ...], deal: str
) -> Visit:
    day, planned_on = days
    return Visit(
        account, moment(account, day, 10, 0), status, 60, "sales_call", why, "information", expected,
        "customer's office", planned_on, [account.manager_on(day).external_id], list(met), [deal],
        entered_on=min(day, LAST_DAY),
    )  # fmt: skip
