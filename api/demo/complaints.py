"""What customers came with: issues over three years, a cause that repeats, and the one that the story tells."""

from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from api.demo.days import FIRST_DAY, LAST_DAY, working_day
from api.demo.model import Account
from api.demo.story_people import JIANG
from api.demo.tables import Tables

ISSUES = 90
SHANGHAI = ZoneInfo("Asia/Shanghai")
CASES = (
    (
        "complaint",
        2,
        "delivery 交货",
        "The lot came eleven days late 交货晚到",
        "late supplier",
        "Second supplier named",
    ),
    ("complaint", 2, "quality 质量", "Noise above the agreed limit", "bearing batch", "Bearings replaced on site"),
    ("complaint", 3, "documents 单证", "Certificates were missing", "checklist skipped", "Certificates sent"),
    ("question", 4, "product 产品", "Which grease below minus thirty?", "data sheet unclear", "Data sheet revised"),
    ("request", 3, "training 培训", "A second course for the night shift", "plan too small", "Course held"),
    ("suggestion", 4, "packaging 包装", "Less foil, please", "standard of the carrier", "Returnable boxes"),
    (
        "complaint",
        1,
        "standstill 停机",
        "The line stands still 产线停机",
        "controller firmware",
        "Firmware rolled back",
    ),
)
OFTEN = "late supplier"


def describe_issues(tables: Tables, accounts: list[Account], random: Random) -> None:
    """Write the issues. Who is neglected waits longer, and one customer hears the same cause four times in a year."""
    _of_the_story(tables, next(account for account in accounts if account.told))
    others = [account for account in accounts if not account.told]
    repeated = next(account for account in others if account.key_type and account.registered_on <= date(2025, 9, 1))
    for number in range(ISSUES):
        account = random.choices(others, [each.weight for each in others])[0]
        first = max(FIRST_DAY, account.registered_on) + timedelta(20)
        day = working_day(first + timedelta(random.randrange((LAST_DAY - first).days - 40)))
        _issue(tables, f"K-{number + 1:03}", account, day, random.choice(CASES), random)
    for number, month in enumerate((1, 4, 6, 9)):
        _issue(tables, f"K-{ISSUES + number + 1:03}", repeated, working_day(date(2026, month, 12)), CASES[0], random)


def _issue(
    tables: Tables,
    external_id: str,
    account: Account,
    day: date,
    case: tuple[str, int, str, str, str, str],
    random: Random,
) -> None:
    kind, severity, category, text, cause, settled = case
    pace = 1.6 - account.warmth(day)
    raised = datetime.combine(day, time(9, 30), SHANGHAI)
    answered = raised + timedelta(hours=round(random.uniform(0.5, 5.0) * pace * severity))
    resolved = working_day(day + timedelta(round(random.uniform(1, 7) * pace * severity)))
    people = [each for each in account.contacts if each.is_here(day, resolved + timedelta(4))]
    person = random.choice(people).external_id if people else None
    open_still = resolved >= LAST_DAY - timedelta(6) or (day > LAST_DAY - timedelta(90) and random.random() < 0.35)
    tables.add(
        "issues", external_id, account.external_id, kind, severity, category, text, raised, person, None,
        answered, account.manager_on(day).external_id, *((None,) * 3 if open_still else (resolved, cause, settled)),
        *((resolved + timedelta(3), person) if person and not open_still and random.random() < 0.7 else (None, None)),
    )  # fmt: skip


def _of_the_story(tables: Tables, account: Account) -> None:
    """Five weeks for spare parts, in the months in which nobody came: answered late, resolved after the handover."""
    tables.add(
        "issues", "K-LH-1", account.external_id, "complaint", 2, "spare parts 备件", "Spare parts took five weeks",
        datetime(2025, 8, 25, 9, 10, tzinfo=SHANGHAI), JIANG, None,
        datetime(2025, 9, 15, 16, 0, tzinfo=SHANGHAI), None, date(2025, 11, 6),
        "parts not in stock", "A set of parts stands at the customer's now", date(2025, 11, 25), JIANG,
    )  # fmt: skip
    tables.fact(
        "issue", "K-LH-1", "improve", date(2025, 12, 16), improvement_id="I-LH-1", area="spare parts 备件",
        what="Minimum stock of pitch drive parts in the region",
    )  # fmt: skip
