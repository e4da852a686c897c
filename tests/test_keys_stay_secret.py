"""The keys of an exchange are nowhere to be found, whatever goes wrong."""

import gzip
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import httpx
from pydantic import SecretStr

from infra.bus.unix_client import UnixSubscriber
from infra.settings import KEYLESS, Settings
from runner.doorkeeper import Doorkeeper
from runner.launch import _children
from tests.exchange.venue import KEY, SECRET, Venue
from tests.exchange.venue_thread import VenueThread
from tests.services import PATIENCE_S, free_port, wait_until
from utils.clock import SystemClock

ROOT = Path(__file__).parents[1]
LISTEN_KEY = f"for-{KEY}"  # each listen key of the loopback exchange ends so
PATHS = (
    "/", "/api/dashboard", "/api/connection", "/api/health", "/metrics", "/api/alerts",
    "/api/symbols", "/api/nowhere", "/api/trades?limit=x",
)  # fmt: skip
TOLD = f"Signature for this request is not valid: key {KEY}, secret {SECRET}."


class Deck:
    """Engine and page, started from a terminal, watching an account; it logs all it can."""

    def __init__(self, folder: Path, there: VenueThread, port: int) -> None:
        self.folder, self.port = folder, port
        self.said = folder.parent / "said.log"
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        given = {
            "MARKET": "exchange", "BROKER": "watch", "EXCHANGE_URL": there.url,
            "EXCHANGE_KEY": KEY, "EXCHANGE_SECRET": SECRET, "SYMBOLS": "BTC/USDT",
            "WARMUP_DAYS": "0", "LOG_LEVEL": "DEBUG",
            "RECORD": "true",
        }  # fmt: skip
        self.environment = kept | given
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        with self.said.open("ab") as out:
            self.process = subprocess.Popen(
                self.command("--no-browser", "--port", str(self.port)), env=self.environment,
                stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=ROOT,
            )  # fmt: skip
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(PATIENCE_S)

    def command(self, *words: str) -> list[str]:
        return [
            sys.executable, str(ROOT / "run_dashboard.py"), "--data-dir", str(self.folder), *words,
        ]  # fmt: skip

    def state(self) -> dict[str, Any]:
        path = self.folder / "dashboard_state.json"
        return dict(json.loads(path.read_bytes())["state"]) if path.exists() else {}

    def children(self) -> Iterator[tuple[str, bytes]]:
        """Yield the command line and the environment of each process below ours."""
        assert self.process is not None
        listing = subprocess.run(
            ["ps", "-o", "pid=,args=", "--ppid", str(self.process.pid)],
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        for line in listing.splitlines():
            pid, _, args = line.strip().partition(" ")
            yield args, Path(f"/proc/{pid}/environ").read_bytes()


def trouble(venue: Venue) -> None:
    """Let the exchange fail in every way, and repeat what it was sent."""
    faults = venue.faults
    faults.http(400, "/fapi/v3/account", times=2, code=-1022, text=TOLD)
    faults.http(500, "/fapi/v1/openOrders", times=2, text=f"<html>{TOLD}</html>")
    faults.http(401, "/listenKey", times=2, method="PUT", code=-2015, text=TOLD)
    faults.cut_request("/fapi/v3/positionRisk", times=2)
    faults.garbage("user@", times=2)
    faults.half("user@", times=2)
    venue.trade("BTC/USDT", "0.02")
    faults.expire_listen_keys()


def provoke(deck: Deck, there: VenueThread) -> None:
    """Let everything go wrong for a while, until it is well again."""
    there.do(trouble)
    wait_until(lambda: not there.venue.faults.answers[0].times, "it was refused", PATIENCE_S)
    there.do(lambda venue: venue.faults.http(401, "/listenKey", times=1, code=-2015, text=TOLD))
    there.do(lambda venue: venue.faults.hang_up())
    wait_until(lambda: not there.venue.faults.answers[-1].times, "its key is refused", PATIENCE_S)
    there.do(lambda venue: venue.faults.clear())
    wait_until(
        lambda: bool(deck.state().get("real_account", {}).get("positions")), "it shows", PATIENCE_S
    )


def pages(deck: Deck) -> bytes:
    """Return everything that the page's server says, its errors too."""
    settings = Settings(data_dir=deck.folder)
    token = Doorkeeper(settings, SystemClock()).create_key("tester", "owner").split()[-1]
    said = b""
    base = f"http://127.0.0.1:{deck.port}"
    head = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=base, headers=head, timeout=PATIENCE_S) as client:
        for path in PATHS:
            answer = client.get(path)
            said += path.encode() + str(answer.headers).encode() + answer.content
        wish = {"idempotency_key": "one-of-a-test", "command": "close_all", "args": {}}
        said += client.post("/api/commands", json=wish).content
    assert b"real_account" in said
    assert b"only watches the account" in said
    return said


def told(deck: Deck) -> bytes:
    """Return the events that the engine still has, and the whole state, as readers get them."""
    heard = b""
    for deliveries in UnixSubscriber(deck.folder / "run" / "engine.sock").deliveries(None):
        for delivery in deliveries:
            heard += getattr(delivery, "data", b"") + getattr(delivery, "frame", b"")
        if b"event: real_account" in heard:
            break
    return heard


def searched(folder: Path) -> dict[str, bytes]:
    """Return everything that was left behind, by name."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    left = {str(path.relative_to(folder)): path.read_bytes() for path in files}
    packed = {name: data for name, data in left.items() if name.endswith(".gz")}
    return left | {f"{name} unpacked": gzip.decompress(data) for name, data in packed.items()}


def test_keys_are_in_no_file_log_event_page_or_process_but_the_engine(tmp_path: Path) -> None:
    with VenueThread(rate_hz=5) as there:
        with Deck(tmp_path / "data", there, free_port()) as deck:
            wait_until(lambda: bool(deck.state().get("real_account")), "it follows", 120)
            provoke(deck, there)
            left = {"the pages": pages(deck), "the events": told(deck)}
            left |= {args: given for args, given in deck.children() if "-m runner" not in args}
            check = subprocess.run(
                deck.command("--check"), env=deck.environment, capture_output=True, check=True
            )
            left["--check"] = check.stdout + check.stderr
        left |= searched(tmp_path)
    assert {"data/quarterdeck.db", "data/dashboard_state.json", "said.log"} <= left.keys()
    assert any("webapp_server" in name for name in left)
    assert "account's stream" in left["said.log"].decode()
    for name, data in left.items():
        for secret in (KEY, SECRET, LISTEN_KEY):
            assert secret.encode() not in data, f"{secret} is in {name}"


def test_only_the_engine_is_given_the_keys(tmp_path: Path) -> None:
    settings = Settings(
        data_dir=tmp_path, market="exchange", broker="live", i_understand_the_risk="yes",
        exchange_key=SecretStr(KEY), exchange_secret=SecretStr(SECRET),
        telegram_bot_token=SecretStr("1:token-of-a-test"),
    )  # fmt: skip
    children = {child.name: child.environment for child in _children(settings, "")}

    assert children["engine"]["EXCHANGE_KEY"] == KEY
    assert children["engine"]["BROKER"] == "live"
    for name in ("web", "bot"):
        given = children[name]
        assert {v: given[v] for v in KEYLESS if v != "EXCHANGE_KEY_FILE"} == {
            v: word for v, word in KEYLESS.items() if v != "EXCHANGE_KEY_FILE"
        }
        assert KEY not in given.values()
        assert SECRET not in given.values()


def test_settings_do_not_show_them(tmp_path: Path) -> None:
    settings = Settings(
        data_dir=tmp_path, exchange_key=SecretStr(KEY), exchange_secret=SecretStr(SECRET)
    )  # fmt: skip

    for text in (repr(settings), str(settings.effective())):
        assert KEY not in text
        assert SECRET not in text
