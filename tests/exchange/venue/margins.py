"""What an account's margin comes to at the marks, and how REST and the stream tell the account."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from tests.exchange.venue.account import Account, Position, cut
from tests.exchange.venue.orders import ZERO

Marks = Callable[[str], Decimal]


def eight(amount: Decimal) -> str:
    """Return *amount* written with 8 decimals."""
    return f"{cut(amount):.8f}"


def initial(account: Account, position: Position, mark: Decimal) -> Decimal:
    """Return the initial margin of *position* at *mark*."""
    return abs(position.qty) * mark / account.leverage_of(position.contract.id)


def order_margin(account: Account, symbol: str | None = None) -> Decimal:
    """Return what open orders that may enlarge a position set aside."""
    return sum(
        (
            one.contract.qty(one.left) * one.contract.price(one.ticks)
            / account.leverage_of(one.contract.id)
            for one in account.open_orders
            if not one.reduce_only and symbol in {None, one.contract.id}
        ),
        ZERO,
    )  # fmt: skip


def available(account: Account, marks: Marks) -> Decimal:
    """Return what may be put up for new orders."""
    free = account.cross_wallet - order_margin(account)
    for symbol, position in account.positions.items():
        if position.qty and not account.isolated.get(symbol):
            mark = marks(symbol)
            free += position.pnl(mark) - initial(account, position, mark)
    return max(ZERO, free)


def liquidation_price(account: Account, position: Position, marks: Marks) -> Decimal:
    """Return the mark price at which *position* is liquidated, 0 when none."""
    symbol, size = position.contract.id, abs(position.qty)
    if not size:
        return ZERO
    way = 1 if position.qty > 0 else -1
    wallet = position.wallet
    if not account.isolated.get(symbol):
        wallet = account.cross_wallet
        for name, other in account.positions.items():
            if name != symbol and other.qty and not account.isolated.get(name):
                wallet += other.pnl(marks(name)) - other.maintenance(marks(name))
    for row in position.contract.brackets:
        price = (wallet + row.cum - way * size * position.entry) / (size * row.rate - way * size)
        if size * price <= row.cap:
            return max(ZERO, cut(price))
    return ZERO


def position_row(
    account: Account, position: Position, marks: Marks, *, version: int
) -> dict[str, Any]:  # fmt: skip
    """Return a row of positionRisk."""
    symbol = position.contract.id
    mark = marks(symbol)
    isolated = account.isolated.get(symbol, False)
    margin = position.wallet + position.pnl(mark) if isolated else ZERO
    row: dict[str, Any] = {
        "symbol": symbol, "positionSide": "BOTH", "positionAmt": str(position.qty),
        "entryPrice": str(position.entry), "breakEvenPrice": str(position.entry),
        "markPrice": eight(mark), "unRealizedProfit": eight(position.pnl(mark)),
        "liquidationPrice": str(liquidation_price(account, position, marks)),
        "isolatedMargin": eight(margin), "isolatedWallet": eight(position.wallet),
        "notional": eight(position.qty * mark), "updateTime": position.updated,
    }  # fmt: skip
    if version == 2:
        worth = abs(position.qty) * mark
        return row | {
            "leverage": str(account.leverage_of(symbol)),
            "maxNotionalValue": str(position.contract.bracket(worth).cap),
            "marginType": "isolated" if isolated else "cross", "isolated": isolated,
            "isAutoAddMargin": "false", "adlQuantile": 2,
        }  # fmt: skip
    asked = initial(account, position, mark)
    return row | {
        "marginAsset": "USDT", "initialMargin": eight(asked),
        "maintMargin": eight(position.maintenance(mark)), "positionInitialMargin": eight(asked),
        "openOrderInitialMargin": eight(order_margin(account, symbol)), "adl": 2,
        "bidNotional": "0", "askNotional": "0",
    }  # fmt: skip


def account_row(account: Account, marks: Marks, *, version: int, every: list[Position]) -> Any:
    """Return the answer of account; version 2 tells *every* position, flat ones too."""
    held = [one for one in account.positions.values() if one.qty]
    pnl = sum((one.pnl(marks(one.contract.id)) for one in held), ZERO)
    asked = sum((initial(account, one, marks(one.contract.id)) for one in held), ZERO)
    kept = sum((one.maintenance(marks(one.contract.id)) for one in held), ZERO)
    waiting, free = order_margin(account), available(account, marks)
    asset = {
        "asset": "USDT", "walletBalance": eight(account.wallet), "unrealizedProfit": eight(pnl),
        "marginBalance": eight(account.wallet + pnl), "maintMargin": eight(kept),
        "initialMargin": eight(asked + waiting), "positionInitialMargin": eight(asked),
        "openOrderInitialMargin": eight(waiting), "crossWalletBalance": eight(account.cross_wallet),
        "crossUnPnl": eight(pnl), "availableBalance": eight(free),
        "maxWithdrawAmount": eight(free), "marginAvailable": True, "updateTime": account.updated,
    }  # fmt: skip
    totals = {
        "totalInitialMargin": asset["initialMargin"], "totalMaintMargin": asset["maintMargin"],
        "totalWalletBalance": asset["walletBalance"],
        "totalUnrealizedProfit": asset["unrealizedProfit"],
        "totalMarginBalance": asset["marginBalance"],
        "totalPositionInitialMargin": asset["positionInitialMargin"],
        "totalOpenOrderInitialMargin": asset["openOrderInitialMargin"],
        "totalCrossWalletBalance": asset["crossWalletBalance"],
        "totalCrossUnPnl": asset["crossUnPnl"], "availableBalance": asset["availableBalance"],
        "maxWithdrawAmount": asset["maxWithdrawAmount"],
    }  # fmt: skip
    told = every if version == 2 else held
    rows = [_account_position(account, one, marks, version=version) for one in told]
    extra = {
        "feeTier": 0, "canTrade": account.can_trade, "canDeposit": True, "canWithdraw": False,
        "updateTime": 0, "multiAssetsMargin": account.multi_assets,
    }  # fmt: skip
    return (extra if version == 2 else {}) | totals | {"assets": [asset], "positions": rows}


def _account_position(
    account: Account, position: Position, marks: Marks, *, version: int
) -> dict[str, Any]:  # fmt: skip
    row = position_row(account, position, marks, version=3)
    row["unrealizedProfit"] = row.pop("unRealizedProfit")
    if version == 2:
        symbol = position.contract.id
        row |= {"leverage": str(account.leverage_of(symbol)),
                "isolated": account.isolated.get(symbol, False)}  # fmt: skip
    return row


def update_event(
    account: Account, marks: Marks, now: int, reason: str, change: Decimal,
    positions: list[Position],
) -> dict[str, Any]:  # fmt: skip
    """Return an ACCOUNT_UPDATE."""
    told = []
    for one in positions:
        isolated = account.isolated.get(one.contract.id, False)
        told.append({
            "s": one.contract.id, "pa": str(one.qty), "ep": str(one.entry),
            "cr": eight(one.realized), "up": eight(one.pnl(marks(one.contract.id))),
            "mt": "isolated" if isolated else "cross", "iw": str(one.wallet), "ps": "BOTH",
            "ma": "USDT", "bep": str(one.entry),
        })  # fmt: skip
    balance = {"a": "USDT", "wb": eight(account.wallet), "cw": eight(account.cross_wallet),
               "bc": eight(change) if change else "0"}  # fmt: skip
    body = {"B": [balance], "P": told, "m": reason}
    return {"e": "ACCOUNT_UPDATE", "T": now, "E": now, "a": body}
