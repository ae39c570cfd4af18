"""Times of day in the terminal are the company's, and a heading says so."""

from datetime import UTC, datetime

from api.cli.zones import local, local_with_zone, times_of, titled

AT = datetime(2026, 11, 26, 16, 46, tzinfo=UTC)


def test_times_are_those_of_the_zone_and_headings_name_it():
    with times_of("Asia/Shanghai"):
        assert local(AT) == "2026-11-27 00:46"
        assert local_with_zone(AT) == "2026-11-27 00:46 Asia/Shanghai"
        assert titled("Events") == "Events · times: Asia/Shanghai"


def test_without_a_company_times_are_utc():
    assert local_with_zone(AT) == "2026-11-26 16:46 UTC"
