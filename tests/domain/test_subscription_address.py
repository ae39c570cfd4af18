"""The address of a webhook: what can be told of it without asking the network."""

from __future__ import annotations

import pytest

from domain.subscription.address import (
    AddressMissing,
    AddressNotAUrl,
    AddressNotNeeded,
    AddressNotSecure,
    AddressWithFragment,
    AddressWithPassword,
    must_be_an_address,
)
from domain.subscription.conditions import must_be_possible
from domain.subscription.filter import EVERYTHING
from domain.subscription.subscription import Transport


@pytest.mark.parametrize(
    "address",
    [
        "https://example.com",
        "https://example.com:8443/hooks/kams?tenant=7&key=a%20b",
        "https://10.0.0.7/kams",
        "https://[2001:db8::1]:444/",
        "HTTPS://EXAMPLE.COM/a@b",
        "https://xn--fsqu00a.xn--0zwm56d/",
        "http://localhost:8000/in",
        "http://127.0.0.1:9000",
        "http://[::1]/",
        "http://192.168.7.20/in",
        "http://erp:8080/in",
        "http://erp.internal/in",
        "http://erp.local./in",
        "https://example.com/" + "x" * 1_980,
    ],
)
def test_a_webhook_is_delivered_to_an_https_address_or_within_a_private_network(address: str) -> None:
    must_be_an_address(address)


def test_a_webhook_needs_an_address() -> None:
    with pytest.raises(AddressMissing):
        must_be_an_address("")


@pytest.mark.parametrize(
    "address",
    [
        "example.com/kams",
        "ftp://example.com/",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://",
        "https:///path",
        "https://:443/",
        "https://example.com:99999/",
        "https://example.com:0/",
        "https://[::1/",
        "https://exa mple.com/",
        "https://example.com/\n",
        "https://例子.测试/",
        "https://example.com/" + "x" * 1_981,
    ],
)
def test_what_is_no_url_is_refused(address: str) -> None:
    with pytest.raises(AddressNotAUrl) as refusal:
        must_be_an_address(address)
    assert refusal.value.details == {"found": address[:80], "most": 2_000, "field": "address"}


@pytest.mark.parametrize("host", ["example.com", "8.8.8.8", "[2606:4700::1]", "erp.local.example.com", "local.de"])
def test_events_leave_a_private_network_only_encrypted(host: str) -> None:
    with pytest.raises(AddressNotSecure, match="https://"):
        must_be_an_address(f"http://{host}/in")


@pytest.mark.parametrize("address", ["https://ina:s3cret@example.com/", "https://ina@example.com/", "https://@a.de/"])
def test_a_password_is_refused_and_not_repeated(address: str) -> None:
    with pytest.raises(AddressWithPassword) as refusal:
        must_be_an_address(address)
    assert "s3cret" not in str(refusal.value)


def test_no_refusal_repeats_what_stands_before_the_at_sign() -> None:
    with pytest.raises(AddressNotAUrl) as refusal:
        must_be_an_address("https://ina:s3cret@example.com:99999/")
    assert "s3cret" not in str(refusal.value)


@pytest.mark.parametrize("address", ["https://example.com/#top", "https://example.com/a#"])
def test_a_fragment_is_refused(address: str) -> None:
    with pytest.raises(AddressWithFragment, match="#"):
        must_be_an_address(address)


def test_what_is_read_from_a_stream_has_no_address() -> None:
    must_be_possible(Transport.VALKEY, "", EVERYTHING, 60)
    with pytest.raises(AddressNotNeeded, match="valkey"):
        must_be_possible(Transport.VALKEY, "https://example.com/", EVERYTHING, 60)
