"""The people and the opportunities of the written story."""

from datetime import date
from decimal import Decimal

from api.demo.model import Account, Assignment, Change, Contact, Deal
from api.demo.names import COMPETITORS
from api.demo.people import Staff
from api.demo.story import ACCOUNT_ID

REGISTERED = date(2024, 2, 26)
SHEN, XU, JIA, JIANG, GAO, VOSS = (f"{ACCOUNT_ID.replace('A', 'S')}-{number}" for number in range(1, 7))
PILOT, FRAMEWORK, RETROFIT = "O-LH-1", "O-LH-2", "O-LH-3"

CAST = (
    (SHEN, "沈国梁", "运营副总裁 VP operations", "Management", "", "approver", "visionary inner_circle business",
     REGISTERED, date(2025, 5, 30)),
    (XU, "许敏", "研发总监 Head of development", "Engineering", SHEN, "evaluator", "innovator inner_circle technical",
     REGISTERED, None),
    (JIA, "贾明", "试验工程师 Test engineer", "Engineering", XU, "evaluator", "pragmatist outside technical",
     REGISTERED, None),
    (JIANG, "蒋雪", "运维经理 Maintenance manager", "Maintenance", SHEN, "user", "pragmatist outside relationship",
     date(2024, 4, 10), None),
    (GAO, "高志远", "采购总监 Purchasing director", "Purchasing", SHEN, "decision_maker",
     "conservative political_structure financial", date(2024, 7, 1), None),
    (VOSS, "Katharina Voss", "Chief operating officer", "Management", "", "approver",
     "pragmatist inner_circle business", date(2025, 9, 1), None),
)  # fmt: skip


def settle_story(account: Account, staff: Staff) -> list[Deal]:
    """Give the story's account its day of registration, managers, people and opportunities."""
    account.registered_on = REGISTERED
    account.quiet = [(date(2025, 5, 28), date(2025, 11, 4))]
    account.managers = [
        Assignment(REGISTERED, staff.named("陆佳怡"), "first manager"),
        Assignment(date(2025, 10, 27), staff.named("何子墨"), "handed over for a fresh start after five silent months"),
    ]
    account.contacts = [
        Contact(key, name, title, department, boss, role, "en" if name.isascii() else "zh", _three(profile), 0.0, since,
                left)
        for key, name, title, department, boss, role, profile, since, left in CAST
    ]  # fmt: skip
    first, second = (assignment.manager.external_id for assignment in account.managers)
    return [_pilot(account, first), _framework(account, first, second), _retrofit(account, second)]


def _three(profile: str) -> tuple[str, str, str]:
    attitude, political, orientation = profile.split()
    return attitude, political, orientation


def _pilot(account: Account, owner: str) -> Deal:
    opened = date(2024, 4, 22)
    return Deal(
        account, "pitch-d", "Pitch drive pilot, twelve turbines", opened, 0.61, COMPETITORS[0], PILOT,
        [
            Change(opened, "potential", Decimal("480000.00"), date(2024, 8, 30), "pipeline", owner),
            Change(date(2024, 5, 22), "confirmed"),
            Change(date(2024, 6, 19), "ours", category="best_case"),
            Change(date(2024, 7, 17), "winnable"),
            Change(date(2024, 8, 7), "negotiation", category="commit"),
        ],
        "won", date(2024, 8, 28), Decimal("465000.00"), "the noise limit that nobody else met",
    )  # fmt: skip


def _framework(account: Account, first: str, second: str) -> Deal:
    opened = date(2025, 2, 20)
    changes = [
        Change(opened, "potential", Decimal("9600000.00"), date(2025, 9, 30), "pipeline", first),
        Change(date(2025, 3, 12), "confirmed"),
        Change(date(2025, 4, 16), "ours"),
        Change(date(2025, 5, 14), "winnable", category="best_case"),
        Change(date(2025, 9, 22), close_on=date(2025, 12, 31), reason="no approver since the end of May"),
        Change(date(2025, 10, 15), "confirmed", category="pipeline",
               reason="the approver left, and purchasing has asked Ardenne Antriebe for a tender"),
        Change(date(2025, 10, 27), owner=second, reason="the account was handed over"),
        Change(date(2025, 12, 18), close_on=date(2026, 3, 31), reason="failure analysis first"),
        Change(date(2026, 3, 11), "ours"),
        Change(date(2026, 3, 24), close_on=date(2026, 6, 30), reason="comparison of total cost agreed with purchasing"),
        Change(date(2026, 5, 13), "winnable", category="best_case"),
        Change(date(2026, 6, 23), close_on=date(2026, 9, 30), reason="the yaw drives are to be included"),
        Change(date(2026, 7, 8), amount=Decimal("11200000.00"), reason="yaw drives added"),
        Change(date(2026, 7, 15), "negotiation", category="commit"),
    ]  # fmt: skip
    return Deal(
        account, "pitch-d", "Framework contract 2026 to 2028, pitch and yaw drives 框架合同", opened, 0.44,
        COMPETITORS[0], FRAMEWORK, changes, "won", date(2026, 9, 24), Decimal("10850000.00"),
        "total cost, and trust that came back",
    )  # fmt: skip


def _retrofit(account: Account, owner: str) -> Deal:
    opened = date(2026, 10, 14)
    first = Change(opened, "potential", Decimal("2300000.00"), date(2027, 2, 26), "pipeline", owner)
    return Deal(account, "retrofit", "Retrofit of the old wind farm 老风场改造", opened, 0.7, "", RETROFIT, [first])
