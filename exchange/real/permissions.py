"""What a key may do: read, trade, and above all not withdraw.

ccxt has no common way to ask, so each exchange that says it has its own here.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import msgspec

from core.errors import ConfigError
from exchange.real.account import Caller

BINANCE: Final = frozenset({"binance", "binanceusdm", "binancecoinm"})
HOW: Final = "make a key that may read and trade futures and nothing else"


class Permissions(msgspec.Struct, frozen=True, kw_only=True):
    """What the exchange says of a key; None is what it does not say, ``note`` why not."""

    can_trade: bool | None = None
    can_withdraw: bool | None = None
    note: str = ""


async def read_permissions(client: Caller, *, testnet: bool) -> Permissions:
    """Return what the key of *client* may do.

    Raises:
        ExchangeError: the exchange did not answer, or refuses the key.
    """
    name = str(client.api.id)
    if testnet:
        note = "a test network does not say what a key may do, and has nothing to withdraw"
        return Permissions(note=note)
    way = _WAYS.get("binance" if name in BINANCE else name)
    if way is None:
        return Permissions(note=f"it cannot be asked of {name} what a key may do")
    return await way(client)


def check_permissions(permissions: Permissions, mode: str) -> str:
    """Make sure that a key is fit for *mode*; return what a person should know of it, or "".

    Args:
        permissions: of the key.
        mode: watch, testnet or live.

    Raises:
        ConfigError: it may withdraw, or that is not known, or it may not trade.
    """
    if mode == "live":
        _check_live(permissions)
    if mode == "testnet" and permissions.can_trade is False:
        raise ConfigError(f"the key may not trade futures, which testnet needs: {HOW}")
    if mode == "watch" and permissions.can_withdraw:
        return "This key may withdraw: to watch, one that may only read is enough."
    return f"{permissions.note[0].upper()}{permissions.note[1:]}." if permissions.note else ""


def _check_live(permissions: Permissions) -> None:
    """Refuse a key that could empty the account.

    Raises:
        ConfigError: it could, or that is not known, or it may not trade.
    """
    if permissions.can_withdraw:
        raise ConfigError(f"the key may withdraw, so it is not traded with: {HOW}")
    if permissions.can_withdraw is None:
        raise ConfigError(
            "it is not known whether the key may withdraw, so it is not traded with live: "
            f"{permissions.note or 'the exchange does not say it'}"
        )
    if permissions.can_trade is False:
        raise ConfigError(f"the key may not trade futures, which live needs: {HOW}")


async def _binance(client: Caller) -> Permissions:
    """Source: https://developers.binance.com/docs/wallet/account/api-key-permission."""
    answer = await client.call("sapiGetAccountApiRestrictions")
    return Permissions(
        can_trade=_switch(answer, "enableFutures"),
        can_withdraw=_switch(answer, "enableWithdrawals"),
    )


async def _bybit(client: Caller) -> Permissions:
    """Source: https://bybit-exchange.github.io/docs/v5/user/apikey-info."""
    result = (await client.call("privateGetV5UserQueryApi"))["result"]
    may: Mapping[str, Any] = result.get("permissions") or {}
    trades = str(result.get("readOnly")) != "1"
    return Permissions(
        can_trade=trades and bool(may.get("ContractTrade") or may.get("Derivatives")),
        can_withdraw="Withdraw" in (may.get("Wallet") or ()),
    )


async def _okx(client: Caller) -> Permissions:
    """Source: https://www.okx.com/docs-v5/en/#trading-account-rest-api-get-account-configuration."""
    answer = await client.call("privateGetAccountConfig")
    words = str(answer["data"][0].get("perm") or "").split(",")
    return Permissions(can_trade="trade" in words, can_withdraw="withdraw" in words)


def _switch(answer: object, name: str) -> bool | None:
    value = answer.get(name) if isinstance(answer, Mapping) else None
    return None if value is None else str(value).lower() == "true"


_WAYS: Final[Mapping[str, Callable[[Caller], Awaitable[Permissions]]]] = {
    "binance": _binance,
    "bybit": _bybit,
    "okx": _okx,
}
