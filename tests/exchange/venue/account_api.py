"""Account, settings, books and listen keys, as signed REST answers them."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from aiohttp import web

from tests.exchange.venue.account import Position
from tests.exchange.venue.guard import RefusedError
from tests.exchange.venue.margins import account_row, eight, position_row, update_event
from tests.exchange.venue.matching import Matching
from tests.exchange.venue.private import Answer, Call, Door, money, page
from tests.exchange.venue.requests import needed
from tests.exchange.venue.user_stream import UserStreams

_DONE: Final = {"code": 200, "msg": "success"}
_FREE_TO_READ: Final = {
    "ipRestrict": True, "createTime": 1698645219000, "enableReading": True,
    "enableWithdrawals": False, "enableInternalTransfer": False, "enableMargin": False,
    "enableFutures": True, "permitsUniversalTransfer": False, "enableVanillaOptions": False,
    "enableFixApiTrade": False, "enableFixReadOnly": True, "enableSpotAndMarginTrading": False,
    "enablePortfolioMarginTrading": False,
}  # fmt: skip


class AccountApi:
    """Answers about accounts; *now* tells the time the venue shows."""

    def __init__(
        self, matching: Matching, streams: UserStreams, door: Door, now: Callable[[], int]
    ) -> None:
        self.matching = matching
        self.market = matching.market
        self.streams = streams
        self.door = door
        self.now = now

    def routes(self) -> list[web.RouteDef]:
        """Return all routes."""
        signed, keyed = self.door.signed, self.door.keyed
        gets: dict[str, Answer] = {
            "/fapi/v2/account": lambda call: self._account(call, 2),
            "/fapi/v3/account": lambda call: self._account(call, 3),
            "/fapi/v2/balance": self._balance, "/fapi/v3/balance": self._balance,
            "/fapi/v2/positionRisk": lambda call: self._risk(call, 2),
            "/fapi/v3/positionRisk": lambda call: self._risk(call, 3),
            "/fapi/v1/positionSide/dual": lambda call: {"dualSidePosition": call.account.hedge},
            "/fapi/v1/multiAssetsMargin": self._multi_assets,
            "/fapi/v1/feeBurn": lambda _call: {"feeBurn": False},
            "/fapi/v1/accountConfig": self._account_config,
            "/fapi/v1/symbolConfig": self._symbol_config,
            "/fapi/v1/leverageBracket": self._brackets,
            "/fapi/v1/commissionRate": self._fees, "/fapi/v1/income": self._income,
            "/fapi/v1/userTrades": self._trades,
            "/sapi/v1/account/apiRestrictions": lambda call: _FREE_TO_READ
            | call.account.permissions,
        }  # fmt: skip
        posts: dict[str, Answer] = {
            "/fapi/v1/leverage": self._set_leverage, "/fapi/v1/marginType": self._set_margin,
            "/fapi/v1/positionSide/dual": self._set_side,
            "/fapi/v1/positionMargin": self._move_margin,
        }  # fmt: skip
        path = "/fapi/v1/listenKey"
        return [
            *(web.get(where, signed(answer)) for where, answer in gets.items()),
            *(web.post(where, signed(answer)) for where, answer in posts.items()),
            web.post(path, keyed(lambda call: {"listenKey": self.streams.grant(call.account)})),
            web.put(path, keyed(self._renew_key)), web.delete(path, keyed(self._end_key)),
        ]  # fmt: skip

    def _pair_of(self, call: Call) -> Any:
        symbol = needed(call.params, "symbol")
        if symbol not in self.market.pairs:
            raise RefusedError(-1121, "Invalid symbol.")
        return self.market.pairs[symbol]

    def _every(self, call: Call) -> list[Position]:
        return [call.account.position(pair.contract) for pair in self.market.pairs.values()]

    def _account(self, call: Call, version: int) -> Any:
        return account_row(
            call.account, self.matching.mark, version=version, every=self._every(call)
        )

    def _balance(self, call: Call) -> Any:
        asset = account_row(call.account, self.matching.mark, version=3, every=[])["assets"][0]
        return [{
            "accountAlias": "SgsR", "asset": "USDT", "balance": asset["walletBalance"],
            "crossWalletBalance": asset["crossWalletBalance"], "crossUnPnl": asset["crossUnPnl"],
            "availableBalance": asset["availableBalance"],
            "maxWithdrawAmount": asset["maxWithdrawAmount"], "marginAvailable": True,
            "updateTime": asset["updateTime"],
        }]  # fmt: skip

    def _risk(self, call: Call, version: int) -> Any:
        busy = {order.contract.id for order in call.account.open_orders}
        return [
            position_row(call.account, one, self.matching.mark, version=version)
            for one in self._every(call)
            if call.symbol in {None, one.contract.id}
            and (version == 2 or one.qty or one.contract.id in busy)
        ]

    def _multi_assets(self, call: Call) -> Any:
        return {"multiAssetsMargin": call.account.multi_assets}

    def _account_config(self, call: Call) -> Any:
        return {
            "feeTier": 0, "canTrade": call.account.can_trade, "canDeposit": True,
            "canWithdraw": False, "dualSidePosition": call.account.hedge, "updateTime": 0,
            "multiAssetsMargin": call.account.multi_assets, "tradeGroupId": -1,
        }  # fmt: skip

    def _symbol_config(self, call: Call) -> Any:
        account = call.account
        return [
            {
                "symbol": name, "isAutoAddMargin": False, "maxNotionalValue": "1000000",
                "marginType": "ISOLATED" if account.isolated.get(name) else "CROSSED",
                "leverage": account.leverage_of(name),
            }
            for name in self.market.pairs
            if call.symbol in {None, name}
        ]  # fmt: skip

    def _brackets(self, call: Call) -> Any:
        if call.symbol:
            return [self._pair_of(call).contract.bracket_rows()]
        return [pair.contract.bracket_rows() for pair in self.market.pairs.values()]

    def _fees(self, call: Call) -> Any:
        return {
            "symbol": self._pair_of(call).contract.id,
            "makerCommissionRate": str(call.account.maker_fee),
            "takerCommissionRate": str(call.account.taker_fee), "rpiCommissionRate": "0",
        }  # fmt: skip

    def _income(self, call: Call) -> Any:
        kind = call.params.get("incomeType")
        rows = [
            one for one in call.account.income
            if kind in {None, one.kind} and call.symbol in {None, one.symbol}
        ]  # fmt: skip
        return [one.row() for one in page(call, rows, lambda one: int(one.at))]

    def _trades(self, call: Call) -> Any:
        symbol = self._pair_of(call).contract.id
        order, first = call.params.get("orderId"), call.whole("fromId", 0)
        rows = [
            fill for fill in call.account.trades
            if fill.order.contract.id == symbol and fill.id >= first
            and order in {None, str(fill.order.id)}
        ]  # fmt: skip
        return [fill.row() for fill in page(call, rows, lambda fill: int(fill.at))]

    def _set_leverage(self, call: Call) -> Any:
        contract = self._pair_of(call).contract
        leverage = call.whole("leverage", 0)
        if not 1 <= leverage <= contract.max_leverage:
            raise RefusedError(-4028, f"Leverage {leverage} is not valid")
        call.account.leverage[contract.id] = leverage
        now = self.now()
        event = {"e": "ACCOUNT_CONFIG_UPDATE", "E": now, "T": now,
                 "ac": {"s": contract.id, "l": leverage}}  # fmt: skip
        self.streams.tell(call.account, [event])
        most = next(row.cap for row in reversed(contract.brackets) if row.leverage >= leverage)
        return {"leverage": leverage, "maxNotionalValue": str(most), "symbol": contract.id}

    def _set_margin(self, call: Call) -> Any:
        account, contract = call.account, self._pair_of(call).contract
        isolated = needed(call.params, "marginType") == "ISOLATED"
        if account.isolated.get(contract.id, False) == isolated:
            raise RefusedError(-4046, "No need to change margin type.")
        if account.position(contract).qty:
            raise RefusedError(-4048, "Margin type cannot be changed if there exists position.")
        if any(order.contract.id == contract.id for order in account.open_orders):
            raise RefusedError(-4047, "Margin type cannot be changed if there exists open orders.")
        account.isolated[contract.id] = isolated
        return _DONE

    def _set_side(self, call: Call) -> Any:
        account, hedge = call.account, needed(call.params, "dualSidePosition").lower() == "true"
        if account.hedge == hedge:
            raise RefusedError(-4059, "No need to change position side.")
        if account.held or account.open_orders:
            raise RefusedError(-4068, "Position side cannot be changed if there exists position.")
        account.hedge = hedge
        return _DONE

    def _move_margin(self, call: Call) -> Any:
        account, contract = call.account, self._pair_of(call).contract
        amount = Decimal(needed(call.params, "amount"))
        position = account.position(contract)
        if not position.qty or not account.isolated.get(contract.id):
            raise RefusedError(-4051, "Isolated balance insufficient.")
        position.wallet += amount if call.params.get("type") == "1" else -amount
        now = self.now()
        event = update_event(account, self.matching.mark, now, "MARGIN_TRANSFER", Decimal(0),
                             [position])  # fmt: skip
        self.streams.tell(account, [event])
        return {"amount": money(amount), "type": call.whole("type", 1), **_DONE}

    def _renew_key(self, call: Call) -> Any:
        key = self.streams.renew(call.account)
        if key is None:
            raise RefusedError(-1125, "This listenKey does not exist.")
        return {"listenKey": key}

    def _end_key(self, call: Call) -> Any:
        self.streams.revoke(call.account)
        return {}


__all__ = ["AccountApi", "eight"]
