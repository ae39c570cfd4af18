"""A wrong field is named with what was found and what would be accepted, in both languages."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

import msgspec
import pytest

from api.bodies import body_of, query_of
from api.moments import read_when
from domain.errors import Malformed
from domain.language import Language, speaking


class Stated(msgspec.Struct):
    number: int | None = None
    items: list[str] = []
    who: UUID | None = None
    day: date | None = None
    at: datetime | None = None
    amount: Decimal | None = None
    rank: Annotated[int, msgspec.Meta(ge=1)] = 1
    share: Annotated[float, msgspec.Meta(le=30.0)] = 1.0
    rate: Annotated[float, msgspec.Meta(gt=0)] = 1.0
    part: Annotated[float, msgspec.Meta(lt=1)] = 0.5
    name: Annotated[str, msgspec.Meta(min_length=1)] = "x"


@pytest.mark.parametrize(
    ("body", "english", "chinese"),
    [
        ('{"number": "abc"}', "number: `abc` is not accepted: expected a whole number or nothing (null)",
         "number: `abc` 不被接受：应为整数或空值（null）"),
        ('{"items": "x"}', "items: `x` is not accepted: expected a list", "items: `x` 不被接受：应为列表"),
        ('{"who": "w"}',
         "who: `w` is not accepted: expected an identifier (UUID)", "who: `w` 不被接受：应为标识（UUID）"),
        ('{"day": "2025-13-01"}', "day: `2025-13-01` is not accepted: expected a day such as 2025-03-31",
         "day: `2025-13-01` 不被接受：应为日期，例如 2025-03-31"),
        ('{"amount": "ten"}', "amount: `ten` is not accepted: expected a number such as 1234.50",
         "amount: `ten` 不被接受：应为数，例如 1234.50"),
        ('{"rank": 0}', "rank: `0` is not accepted: expected a whole number, at least 1",
         "rank: `0` 不被接受：应为整数，至少 1"),
        ('{"share": 30.5}', "share: `30.5` is not accepted: expected a number, at most 30",
         "share: `30.5` 不被接受：应为数，至多 30"),
        ('{"rate": 0}', "rate: `0` is not accepted: expected a number, more than 0",
         "rate: `0` 不被接受：应为数，大于 0"),
        ('{"part": 1}', "part: `1` is not accepted: expected a number, less than 1",
         "part: `1` 不被接受：应为数，小于 1"),
        ('{"name": ""}', "name: `` is not accepted: expected a text of length >= 1",
         "name: `` 不被接受：应为文本 长度 >= 1"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_what_was_found_and_what_is_expected(body: str, english: str, chinese: str) -> None:
    for language, said in ((Language.ENGLISH, english), (Language.CHINESE, chinese)):
        with speaking(language), pytest.raises(Malformed) as refusal:
            body_of(Stated, body.encode())
        assert said in str(refusal.value)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (b"number=abc", "number: `abc` is not accepted: expected a whole number"),
        (b"rank=0", "rank: `0` is not accepted: expected a whole number, at least 1"),
        (b"share=99", "share: `99` is not accepted: expected a number, at most 30"),
    ],
)
def test_a_query_is_not_told_to_say_null(query: bytes, said: str) -> None:
    with pytest.raises(Malformed) as refusal:
        query_of(Stated, query)
    assert [f"{each.field}: {each.reason}" for each in refusal.value.faults] == [said]


def test_a_moment_that_is_none_is_repeated() -> None:
    with pytest.raises(Malformed, match="as_of: `2025-13-01`: expected a day"):
        read_when("as_of", "2025-13-01")
