"""What the sample company sells, and what its currencies are worth month by month."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from random import Random

from api.demo.days import FIRST_DAY, MAKE_UP_DAYS, days_off, months
from api.demo.tables import Tables

REPORTING_CURRENCY = "CNY"


@dataclass(frozen=True)
class Product:
    """A product with its list price in CNY, how often it is asked for, and its effect on winning (in logits)."""

    key: str
    name: str
    series: str
    price: int
    demand: float
    appeal: float
    first_day: date = FIRST_DAY


PRODUCTS = (
    Product("servo-s", "Servo S 小型伺服", "Servo", 2_400, 20, 0.2),
    Product("servo-m", "Servo M 中型伺服", "Servo", 6_800, 18, 0.1),
    Product("servo-l", "Servo L 大型伺服", "Servo", 18_500, 9, -0.1),
    Product("gear-p", "Gear P 行星减速机", "Gear", 4_200, 16, 0.0),
    Product("gear-h", "Gear H 重载减速机", "Gear", 26_000, 7, -0.2),
    Product("axis-1", "Axis One 单轴模组", "Axis", 9_600, 12, 0.0),
    Product("axis-3", "Axis Three 三轴模组", "Axis", 41_000, 5, -0.3),
    Product("sense-t", "Sense T 温度传感", "Sense", 650, 14, 0.3),
    Product("sense-v", "Sense V 振动传感", "Sense", 1_900, 12, 0.2),
    Product("pitch-d", "Pitch Drive 变桨驱动", "Wind", 58_000, 2, -0.1),
    Product("retrofit", "Retrofit service 改造服务", "Service", 85_000, 3, 0.3),
    Product("cloud-m", "Motion Cloud 运动云", "Service", 36_000, 6, -0.4, date(2025, 3, 3)),
)

BASE_RATES = {"EUR": Decimal("7.75"), "USD": Decimal("7.20")}


def per_unit(currency: str) -> Decimal:
    """About what one unit of a currency is worth in CNY; the dated rates swing around it."""
    return BASE_RATES.get(currency, Decimal(1))


def describe_catalogue(tables: Tables, random: Random) -> None:
    """Write products, the monthly exchange rates and the holidays."""
    for product in PRODUCTS:
        tables.add(
            "products", product.key, product.name, product.series, Decimal(product.price), "CNY", product.first_day
        )
    for currency, base in BASE_RATES.items():
        for day, rate in _walk(base, random):
            tables.add("rates", currency, day, rate)
    for day, name in days_off():
        tables.add("holidays", day, name, False)
    for day in MAKE_UP_DAYS:
        tables.add("holidays", day, "调休 make-up working day", True)


def _walk(base: Decimal, random: Random) -> Iterator[tuple[date, Decimal]]:
    level = float(base)
    for day in months():
        level += random.gauss(0, 0.045) + 0.15 * (float(base) - level)
        yield day, Decimal(f"{level:.4f}")
