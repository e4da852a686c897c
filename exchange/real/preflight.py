"""What an account must be like before it is traded with; each reason says how to mend it."""

import hashlib
from typing import Final

from core.errors import ConfigError
from exchange.real.account import AccountSnapshot
from exchange.real.client import ExchangeClient

KNOWN: Final = "binanceusdm"


def check_venue(exchange: str, broker: str) -> None:
    """Make sure that orders can be sent to *exchange*.

    Raises:
        ConfigError: its ways with orders are not known well enough for money.
    """
    if exchange != KNOWN:
        raise ConfigError(
            f"broker {broker} knows the orders of {KNOWN} only, exchange was {exchange!r}: "
            f"take that, or broker paper or watch"
        )


def check_account(snapshot: AccountSnapshot, broker: str) -> None:
    """Make sure that the account is in one-way mode, on USDT alone, and may trade.

    Raises:
        ConfigError: what it is instead, and how to change it.
    """
    modes = snapshot.modes
    if modes.position_mode == "hedge" or any(p.position_side != "both" for p in snapshot.positions):
        raise ConfigError(
            f"broker {broker} needs the account in one-way mode, it is in hedge mode: close all "
            f"positions and orders, then choose One-way Mode under Preference, Position Mode, at "
            f"the exchange"
        )
    if modes.multi_asset:
        raise ConfigError(
            f"broker {broker} needs single-asset mode, the account is in multi-assets mode: choose "
            f"Single-Asset Mode under Preference, Asset Mode, at the exchange"
        )
    if modes.can_trade is False:
        raise ConfigError(
            f"broker {broker} needs an account that may trade, the exchange says it may not: look "
            f"at the account and the key's permissions"
        )


def fingerprint(client: ExchangeClient) -> str:
    """Return what tells the key of *client* from others, and is not the key."""
    key = str(getattr(client.api, "apiKey", "") or "")
    return hashlib.sha256(f"quarterdeck {key}".encode()).hexdigest()[:8]
