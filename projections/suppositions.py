"""Policies supposed instead of those that held: a whole document, or one that held at another time. Never recorded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from domain.aggregate import Event
from domain.currencies import currency_code
from domain.policies.exchange_rates import ExchangeRates
from domain.policies.policy import Policy, policy_id
from projections.policies import Policies


class Supposition(msgspec.Struct, frozen=True, kw_only=True):
    """A policy that is supposed to have held at all times: one of a kind (with its key, where there are several), from
    a `document` as it is set on what held then, or else from `events` of its own alone. `source` says in words whence
    it comes; `everything` that it is one of all policies of a day, and was not named by itself.
    """

    policy: type[Policy]
    key: str = ""
    source: str
    document: Mapping[str, Any] | None = None
    events: tuple[Event, ...] = ()
    everything: bool = False

    def hold_in(self, policies: Policies) -> None:
        """Let it hold in policies. Raises Malformed and the refusals of `kams policy set`."""
        before = policies.held(self.policy, self.key)
        told = {name: _copied(value) for name, value in before.values().items()}
        edition = getattr(before, "edition", None)
        state = before
        if self.document is None:
            state = self.policy(id=policy_id(self.policy.__name__, self.key))
            for event in self.events:
                event.apply(state)
            policies.put(state, self.key)
        else:
            state.define_from(self.document)
        if state.values() != told:
            state.suppose()
        elif edition is not None:
            setattr(state, "edition", edition)  # noqa: B010  # a field of the kinds that have editions
        if isinstance(state, ExchangeRates):
            self._rate(policies, state)

    def _rate(self, policies: Policies, state: ExchangeRates) -> None:
        """Rates that are stated hold at all times, those of a day instead of all others."""
        if self.document is None:
            policies.put_rates(state.rates, only=True)
            return
        stated = {currency_code(currency) for currency in self.document["rates"]}
        policies.put_rates({code: state.rates[code] for code in stated}, only=False)


def _copied(value: Any) -> Any:
    """Values that a state changes in place, as they are now."""
    return dict(value) if isinstance(value, dict) else value
