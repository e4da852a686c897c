"""The real server and somebody from Telegram: let in, turned out, and nothing secret written."""

from pathlib import Path
from typing import Any

import httpx

from tests.telegram_webapp.rig import PATIENCE_S, Client, StandInEngine, free_port, listens, until
from tests.telegram_webapp.telegram_signing import TOKEN, derived_key, launch, written
from tests.telegram_webapp.test_webapp_server import started
from utils.clock import SystemClock

ADA, BOB = 11, 22


def init_data(user_id: int, name: str) -> str:
    return written(launch(SystemClock().now() // 1000, {"id": user_id, "first_name": name}))


def sign_in(port: int, text: str) -> httpx.Response:
    address = f"http://127.0.0.1:{port}/api/auth/telegram"
    return httpx.post(address, json={"init_data": text}, timeout=PATIENCE_S)


def ask(port: int, path: str, token: str, body: Any = None) -> httpx.Response:
    return httpx.request(
        "GET" if body is None else "POST", f"http://127.0.0.1:{port}{path}", json=body,
        headers={"Authorization": f"Bearer {token}"}, timeout=PATIENCE_S,
    )  # fmt: skip


def test_who_is_blocked_loses_the_open_stream_and_no_log_holds_a_secret(tmp_path: Path) -> None:
    port = free_port()
    environment = {
        "DASHBOARD_PORT": str(port), "TELEGRAM_BOT_TOKEN": TOKEN, "LOG_LEVEL": "DEBUG",
        "TELEGRAM_USERS": f"{ADA}:owner,{BOB}:viewer",
    }  # fmt: skip
    texts = [init_data(ADA, "Ada"), init_data(BOB, "Bob"), init_data(33, "Eve")]
    with (
        StandInEngine(tmp_path),
        started(tmp_path, **environment) as process,
    ):
        until(lambda: listens(port), bool)
        ada, bob = (sign_in(port, text).json()["token"] for text in texts[:2])
        assert sign_in(port, texts[2]).json()["code"] == "unknown_user"
        assert sign_in(port, texts[0] + "&a=b").json()["code"] == "bad_init_data"
        wish = {"idempotency_key": "k", "command": "pause"}
        assert ask(port, "/api/commands", bob, wish).json()["code"] == "role_needed"
        with (
            Client(port, key=bob) as bobs,
            Client(port, key=ada) as adas,
        ):
            assert bobs.begin().event().data["role"] == "viewer"
            assert adas.begin().event().data["role"] == "owner"
            assert ask(port, f"/api/users/{BOB}/block", ada, {}).status_code == 200
            until(lambda: ask(port, "/api/me", bob).status_code, lambda status: status == 401)
            bobs.rest()  # to its end, which the next heartbeat is
            assert adas.until(lambda event: event.type == "heartbeat")
        assert sign_in(port, texts[1]).json()["code"] == "blocked_user"
        process.terminate()
        log = process.communicate(timeout=PATIENCE_S)[1]

    hashes = [text.partition("hash=")[2][:64] for text in texts]
    secrets = [TOKEN, TOKEN.partition(":")[2], derived_key(), ada, bob, *hashes]
    files = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    for secret in secrets:
        assert secret not in log
        assert not any(secret.encode() in content for content in files)
