"""`--lang` anywhere, else the locale, else English."""

import pytest

from api.cli.settings import locale_of
from api.cli.speaking import LanguageUnknown, language_among
from domain.language import Language


@pytest.mark.parametrize(
    "arguments",
    [["--lang", "zh", "funnel", "--json"], ["funnel", "--json", "--lang=zh"], ["funnel", "--lang", "zh-CN", "--json"]],
)
def test_the_option_may_stand_anywhere(arguments):
    assert language_among(arguments, "en_US.UTF-8") == (Language.CHINESE, ["funnel", "--json"])


def test_after_two_dashes_it_is_no_option():
    assert language_among(["command", "--", "--lang", "zh"], "") == (
        Language.ENGLISH,
        ["command", "--", "--lang", "zh"],
    )


@pytest.mark.parametrize("arguments", [["--lang", "fr"], ["--lang"], ["--lang="]])
def test_a_language_that_is_not_spoken_is_refused(arguments):
    with pytest.raises(LanguageUnknown, match="en and zh"):
        language_among(arguments, "zh_CN.UTF-8")


def test_without_it_the_locale_decides():
    assert language_among(["funnel"], "zh_CN.UTF-8")[0] is Language.CHINESE
    assert language_among(["funnel"], "de_DE.UTF-8")[0] is Language.ENGLISH


def test_the_locale_of_messages_is_found_in_posix_order():
    assert locale_of({"LANG": "en_GB", "LC_MESSAGES": "zh_CN"}) == "zh_CN"
    assert locale_of({"LANG": "en_GB", "LC_MESSAGES": "zh_CN", "LC_ALL": "C"}) == "C"
    assert locale_of({}) == ""
