"""Every term and every refusal has its Chinese, nothing is left over, and no English stands in it."""

import enum
import importlib
import pkgutil
import re
import string
import tomllib
from collections import Counter
from functools import cache
from importlib import resources

import msgspec
import pytest

import api
import domain
import projections
import workers
from api.importing.kinds.row import Row
from domain.account.joint_activities import TitleBlank as OfActivity
from domain.account.standing import AlreadyKeyAccount, RelationshipType
from domain.aggregate import ROOTS
from domain.claims import VISIT_END
from domain.commands import commands_of
from domain.errors import KamsError, NotFound, Refused
from domain.language import Language, event_words, field_words, speaking, term, terms
from domain.member import NotOfTerritory
from domain.opportunity.buyers import Support
from domain.opportunity.opportunity import TitleBlank as OfOpportunity
from domain.opportunity.quote_lines import QuoteLineNotSensible
from domain.policies.service_policy import HEALTH_WEIGHTS
from projections.findings import RULES
from tests.architecture.everything import events, source_files

for room in (domain, projections, api, workers):
    for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
        importlib.import_module(module.name)


def catalogue(name):
    return tomllib.loads(resources.files("domain.language").joinpath(name).read_text(encoding="utf-8"))


TERMS = catalogue("terms.toml")
REFUSALS = catalogue("refusals.zh.toml")["refusals"]
OF_THEIR_OWN = {
    "commands",
    "aggregates",
    "events",
    "fields",
    "findings",
    "health",
    "bands",
    "bearers",
    "claims",
    "KeyDecision",
}
NAMES = re.compile(
    r"`[^`]*`|\{[^}]*\}|--[a-z-]+|kams [a-z-]+( [a-z-]+)*( FILE)?|ISO 4217|IANA|API|KAMS(_[A-Z]+)*(=1)?|JSON|TLS|URI|"
    r"HTTP|NPS|CSAT|ABC|CNY|EUR|FILE|WeChat|kams_[0-9a-f_]+|Asia/Shanghai|Europe/Berlin|20\d\d-[QH]?\d+|"
    r"\(?[a-z]+_?[a-z]+\)?(?=）)|exchange-rates|[A-EQ]\b|PersonDays|admin|Authorization: Bearer"
)


def subclasses(kind):
    return {each for below in kind.__subclasses__() for each in (below, *subclasses(below))}


def ours(kind):
    return kind.__module__.partition(".")[0] in ("domain", "projections", "api", "workers")


def enumerations():
    return [each for each in subclasses(enum.StrEnum) if ours(each)]


@cache
def refusals():
    return sorted((each for each in subclasses(KamsError) if ours(each)), key=lambda each: each.__qualname__)


def roots():
    return [root for root in ROOTS.values() if root.__module__.startswith("domain.")]


def structs():
    return [each for each in subclasses(msgspec.Struct) if ours(each)]


def template(refusal):
    return " ".join((refusal.__doc__ or "").partition("\n\n")[0].split())


def placeholders(text):
    return Counter(name for _, name, _, _ in string.Formatter().parse(text) if name)


@cache
def names():
    return Counter(each.__name__ for each in {*refusals(), KamsError})


def key_of(refusal):
    name = refusal.__name__
    return f"{refusal.__module__.rpartition('.')[2]}.{name}" if names()[name] > 1 else name


def test_every_value_of_an_enumeration_has_a_term_and_none_is_left_over():
    wanted = {}
    for each in enumerations():
        wanted.setdefault(each.__name__, set()).update(member.value for member in each)
    found = {section: set(words) for section, words in TERMS.items() if section not in OF_THEIR_OWN}
    assert found == wanted


def test_every_stored_event_has_its_words_and_none_is_left_over():
    assert set(TERMS["events"]) == set(events())


def test_every_field_of_events_commands_and_imports_has_its_words():
    needed = {name for event in events().values() for name in event.__struct_fields__}
    needed |= {name for root in roots() for each in commands_of(root).values() for name in each.body.__struct_fields__}
    needed |= {name for row in subclasses(Row) for name in row.__struct_fields__}
    assert needed - set(TERMS["fields"]) == set()


def test_no_field_is_left_over():
    there = {name for each in structs() for name in each.__struct_fields__}
    there |= {name for root in roots() for each in commands_of(root).values() for name in each.body.__struct_fields__}
    assert set(TERMS["fields"]) - there == set()


def test_every_aggregate_has_its_words():
    assert set(TERMS["aggregates"]) == {re.sub(r"(?<!^)(?=[A-Z])", "_", root.__name__).lower() for root in roots()}


def test_every_kind_of_claim_has_its_words():
    sources = (file.read_text(encoding="utf-8") for file in source_files("domain"))
    kinds = {kind for source in sources for kind in re.findall(r'\bClaim\(\s*"([a-z-]+)"', source)}
    assert set(TERMS["claims"]) == kinds | {VISIT_END}


def test_every_command_has_its_words():
    assert set(TERMS["commands"]) == {f"{root.__name__}.{name}" for root in roots() for name in commands_of(root)}


def test_every_finding_has_its_words():
    assert set(TERMS["findings"]) == {rule.name for rule in RULES}


def test_every_component_of_health_has_its_words():
    assert set(TERMS["health"]) == set(HEALTH_WEIGHTS)


@pytest.mark.parametrize("section", sorted(TERMS))
def test_terms_are_said_in_both_languages(section):
    for key, (english, chinese, *_) in TERMS[section].items():
        assert english, key
        assert "_" not in english, key
        assert re.search("[一-鿿]", chinese) or chinese in ("A", "B", "C", "D", "E", "NPS", "CSAT"), key
        assert not re.search("[A-Za-z]{2,}", NAMES.sub("", chinese)), key


def test_every_refusal_is_translated_and_none_is_left_over():
    assert set(REFUSALS) == {key_of(each) for each in refusals()}


def test_a_refusal_says_the_same_in_chinese():
    for refusal in refusals():
        name, chinese = key_of(refusal), REFUSALS[key_of(refusal)]
        assert placeholders(chinese) == placeholders(template(refusal)), name
        assert not re.search("[A-Za-z]{2,}", NAMES.sub("", chinese)), (name, chinese)


def test_a_refusal_is_said_in_the_language_of_the_conversation():
    refusal = NotFound(kind="account", key="A-1")
    assert str(refusal) == "There is no account A-1, or you may not see it."
    with speaking(Language.CHINESE):
        assert str(refusal) == "没有客户 A-1，或者您无权查看。"


def test_several_values_of_a_refusal_are_separated_by_commas():
    assert str(NotOfTerritory(territory="east", held=["north", "south"])).endswith("territories: north, south.")
    assert str(NotOfTerritory(territory="east", held=[])).endswith("territories: none.")
    with speaking(Language.CHINESE):
        assert str(NotOfTerritory(territory="east", held=("west",))) == "该成员不属于区域 east；所属区域：west。"


def test_two_refusals_of_one_name_keep_apart():
    with speaking(Language.CHINESE):
        assert (str(OfActivity()), str(OfOpportunity())) == ("联合活动的标题为空：请填写。", "商机的标题为空：请填写。")


def test_a_term_is_said_in_both_languages():
    assert term("Support", Support.NON_SUPPORTER) == "non-supporter"
    with speaking(Language.CHINESE):
        assert term("Support", Support.NON_SUPPORTER) == "不支持者"
        assert term("Support", "unheard_of") == "unheard_of"
    assert terms("no such section") == {}


def test_events_fields_and_details_are_said_in_words():
    assert event_words("Account.VisitLogged") == "visit logged"
    assert event_words("Account.NoSuchThing") == "Account.NoSuchThing"
    assert field_words("no_such_field") == "no such field"
    with speaking(Language.CHINESE):
        assert field_words("due_on") == str(terms("fields")["due_on"])
        wrong = QuoteLineNotSensible(field="quantity", found=0, product="P7", accepted="1")
        assert str(wrong).startswith(f"P7 的“{field_words('quantity')}”不能为 0")
        accepted = QuoteLineNotSensible(field="quantity", found=0, product="P7", accepted="a number above 0")
        assert str(accepted).endswith("请填写 大于 0 的数。")
        held = AlreadyKeyAccount(held=RelationshipType.PARTNER)
        assert term("RelationshipType", "partner") in str(held)
        assert str(TooMany()) != "There are {found}: state fewer."


class TooMany(Refused):
    """There are {found}: state fewer."""
