"""The seal of the access log: full hours that are over, in order, each once."""

from datetime import datetime, timedelta

import pytest

from domain.access_log import (
    HOUR,
    AccessLog,
    DigestUnfit,
    HourNotOver,
    HourSealedAlready,
    NotAnHour,
    seal_command,
)
from tests.domain.given import day, given, recorded

DIGEST = bytes(range(32))
NINE = day(1, hour=9)


def sealed_hour(hour: datetime, rows: int = 3, digest: bytes = DIGEST) -> AccessLog.Sealed:
    return AccessLog.Sealed(hour=hour, rows=rows, digest=digest)


def test_an_hour_that_is_over_is_sealed():
    log = given(AccessLog, now=NINE + HOUR)
    log.seal(hour=NINE, rows=3, digest=DIGEST)
    assert recorded(log) == [sealed_hour(NINE)]
    assert log.until == NINE + HOUR


def test_an_hour_that_runs_is_not_sealed():
    log = given(AccessLog, now=NINE + timedelta(minutes=59))
    with pytest.raises(HourNotOver, match="09:00"):
        log.seal(hour=NINE, rows=3, digest=DIGEST)


def test_sealing_the_newest_hour_again_records_nothing():
    log = given(AccessLog, sealed_hour(NINE), now=NINE + 5 * HOUR)
    log.seal(hour=NINE, rows=4, digest=DIGEST[::-1])
    assert recorded(log) == []


def test_hours_without_rows_are_left_out():
    log = given(AccessLog, sealed_hour(NINE), now=NINE + 50 * HOUR)
    log.seal(hour=NINE + 40 * HOUR, rows=1, digest=DIGEST)
    assert recorded(log) == [sealed_hour(NINE + 40 * HOUR, 1)]


def test_an_hour_before_a_sealed_one_is_refused():
    log = given(AccessLog, sealed_hour(NINE), now=NINE + 5 * HOUR)
    with pytest.raises(HourSealedAlready):
        log.seal(hour=NINE - HOUR, rows=1, digest=DIGEST)
    assert recorded(log) == []


@pytest.mark.parametrize("minutes", [1, 30])
def test_what_is_no_full_hour_is_refused(minutes: int):
    log = given(AccessLog, now=NINE + 5 * HOUR)
    with pytest.raises(NotAnHour):
        log.seal(hour=NINE + timedelta(minutes=minutes), rows=1, digest=DIGEST)


@pytest.mark.parametrize(("rows", "digest"), [(0, DIGEST), (1, DIGEST[:31]), (1, b"")])
def test_a_digest_is_sha_256_over_at_least_one_row(rows: int, digest: bytes):
    log = given(AccessLog, now=NINE + 5 * HOUR)
    with pytest.raises(DigestUnfit):
        log.seal(hour=NINE, rows=rows, digest=digest)


def test_a_seal_that_was_taken_back_can_be_made_anew():
    log = given(AccessLog)
    assert log.opened
    assert {seal_command(NINE), seal_command(NINE)} == {seal_command(NINE)}
    assert seal_command(NINE) != seal_command(NINE + HOUR)
