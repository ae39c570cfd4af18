"""The seal, checked by a real browser: what was sealed holds, what was tampered with does not, and it says what."""

import base64
import json

import pytest

from domain.seal.checkpoints import read_checkpoint
from domain.seal.notes import SigningKey
from tests.api.office import open_office
from tests.conftest import new_database
from tests.console.serving import must_be_accessible, must_not_scroll_sideways, visit
from tests.workers.sealing import KEY
from workers.sealing import Sealing

PAGE = "/console/audit/seal"


def seal(office):
    """Seal everything; how much that is."""
    with office.journal.pool.connection() as connection:
        return read_checkpoint(Sealing(KEY).seal(connection)).size


@pytest.fixture(scope="module")
def office(postgres_url, fresh_names):
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as opened:
            yield opened


def verdict(page, state):
    """What the page says when it has checked."""
    page.locator(f"#verdict[data-state={state}]").wait_for()
    return page.locator("#verdict").inner_text()


def steps(page):
    """What was computed, step by step."""
    return page.locator("#proof-steps li").all_inner_texts()


def tampered(page, path, change):
    """Let what the server answers to a path come changed."""

    def handle(route):
        answer = route.fetch()
        said = answer.json()
        change(said)
        route.fulfill(response=answer, body=json.dumps(said))

    page.route(f"**{PAGE}/{path}*", handle)


def other(encoded):
    """Other bytes of the same length."""
    found = bytearray(base64.b64decode(encoded))
    found[7] ^= 1
    return base64.b64encode(bytes(found)).decode()


def test_before_anything_is_sealed_there_is_nothing_to_verify(browser_page, served):
    visit(browser_page, served, PAGE, "auditor")
    assert "Nothing is sealed yet" in browser_page.locator("#verdict").inner_text()
    must_be_accessible(browser_page)


@pytest.fixture(scope="module")
def size(office):
    """How many events are sealed; one more is not."""
    sealed = seal(office)
    office.account("unsealed")
    return sealed


def test_the_first_checkpoint_is_read_its_signature_checked_and_kept(browser_page, served, size):
    visit(browser_page, served, PAGE, "auditor")
    assert verdict(browser_page, "holds") == (
        f"Holds: the first {size} events are as they were sealed. From now on this browser remembers them."
    )
    read, signed, first = steps(browser_page)
    assert read.startswith(f"holds The newest checkpoint seals {size} events")
    assert signed.startswith("holds It is signed by the key kams/")
    assert "has seen no checkpoint before" in first
    must_be_accessible(browser_page)


def test_an_event_is_proven_from_its_entry_to_the_root(browser_page, served, size):
    for position in (1, 2, size // 2, size):
        visit(browser_page, served, f"{PAGE}?position={position}", "auditor")
        assert f"the event at position {position} is one of the {size} sealed ones" in verdict(browser_page, "holds")
    entry, leaf, root = steps(browser_page)[-3:]
    assert entry.startswith(f"holds The entry of position {size}: ")
    assert leaf.startswith("holds Its ")
    assert f"it leads to the root of {size} events: " in root
    assert root.endswith(browser_page.locator("#keys dd code").first.inner_text())


def test_an_event_that_is_not_sealed_yet_is_not_said_to_hold(browser_page, served, size):
    visit(browser_page, served, f"{PAGE}?position={size + 1}", "auditor")
    assert "It could not be checked" in verdict(browser_page, "open")


@pytest.mark.parametrize(
    ("path", "change", "said"),
    [
        ("proof/3", lambda said: said["proof"].__setitem__(0, other(said["proof"][0])), "it leads to the root"),
        ("proof/3", lambda said: said["entry"].__setitem__("version", 9), "it leads to the root"),
        ("proof/3", lambda said: said["entry"].__setitem__("position", 4), "The entry of position 3"),
        ("proof/3", lambda said: said["proof"].pop(), "it leads to the root"),
        (
            "proof/3",
            lambda said: said["entry"].__setitem__("state_digest", other(said["entry"]["state_digest"])),
            "root",
        ),
        (
            "checkpoint",
            lambda said: said.__setitem__("note", said["note"].replace("\ntime 2", "\ntime 1")),
            "signed by",
        ),
    ],
)
def test_a_changed_byte_does_not_hold(browser_page, served, size, path, change, said):
    tampered(browser_page, path, change)
    visit(browser_page, served, f"{PAGE}?position=3", "auditor")
    assert said in verdict(browser_page, "fails")
    assert browser_page.locator("#proof-steps li").last.inner_text().startswith("does not hold")
    assert browser_page.evaluate("localStorage.length") == 0


def test_the_next_checkpoint_must_continue_the_one_that_the_browser_remembers(browser_page, served, size):
    office = served.office
    visit(browser_page, served, PAGE, "auditor")
    verdict(browser_page, "holds")
    for number in range(5):
        office.account(f"Later {number}")
    newer = seal(office)
    visit(browser_page, served, PAGE, "auditor")
    assert f"the first {newer} events" in verdict(browser_page, "holds")
    old, new = steps(browser_page)[-2:]
    assert f"the root of the {size} events that this browser remembers follows" in old
    assert f"the root of all {newer} events follows" in new


def test_a_record_that_was_written_anew_does_not_hold_for_who_saw_the_old_one(browser_page, served, size):
    visit(browser_page, served, PAGE, "auditor")
    verdict(browser_page, "holds")
    change = """() => {
        const name = Object.keys(localStorage)[0], kept = JSON.parse(localStorage[name]);
        const lines = kept.note.split("\\n");
        lines[1] = "7";
        lines[2] = btoa("\\0".repeat(32));
        localStorage[name] = JSON.stringify({ ...kept, note: lines.join("\\n") });
    }"""
    browser_page.evaluate(change)
    visit(browser_page, served, PAGE, "auditor")
    assert "the root of the 7 events that this browser remembers" in verdict(browser_page, "fails")
    browser_page.get_by_role("button", name="Forget what this browser remembers").click()
    assert "Holds" in verdict(browser_page, "holds")


def test_a_browser_without_ed25519_says_how_to_check_the_signature(browser_page, served, size):
    browser_page.add_init_script("crypto.subtle.importKey = () => Promise.reject(new Error('unknown'))")
    visit(browser_page, served, f"{PAGE}?position=2", "auditor")
    assert verdict(browser_page, "open").startswith("The hashes hold. Still to be checked: This browser does not know")
    assert "kams audit verify" in steps(browser_page)[1]
    assert steps(browser_page)[1].startswith("to be checked ")


def test_another_key_than_the_remembered_one_is_not_taken_over_in_silence(browser_page, served, size):
    visit(browser_page, served, PAGE, "auditor")
    verdict(browser_page, "holds")
    other_key = SigningKey("kams/other", bytes(32)).verifier
    browser_page.evaluate(
        """key => { const name = Object.keys(localStorage)[0];
        localStorage[name] = JSON.stringify({ ...JSON.parse(localStorage[name]), key }); }""",
        str(other_key),
    )
    visit(browser_page, served, PAGE, "auditor")
    said = verdict(browser_page, "open")
    assert f"not by the one that this browser remembers, {other_key}: ask who changed it" in said


def test_it_fits_a_phone_and_speaks_chinese(browser_page, served, size):
    browser_page.set_viewport_size({"width": 390, "height": 844})
    visit(browser_page, served, f"{PAGE}?position=2", "auditor", language="zh-CN")
    assert verdict(browser_page, "holds").startswith("成立：")
    must_not_scroll_sideways(browser_page)
    must_be_accessible(browser_page)


def test_only_who_audits_gets_proofs(office, size):
    for path in ("status", "checkpoint", "proof/1", "consistency?from=1&to=2"):
        assert office.request("GET", f"{PAGE}/{path}", "manager").status_code == 403
        assert office.signed_in("auditor").get(f"{PAGE}/{path}").status_code == 200
