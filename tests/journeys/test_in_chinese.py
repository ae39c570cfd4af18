"""A director who reads Chinese asks the sample company: by `--lang` or by the locale of the machine; machines read the
same numbers in every language."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.conftest import Kams, run

CHINESE = re.compile("[一-鿿]")
AMOUNT = re.compile(r"\d[\d,.]*[万亿]")


@pytest.fixture(scope="module")
def learned(sample_home: Path) -> None:
    """Whoever asks first for a forecast may be told that he waits for KAMS to learn; nobody afterwards."""
    run(sample_home, "forecast")


@pytest.fixture
def zh(sample_home: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs a command in Chinese: the first time by its option, then by the locale; both say the same."""

    def ask(*arguments: str, code: int = 0) -> Any:
        by_option = run(sample_home, "--lang", "zh", *arguments, code=code)
        with monkeypatch.context() as locale:
            locale.setenv("LC_ALL", "zh_CN.UTF-8")
            by_locale = run(sample_home, *arguments, code=code)
        assert without_clock(by_option.stdout) == without_clock(by_locale.stdout)
        assert by_option.stderr == by_locale.stderr
        return by_option

    return ask


def without_clock(text: str) -> str:
    return re.sub(r"\d\d:\d\d(:\d\d)?(\.\d+)?", "", text)


def numbers(answer: Any) -> list[Any]:
    """All numbers of a JSON document, and what is neither number nor words, in order; not the clock."""
    if isinstance(answer, dict):
        return [each for name, value in answer.items() if name not in ("as_of", "at") for each in numbers(value)]
    if isinstance(answer, list):
        return [each for value in answer for each in numbers(value)]
    return [answer] if not isinstance(answer, str) or re.fullmatch(r"-?\d+(\.\d+)?", answer) else []


def test_the_funnel_has_chinese_headings_stages_and_amounts(zh: Any) -> None:
    said = zh("funnel").stdout
    title, header, *lines = said.splitlines()
    assert title.startswith("漏斗，截至 ")
    assert header.split() == ["阶段", "数量", "金额", "加权", "账龄中位数(天)", "阶段停留(天)"]
    assert [line.split()[0] for line in lines[:5]] == ["潜在商机", "落实项目", "我的项目", "项目胜算", "商务谈判"]
    assert all(len(AMOUNT.findall(line)) == 2 for line in lines[:5])
    assert re.search(r"自 \d{4}-01-01：赢单 \d+ \([\d,.]+[万亿]\) · 输单", said)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("health", ["关系健康度，截至 ", "转红日", "最弱部分", "已转红"]),
        ("forecast", ["预测，截至 ", "已结", "承诺", "乐观", "管道", "目标", "差距"]),
        ("portfolio", ["客户组合，按 key-accounts 第 ", "大客户身份", "战略性", "伙伴式", "现金牛", "建议，待决定"]),
        ("findings", ["发现，截至 ", "久未拜访批准人", "天没有接触批准人"]),
        ("todo", ["待办，截至 ", "上次拜访约定的下一步，已逾期"]),
        ("buying", ["购买行为 ", "采购间隔", "最近采购"]),
        ("balance", ["双方付出，截至 ", "我方承诺", "履行"]),
        ("exposure", ["若此人离开将失去什么", "风险价值", "联系人", "客户经理"]),
        ("quotes", ["的报价", "有效期至", "逾期", "已发出"]),
        ("competition", ["竞争，", "遇到", "赢率"]),
        ("cost", ["赢单成本，以 CNY 计", "超限", "赢单"]),
    ],
)
@pytest.mark.usefixtures("learned")
def test_what_is_read_is_chinese(zh: Any, command: str, words: list[str]) -> None:
    done = zh(command)
    assert [word for word in words if word not in done.stdout] == []


def test_the_decision_map_is_drawn_in_chinese(kams: Kams, zh: Any) -> None:
    mapped = next(each for each in kams("findings")["findings"] if each["rule"] == "approver_not_met")
    said = zh("map", mapped["subject"]).stdout
    assert said.startswith("决策人图：")
    assert "※ 最后批准" in said
    assert "× 反对者" in said
    assert "※ 领先创造型" in said
    assert "未达期望层次" in said


@pytest.mark.parametrize("command", ["funnel", "health", "forecast", "portfolio", "findings", "todo", "buying"])
def test_machines_read_the_same_numbers(kams: Kams, sample_home: Path, command: str) -> None:
    day = ("--as-of", "2026-09-30")
    chinese = json.loads(run(sample_home, "--lang", "zh", command, *day, "--json").stdout)
    english = kams(command, *day)
    assert numbers(chinese) == numbers(english)
    assert chinese.keys() == english.keys()


def test_csv_keeps_exact_amounts_and_its_headers(sample_home: Path) -> None:
    day = ("--as-of", "2026-09-30", "--csv")
    chinese = run(sample_home, "--lang", "zh", "buying", *day).stdout
    english = run(sample_home, "buying", *day).stdout
    assert chinese.splitlines()[0] == english.splitlines()[0]
    assert not AMOUNT.search(chinese)


def test_a_refused_command_says_why_in_chinese(kams: Kams, zh: Any) -> None:
    account = kams("account", "A-01")["account"]
    refused = zh("command", "account", "A-01", "merge", "--set", f"into={account}", "--set", "reason=typo", code=1)
    assert refused.stdout == ""
    assert refused.stderr == f"kams: 客户 {account} 不能并入自己：请指定另一个继续存在的客户。\n"
    assert zh("account", "A-9999", code=1).stderr == "kams: 没有客户 A-9999，或者您无权查看。\n"


def test_a_wrong_option_says_in_chinese_what_there_is(zh: Any) -> None:
    assert "colour 不在其中：stage, owner, territory" in zh("funnel", "--by", "colour", code=2).stderr


def test_help_is_chinese(zh: Any) -> None:
    said = zh("--help").stdout
    assert "有记忆的大客户管理" in said
    assert re.search(r"funnel +漏斗：任何时点各阶段的未结商机", said)
    assert "--owner PERSON         只看此人的商机。" in zh("funnel", "--help").stdout


def test_the_list_of_commands_says_what_each_does(zh: Any) -> None:
    said = zh("command", "--list", "opportunity").stdout
    assert "推进阶段" in said
    assert "override（例外理由）" in said.replace("\n", "").replace(" ", "")


def test_english_stays_english(sample_home: Path) -> None:
    said = run(sample_home, "funnel").stdout
    assert said.startswith("Funnel as of ")
    assert not CHINESE.search(said)
