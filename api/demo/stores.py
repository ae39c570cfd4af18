"""A wholesaler with its four outlets, visited each month by the eight steps: stock, orders, how the shelf looks."""

from datetime import date, timedelta
from random import Random

from api.demo.days import LAST_DAY, working_day
from api.demo.model import Account, Assignment, Contact
from api.demo.names import WHOLESALER
from api.demo.tables import Tables, money
from api.demo.visits import moment

OUTLETS = (
    ("A-61", "浙珩传动 杭州店", "杭州, 文三路 90", "邹文斌"),
    ("A-62", "浙珩传动 宁波店", "宁波, 中山路 211", "喻晓燕"),
    ("A-63", "浙珩传动 温州店", "温州, 人民路 18", "潘立新"),
    ("A-64", "浙珩传动 金华店", "金华, 双溪路 55", "葛美玲"),
)
OPENED = date(2026, 1, 19)
STEPS = ("preparation", "outdoor_check", "greeting", "merchandising", "stock_check", "order_proposal", "order",
         "farewell")  # fmt: skip
SHELF = (("servo-s", 2_400), ("gear-p", 4_200), ("sense-t", 650))
NEXT_MONTH = date(2026, 11, 9)


def make_outlets(accounts: list[Account]) -> list[Account]:
    """The outlets, managed by whoever manages the wholesaler."""
    wholesaler = next(account for account in accounts if account.name == WHOLESALER)
    return [_outlet(wholesaler, *line) for line in OUTLETS]


def _outlet(wholesaler: Account, name: str, title: str, _: str, person: str) -> Account:
    outlet = Account(
        external_id=name, name=title, kind="retailer", industry="distribution", territory=wholesaler.territory,
        country="CN", currency="CNY", key_type="", registered_on=OPENED, weight=0.2, base_warmth=0.5,
        parent=wholesaler.external_id,
    )  # fmt: skip
    outlet.managers = [Assignment(OPENED, wholesaler.manager_on(OPENED), "the wholesaler's manager")]
    outlet.contacts = [
        Contact(f"{name.replace('A', 'S')}-1", person, "店长 Store manager", "Store", "", "decision_maker", "zh",
                ("pragmatist", "outside", "business"), 0.0, OPENED)
    ]  # fmt: skip
    return outlet


def describe_outlets(tables: Tables, outlets: list[Account], random: Random) -> None:
    """Write the outlets with their address, and their visits: planned a week before, and one for next month."""
    addresses = {name: address for name, _, address, _ in OUTLETS}
    for place, outlet in enumerate(outlets):
        tables.add("accounts", outlet.name, outlet.external_id, None, addresses[outlet.external_id], outlet.kind,
                   outlet.industry, outlet.territory, outlet.country, outlet.currency, outlet.parent, None, None, None,
                   "outlet", outlet.registered_on)  # fmt: skip
        manager = outlet.managers[0]
        tables.add("managers", outlet.external_id, manager.manager.external_id, manager.effective_on, manager.reason)
        score = 48 + 6 * place
        for number in range(9):
            day = working_day(date(2026, 2, 9) + timedelta(30 * number + place))
            score = min(96, score + random.randrange(-3, 9))
            _visit(tables, outlet, day, f"V-S-{outlet.external_id[2:]}{number + 1:02}", score, random)
        _plan(tables, outlet, working_day(NEXT_MONTH + timedelta(place)), f"V-S-{outlet.external_id[2:]}10")


def _visit(tables: Tables, outlet: Account, day: date, name: str, score: int, random: Random) -> None:
    _plan(tables, outlet, day, name)
    hurried = random.random() < 0.3
    left_out = random.choice(("outdoor_check", "merchandising", "order_proposal"))
    steps = [step for step in STEPS if not (hurried and step == left_out)]
    stock = [{"product": product, "quantity": str(random.randrange(0, 30))} for product, _ in SHELF]
    low = [(product, price) for (product, price), line in zip(SHELF, stock, strict=True) if int(line["quantity"]) < 12]
    orders = [{"product": product, "quantity": str(random.randrange(5, 25)), "price": money(price)}
              for product, price in low] if "order_proposal" in steps else []  # fmt: skip
    tables.fact(
        "account", outlet.external_id, "visits.log", moment(outlet, day, 10, 0), visit_id=name, external_id=name,
        minutes=random.choice((35, 45, 50)), people=[outlet.manager_on(day).external_id],
        stakeholders=[outlet.contacts[0].external_id], what="store_visit", steps=steps,
        objective_met="yes" if orders else "partly", stock=stock, order_lines=orders, display_score=score,
        photo=f"https://linyun.example/photos/{name}.jpg", outcome="已补货" if orders else "库存充足",
    )  # fmt: skip


def _plan(tables: Tables, outlet: Account, day: date, name: str) -> None:
    on = min(working_day(day - timedelta(8)), LAST_DAY - timedelta(1))
    tables.fact(
        "account", outlet.external_id, "visits.plan", on, visit_id=name, external_id=name,
        start=moment(outlet, day, 10, 0), what="store_visit", why="Monthly check of shelf and stock",
        purpose="moving_forward", expected_action="The store orders what is below twelve pieces", where=outlet.name,
        people=[outlet.manager_on(day).external_id], stakeholders=[outlet.contacts[0].external_id],
    )  # fmt: skip
