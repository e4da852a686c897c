"""The account at the exchange: opened before the engine, followed and told while it runs."""

import logging
from collections.abc import Callable, Sequence
from typing import Any, Final

from core.errors import ConfigError
from core.orders import OrderType
from exchange.real.account import AccountReader, RealOrder, RealPosition
from exchange.real.account_view import AccountView
from exchange.real.client import BINANCE, ExchangeClient
from exchange.real.errors import AuthRefused
from exchange.real.keys import Keys, given_keys
from exchange.real.permissions import check_permissions, read_permissions
from exchange.real.read_only import forbid_trading
from exchange.real.source import Source
from exchange.real.stream import StreamHealth
from exchange.real.updates import MarginCall, Update
from exchange.real.user_stream import UserStream
from exchange.real.venue import Venue
from infra.settings import Settings
from runner.engine import Engine
from runner.paper_beside import BesideBroker
from runner.payloads import Data, maybe, num
from utils.clock import Clock, SystemClock

log: Final = logging.getLogger(__name__)

BEAT_S: Final = 1.0
LOST_S: Final = 30.0  # without the account's stream before a person hears of it

Ours = Callable[[RealOrder | RealPosition], bool]


class RealAccount:
    """One account at an exchange.

    Promise: with mode watch nothing that changes it can be sent. ``ours`` says which orders and
    positions we opened ourselves; who trades replaces it, and ``differences`` and ``checked_at``.

    Attributes:
        mode: watch, testnet or live.
        client: the way to the exchange, with keys.
        reader: asks about the account by REST.
        stream: follows it; listen to that.
        note: what a person should know of the keys, in one sentence; may be empty.
        trouble: what stands in the way of trading, in one sentence; may be empty.
    """

    def __init__(
        self, mode: str, client: ExchangeClient, reader: AccountReader, stream: UserStream
    ) -> None:
        self.mode = mode
        self.client = client
        self.reader = reader
        self.stream = stream
        self.note = self.trouble = ""
        self.ours: Ours = lambda _: False
        self.differences: Sequence[Data] = ()
        self.checked_at: int | None = None
        self._calls: list[MarginCall] = []
        stream.listen(self._hear)

    @property
    def view(self) -> AccountView:
        """Return the account now."""
        return self.stream.view

    @property
    def trades(self) -> bool:
        """Return whether orders go there."""
        return self.mode in {"testnet", "live"}

    @classmethod
    async def open(
        cls, settings: Settings, clock: Clock, since: int | None = None
    ) -> "RealAccount":
        """Connect with the keys of *settings*, check them, and read the account once.

        Args:
            settings: whose broker is watch, testnet or live.
            clock: ours.
            since: the exchange's time (ms) after which executions and payments are news; now by
                default.

        Raises:
            ConfigError: the keys are missing, refused or may do too much: a person mends it.
            ExchangeError: the exchange does not answer: trying again may help.
        """
        mode = settings.broker
        venue = Venue(settings.exchange, testnet=mode == "testnet", url=settings.exchange_url)
        client = await ExchangeClient.open(venue, clock, _keys(settings))
        try:
            return await _opened(client, settings, clock, since)
        except AuthRefused as error:
            await client.close()
            raise ConfigError(
                f"{settings.exchange} refuses the keys ({error}): look at the key, its secret, its "
                "permissions and the addresses it may be used from"
            ) from None
        except BaseException:
            await client.close()
            raise

    async def close(self) -> None:
        """Let go of the exchange."""
        await self.client.close()

    def health(self) -> StreamHealth:
        """Return how the account's stream is."""
        return self.stream.health()

    async def follow(self) -> None:
        """Follow the account until cancelled."""
        await self.stream.run()

    async def tell(self, engine: Engine) -> None:
        """Keep *engine*'s readers told of the account until cancelled."""
        lost_s, is_lost = 0.0, False
        clock = SystemClock()
        while True:
            await clock.sleep(BEAT_S)
            self.touch(engine)
            await self._tell_calls(engine)
            lost_s = 0.0 if self.stream.state == "live" else lost_s + BEAT_S
            if is_lost != (lost_s >= LOST_S):
                is_lost = not is_lost
                await self._tell_lost(engine, is_lost=is_lost)

    def touch(self, engine: Engine) -> None:
        """Mark the account as changed, valued at our own marks, and paper beside it."""
        for symbol, mark in engine.trader.board.marks.items():
            self.view.mark(symbol, mark)
        engine.publisher.touch("real_account", "", lambda: self.payload(engine.now()))
        broker = engine.trader.broker
        if isinstance(broker, BesideBroker):
            engine.publisher.touch("paper_vs_live", "", lambda: broker.payload(engine.now()))

    def payload(self, at: int) -> Data:
        """Return the payload of the real_account state."""
        view = self.view
        positions = sorted(view.positions.values(), key=lambda p: (p.symbol, p.position_side))
        orders = sorted(view.orders.values(), key=lambda o: (o.symbol, o.created_at, o.key))
        return {
            "at": at,
            "exchange": self.client.venue.id,
            "mode": self.mode,
            "wallet_balance": num(view.wallet_balance),
            "available": num(view.available),
            "unrealized_pnl": num(view.unrealized_pnl),
            "margin_balance": num(view.margin_balance),
            "positions": [_position(p, ours=self.ours(p)) for p in positions],
            "orders": [_order(o, ours=self.ours(o)) for o in orders],
            "differences": list(self.differences),
            "checked_at": self.checked_at,
            "position_mode": view.modes.position_mode or None,
            "multi_asset": view.modes.multi_asset,
            "bnb_fees": view.modes.bnb_fees,
            "balances": [
                {"asset": b.asset, "wallet": num(b.wallet), "available": num(b.available)}
                for b in sorted(view.balances.values(), key=lambda b: b.asset)
                if b.wallet or b.asset == view.quote
            ],
            "note": self.trouble or self._note(),
        }

    def _note(self) -> str:
        """Return what is unusual about the account, in one sentence; may be empty."""
        if self.stream.state != "live":
            why = f": {self.stream.counts.error}" if self.stream.counts.error else ""
            return f"The account's stream is {self.stream.state}{why}."
        if self.view.modes.multi_asset:
            return "Multi-asset mode: all its assets together are margin."
        return self.note

    def _hear(self, update: Update) -> None:
        if isinstance(update, MarginCall):
            self._calls.append(update)

    async def _tell_calls(self, engine: Engine) -> None:
        calls, self._calls = self._calls, []
        for call in calls:
            title = f"Margin call: {', '.join(call.symbols) or 'the account'}"
            detail = "The exchange warns that positions are close to liquidation."
            await engine.alert("error", "margin_call", title, detail)

    async def _tell_lost(self, engine: Engine, *, is_lost: bool) -> None:
        if is_lost:
            title = "The account's stream is lost"
            await engine.alert("warn", "account_stream", title, self.stream.counts.error)
        else:
            await engine.alert("info", "account_stream_back", "The account's stream is back")


def account_market(broker: str, market_id: str) -> str:
    """Return the identity of the books that *broker* keeps on *market_id*, each its own."""
    return market_id if broker == "paper" else f"{broker}:{market_id}"


def _keys(settings: Settings) -> Keys:
    """Return the keys that *settings* name.

    Raises:
        ConfigError: there are none, or their file cannot be used.
    """
    keys = given_keys(
        settings.exchange_key.get_secret_value(), settings.exchange_secret.get_secret_value(),
        settings.exchange_key_file,
    )  # fmt: skip
    if keys is None:
        raise ConfigError(f"broker {settings.broker} needs EXCHANGE_KEY and EXCHANGE_SECRET")
    return keys


async def _opened(
    client: ExchangeClient, settings: Settings, clock: Clock, since: int | None
) -> RealAccount:
    mode = settings.broker
    if mode == "watch":
        forbid_trading(client)
    await client.measure_skew()
    await client.call("load_markets")
    permissions = await read_permissions(client, testnet=client.venue.testnet)
    note = check_permissions(permissions, mode)
    if note:
        log.warning("%s", note)
    reader, source = _ways(client, clock)
    view = AccountView()
    stream = UserStream(source, reader, view, clock, reader.now() if since is None else since)
    stream.follow(*settings.symbols)
    view.take(await reader.snapshot())
    account = RealAccount(mode, client, reader, stream)
    account.note = note if permissions.can_withdraw else ""
    return account


def _ways(client: ExchangeClient, clock: Clock) -> tuple[AccountReader, Source]:
    """Return how to ask about the account, and how to hear of it, at this exchange."""
    if client.venue.id in BINANCE:
        from exchange.real.binance_account import BinanceAccount  # noqa: PLC0415
        from exchange.real.binance_user import BinanceEvents  # noqa: PLC0415

        reader = BinanceAccount(client, clock)
        return reader, BinanceEvents(client, reader, clock)
    from exchange.real.unified_account import UnifiedAccount  # noqa: PLC0415
    from exchange.real.unified_user import UnifiedEvents  # noqa: PLC0415

    return UnifiedAccount(client, clock), UnifiedEvents(client)


def _position(position: RealPosition, *, ours: bool) -> dict[str, Any]:
    return {
        "symbol": position.symbol,
        "side": "long" if position.qty > 0 else "short",
        "qty": num(abs(position.qty)),
        "entry_price": num(position.entry_price),
        "mark_price": maybe(position.mark_price),
        "leverage": position.leverage,
        "margin_mode": position.margin_mode,
        "unrealized_pnl": num(position.unrealized_pnl),
        "liquidation_price": maybe(position.liquidation_price),
        "ours": ours,
    }


def _order(order: RealOrder, *, ours: bool) -> dict[str, Any]:
    return {
        "id": order.algo_id or order.order_id,
        "symbol": order.symbol,
        "side": order.side.value,
        "type": order.type.value if isinstance(order.type, OrderType) else order.type,
        "qty": num(order.qty),
        "filled_qty": num(order.filled_qty),
        "price": maybe(order.price),
        "trigger_price": maybe(order.trigger_price),
        "reduce_only": order.reduce_only or order.close_position,
        "status": order.status.value,
        "created_at": order.created_at,
        "ours": ours,
    }
