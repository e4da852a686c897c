import asyncio
import os
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from infra.notes import TUNNEL, write_note
from infra.settings import ROOT, Settings
from runner.address import PublicAddress
from runner.supervisor import ChildSpec, Supervisor
from tests.runner.test_supervisor import QUICK, Notes, until
from tests.services import PATIENCE_S
from utils.clock import SystemClock

SAY = (
    "import os, signal\n"
    "names = ['PUBLIC_URL', 'TUNNEL', 'TRUSTED_PROXIES']\n"
    "print([os.environ.get(name) for name in names], flush=True)\n"
    "while True: signal.pause()"
)
TRUSTED = "10.0.0.0/8,127.0.0.0/8,::1/128,127.0.0.1/32"


def settings(data: Path, **more: object) -> Settings:
    made = Settings(data_dir=data, trusted_proxies=["10.0.0.0/8"], **more)  # type: ignore[arg-type]
    made.run_dir.mkdir(parents=True)
    return made


def crew() -> list[ChildSpec]:
    environment = {"PATH": os.environ["PATH"], "TUNNEL": "ngrok"}
    argv = [sys.executable, "-c", SAY]
    return [ChildSpec(name, argv, ROOT, environment) for name in ("engine", "web", "bot")]


def told(notes: Notes, name: str) -> list[str]:
    lines = notes.said.get(name, "").replace("<end>", "").splitlines()
    return [line for line in lines if line.startswith("[")]


async def follow(
    made: Settings, scenario: Callable[[Notes, PublicAddress], Coroutine[Any, Any, None]]
) -> None:
    """Supervise the crew without its tunnel, whose notes the scenario leaves."""
    address, notes = PublicAddress(made, SystemClock()), Notes()
    children = [child for child in address.crew(crew()) if child.name != "tunnel"]
    supervisor = Supervisor(children, notes, SystemClock(), QUICK)
    running = asyncio.create_task(supervisor.run())
    following = asyncio.create_task(address.follow(supervisor, notes))
    try:
        await scenario(notes, address)
    finally:
        supervisor.stop()
        await asyncio.wait_for(asyncio.gather(running, following), PATIENCE_S)


def test_without_a_tunnel_the_setting_says_it_and_nobody_waits(tmp_path: Path) -> None:
    made = settings(tmp_path, public_url="https://deck.example/")
    address = PublicAddress(made, SystemClock())
    children = crew()

    assert address.url == "https://deck.example/"
    assert address.crew(children) == children


def test_page_and_bot_start_with_the_tunnels_url_and_again_with_its_next(tmp_path: Path) -> None:
    made = settings(tmp_path, tunnel="ngrok")

    async def scenario(notes: Notes, address: PublicAddress) -> None:
        await until(lambda: bool(told(notes, "engine")))
        assert told(notes, "engine") == ["[None, 'ngrok', None]"]
        assert not told(notes, "web") + told(notes, "bot")

        write_note(made.run_dir, TUNNEL, url="https://one/")
        await until(lambda: bool(told(notes, "web") and told(notes, "bot")))
        assert told(notes, "web") == [f"['https://one/', 'none', '{TRUSTED}']"]
        assert notes.told == []

        write_note(made.run_dir, TUNNEL, url="https://two/")
        await until(lambda: len(told(notes, "web")) == len(told(notes, "bot")) == 2)
        assert address.url == "https://two/"
        assert told(notes, "bot")[1] == f"['https://two/', 'none', '{TRUSTED}']"
        assert len(told(notes, "engine")) == 1

        # one that is being opened again keeps its name for now
        write_note(made.run_dir, TUNNEL, url="")
        await until(lambda: address.url == "https://two/")
        write_note(made.run_dir, TUNNEL, url="https://three/")
        await until(lambda: len(told(notes, "web")) == len(told(notes, "bot")) == 3)
        assert address.url == "https://three/"

    asyncio.run(follow(made, scenario))


def test_a_tunnel_that_does_not_open_holds_nobody_up(tmp_path: Path) -> None:
    made = settings(tmp_path, tunnel="ngrok")

    async def scenario(notes: Notes, address: PublicAddress) -> None:
        write_note(made.run_dir, TUNNEL, url="")
        await until(lambda: bool(told(notes, "web") and told(notes, "bot")))
        assert told(notes, "web") == [f"[None, 'none', '{TRUSTED}']"]

        write_note(made.run_dir, TUNNEL, url="https://late/")
        await until(lambda: len(told(notes, "web")) == 2)
        assert address.url == "https://late/"

    asyncio.run(follow(made, scenario))


def test_the_tunnel_is_told_nothing_that_its_agent_need_not_know(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "12345:secret")
    made = settings(
        tmp_path, tunnel="ngrok", ngrok_authtoken=SecretStr("token"),
        telegram_bot_token=SecretStr("12345:secret"), dashboard_host="192.168.1.7",
    )  # fmt: skip

    tunnel, *others = PublicAddress(made, SystemClock()).crew(crew())

    assert tunnel.environment["NGROK_AUTHTOKEN"] == "token"
    assert tunnel.environment["DASHBOARD_HOST"] == "192.168.1.7"
    assert "TELEGRAM_BOT_TOKEN" not in tunnel.environment
    assert "PATH" in tunnel.environment
    assert not tunnel.needed
    web = next(child for child in others if child.name == "web")
    assert web.environment["NGROK_AUTHTOKEN"] == ""
    assert web.environment["TRUSTED_PROXIES"].endswith(",192.168.1.7/32")
