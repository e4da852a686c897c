"""A whole dashboard in this process: real databases, a real bus, Flask's own client."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from decimal import Decimal
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import msgspec
from flask import Flask, Response
from flask.testing import FlaskClient
from typing_extensions import override
from werkzeug.test import TestResponse

from core.market import MINUTE_MS
from core.orders import OrderStatus
from infra.bus.base import CommandReply, CommandRequest
from infra.bus.unix_client import UnixCommands, UnixSubscriber
from infra.settings import Settings
from runner import payloads
from runner.publisher import Builder
from store.access import AccessStore, Role
from store.accounts import current_account, find_or_create_account
from store.database import Database
from store.imported import imported_account
from store.writer import Batch, EquityPoint, Writer
from telegram_webapp.app import create_app
from telegram_webapp.archive import Archive
from telegram_webapp.auth.doorman import Doorman
from telegram_webapp.hub import Hub
from telegram_webapp.limits import Limits
from telegram_webapp.link import EngineLink
from telegram_webapp.mirror import Mirror
from tests.store import samples
from tests.telegram_webapp.rig import StandInEngine, until
from utils.backoff import Backoff
from utils.clock import SetClock, SystemClock

PORT = 8123
COOKIE = f"quarterdeck_{PORT}"
HOST = f"127.0.0.1:{PORT}"
MINUTES = 120
NOW = samples.START + MINUTES * MINUTE_MS  # on the engine's clock
SYMBOLS = ("BTC/USDT", "ETH/USDT")

Answer = Callable[[CommandRequest], CommandReply]


class Client(FlaskClient):
    """A client that asks for the page where it is served."""

    @override
    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        return super().open(*args, **{"base_url": f"http://{HOST}", **kwargs})

    @property
    def session(self) -> str | None:
        """The secret of the session in its cookie."""
        cookie = self.get_cookie(COOKIE, domain="127.0.0.1")
        return cookie.value if cookie else None


class House:
    """One dashboard; ``keys`` has an API key of each role, ``asked`` what reached the engine."""

    def __init__(self, data_dir: Path, **settings: Any) -> None:
        self.settings = Settings(
            data_dir=data_dir, dashboard_port=PORT, trusted_hosts=[".ts.net"], **settings
        )
        self.store = AccessStore(self.settings.access_path)
        self.store.migrate()
        self.clock = SystemClock()
        self.doorman = Doorman(self.store, self.clock)
        mirror = Mirror(self.clock)
        self.hub = Hub(mirror, self.doorman.still_valid, max_streams=50, streams_per_client=3)
        self.link = EngineLink(
            mirror,
            self.hub,
            UnixSubscriber(self.settings.socket_path),
            UnixCommands(self.settings.socket_path),
            state_file=self.settings.state_path,
            delays=Backoff(0.01, 0.05, Random(1)),
        )
        self.archive = Archive(self.settings.database, self.clock)
        self.limits = Limits(self.clock, slowed_s=0.001)
        self.app: Flask = create_app(
            self.settings, self.link, self.doorman, self.clock, self.limits
        )
        now = self.clock.now()
        self.keys = {role: self.store.create_key(f"a {role}", role, now) for role in Role}
        self.engine: StandInEngine | None = None
        self._session: str | None = None
        self.asked: list[CommandRequest] = []
        self.answer: Answer = lambda request: CommandReply(ok=True, result={"by": request.name})

    def client(self) -> Client:
        """Return a client without credentials, which keeps its cookies."""
        return Client(self.app, Response)

    def get(self, path: str, role: Role = Role.VIEWER, **kwargs: Any) -> TestResponse:
        """Return what a program of *role* gets."""
        headers = {"Authorization": f"Bearer {self.keys[role]}", **kwargs.pop("headers", {})}
        return self.client().get(path, headers=headers, **kwargs)

    def get_head(self, path: str, role: Role = Role.VIEWER) -> int:
        """Return the status a program of *role* would get."""
        headers = {"Authorization": f"Bearer {self.keys[role]}"}
        return self.client().head(path, headers=headers).status_code

    def post(self, path: str, body: object, role: Role = Role.OWNER) -> TestResponse:
        """Return what a program of *role* gets for *body* as JSON."""
        headers = {"Authorization": f"Bearer {self.keys[role]}"}
        return self.client().post(path, json=body, headers=headers)

    def browser(self, role: Role = Role.OWNER) -> Client:
        """Return a client that signed in with a one-time code and acts as a browser does."""
        client = self.client()
        client.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
        code = self.store.create_code(role, now=self.clock.now(), life_ms=60_000)
        answer = client.post("/api/auth/login", json={"code": code})
        assert answer.status_code == 200, answer.text
        return client

    def signed_in(self) -> str:
        """Return the secret of an open session; the one before may have been left."""
        if self._session is None or self.store.find(self._session, self.clock.now()) is None:
            self._session = self.browser().session
        assert self._session is not None
        return self._session

    def start_engine(self) -> StandInEngine:
        """Start an engine with two markets, a position and its stop, and follow it."""
        engine = StandInEngine(self.settings.data_dir)
        engine.publisher.clock = SetClock(NOW)
        engine.server.on_command = self._grant
        fill_state(engine)
        engine.__enter__()
        self.engine = engine
        self.link.start()
        until(lambda: self.link.is_up, bool)
        return engine

    def remember(self, batch: Batch) -> int:
        """Store more of the history, of the engine's account; return the account's id."""
        with closing(Database(self.settings.database)) as database:
            account = current_account(database)
            assert account is not None
            Writer(database, account.id).commit(batch)
            return account.id

    def bring_in(self, label: str, batch: Batch) -> int:
        """Store the history of an account from elsewhere; return its id."""
        with closing(Database(self.settings.database)) as database:
            account = imported_account(database, label, Decimal(500), now=1)
            Writer(database, account.id).commit(batch)
            return account.id

    def stop_engine(self) -> None:
        """Stop the engine and wait until that was noticed."""
        assert self.engine is not None
        self.engine.stop()
        until(lambda: self.link.is_up, lambda up: not up)

    def close(self) -> None:
        """End what runs."""
        self.link.stop()
        if self.engine is not None:
            self.engine.stop()
        self.store.close()

    async def _grant(self, request: CommandRequest) -> CommandReply:
        self.asked.append(request)
        return self.answer(request)


@contextmanager
def house(
    data_dir: Path, *, engine: bool = True, own_history: bool = True, **settings: Any
) -> Iterator[House]:
    """Lend a dashboard, with an engine and an account or with neither.

    Without *own_history* the account has done nothing yet.
    """
    if engine:
        fill_history(data_dir, None if own_history else Batch())
    built = House(data_dir, **settings)
    try:
        if engine:
            built.start_engine()
        yield built
    finally:
        built.close()


def fill_state(engine: StandInEngine) -> None:
    """Fold a small state, as one that an engine has."""
    publisher = engine.publisher
    for symbol in SYMBOLS:
        publisher.touch("stats", symbol, partial(dict, at=NOW, symbol=symbol))
    for number, symbol in enumerate(SYMBOLS):
        position: Builder = partial(
            dict,
            at=NOW,
            id=f"p{number}",
            symbol=symbol,
            side="long",
            strategy="trend",
            opened_at=NOW - 60_000,
        )
        publisher.touch("position", f"p{number}", position)
    publisher.flush()
    order = payloads.order(samples.order(1), NOW)
    publisher.fact("order_placed", {"fact_id": "f1", "kind": "order_placed", **order})


def history() -> Batch:
    """Return two hours of an account."""
    return Batch(
        journal=[samples.entry(n * 60) for n in range(5)],
        orders=[samples.order(n, status=OrderStatus.FILLED) for n in range(5)],
        trades=[
            samples.trade(n, symbol=SYMBOLS[n % 2], strategy="=trend" if n == 3 else "trend")
            for n in range(7)
        ],
        facts=[samples.fact(n, "order_refused" if n == 2 else "order_filled") for n in range(9)],
        candles=[samples.bar(minute) for minute in range(MINUTES)],
        equity=[
            *(samples.point(minute) for minute in range(MINUTES)),
            EquityPoint(samples.START + 5 * MINUTE_MS, Decimal("5000.5"), Decimal(5000), "trend"),
        ],
    )


def fill_history(data_dir: Path, batch: Batch | None = None) -> None:
    """Store what an account did in the ledger's database: `history` unless given."""
    with closing(Database(Settings(data_dir=data_dir).database)) as database:
        database.migrate()
        account = find_or_create_account(database, "test", Decimal(10000), now=1)
        Writer(database, account.id).commit(history() if batch is None else batch)


def problem(answer: TestResponse) -> dict[str, Any]:
    """Return the problem that *answer* is."""
    assert answer.mimetype == "application/problem+json", answer.text
    body: dict[str, Any] = msgspec.json.decode(answer.data)
    assert {"type", "title", "status", "detail", "code"} <= set(body)
    assert body["status"] == answer.status_code
    return body
