"""The launcher: engine and page from one command, supervised, until Ctrl-C."""

import asyncio
import contextlib
import json
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import yaml

from core.errors import ConfigError, QuarterdeckError
from infra.settings import ROOT, Settings, child_environment, load_settings
from runner.arguments import Arguments, parse
from runner.console import TerminalConsole
from runner.database_commands import database_command
from runner.doorkeeper import Doorkeeper, reachable
from runner.health import ask_health
from runner.instance import only_instance
from runner.supervisor import EXIT_CONFIG, ChildSpec, Supervisor
from utils.clock import SystemClock
from utils.desktop import open_in_browser
from utils.files import make_private_folder

POLL_S: Final = 0.2
# the page opens with a real past if that takes no longer than this
PATIENCE_S: Final = 30.0
# longer than the grace of utils.parent_watch
ORPHANS_S: Final = 4.0
EXIT_INTERRUPTED: Final = 130


def main(argv: Sequence[str]) -> int:
    """Do what *argv* asks for; return the exit code, 2 when a person must mend something."""
    arguments = parse(argv)
    try:
        settings = load_settings(arguments.flags)
        return _obey(settings, arguments)
    except QuarterdeckError as error:
        print(error, file=sys.stderr)
        return EXIT_CONFIG
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED


def _obey(settings: Settings, arguments: Arguments) -> int:
    doorkeeper = Doorkeeper(settings, SystemClock())
    match arguments.command:
        case "login":
            print(doorkeeper.one_time_link())
        case "keys create":
            print(doorkeeper.create_key(arguments.name, arguments.role))
        case "keys list":
            print(doorkeeper.key_table())
        case "keys revoke":
            doorkeeper.revoke_key(arguments.name)
            print(f"Key {arguments.name} is revoked.", file=sys.stderr)
        case "report":
            return _write_report(settings, arguments.out)
        case "db upgrade" | "db backup" | "db restore" | "db check":
            return database_command(settings, arguments, SystemClock().now())
        case _:
            return _check(settings) if arguments.check else _run(settings, arguments)
    return 0


def _write_report(settings: Settings, out: str) -> int:
    """Have the report written by a process that may be large; return its exit code."""
    where = ["--out", str(Path(out).absolute())] if out else []
    command = [sys.executable, "-m", "reports", *where]
    environment = child_environment(settings)
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode  # noqa: S603


def _check(settings: Settings) -> int:
    _make_folders(settings)
    print(yaml.safe_dump(settings.effective(), sort_keys=False, allow_unicode=True), end="")
    return 0


def _run(settings: Settings, arguments: Arguments) -> int:
    _make_folders(settings)
    with only_instance(
        settings.run_dir, settings.dashboard_host, settings.dashboard_port
    ) as was_killed:
        if was_killed:
            _let_orphans_end(settings)
        _require_free_port(settings.dashboard_host, settings.dashboard_port)
        if settings.reset_paper and not arguments.yes and not _agrees_to_reset(settings):
            print("Nothing was changed.", file=sys.stderr)
            return 1
        return asyncio.run(_serve(settings, browser=arguments.browser))


def _make_folders(settings: Settings) -> None:
    try:
        make_private_folder(settings.run_dir)
    except OSError as error:
        raise ConfigError(f"data folder {settings.data_dir} cannot be used: {error}") from error


def _require_free_port(host: str, port: int) -> None:
    """See that the page can listen on *port* of *host*.

    Raises:
        ConfigError: it cannot.
    """
    if why := _why_not(host, port):
        raise ConfigError(
            f"port {port} on {host} cannot be used ({why}): "
            "choose another with --port, or stop what uses it"
        )


def _why_not(host: str, port: int) -> str:
    """Return why the page cannot listen there, empty when it can."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error.strerror or str(error)
    return ""


def _let_orphans_end(settings: Settings) -> None:
    """Wait for the processes of a launcher that was killed: they end soon after it."""
    for _ in range(int(ORPHANS_S / POLL_S)):
        with socket.socket(socket.AF_UNIX) as engine:
            engine_is_gone = engine.connect_ex(str(settings.socket_path)) != 0
        if engine_is_gone and not _why_not(settings.dashboard_host, settings.dashboard_port):
            return
        time.sleep(POLL_S)


def _agrees_to_reset(settings: Settings) -> bool:
    if not sys.stdin.isatty():
        raise ConfigError("--reset-paper asks first, and there is no terminal: add --yes")
    answer = input(
        "Archive the paper account, its positions and its history, and begin a new one with "
        f"{settings.balance} USDT? [y/N] "
    )
    return answer.strip().lower() in {"y", "yes"}


async def _serve(settings: Settings, *, browser: bool) -> int:
    console = TerminalConsole(sys.stderr)
    supervisor = Supervisor(_children(settings), console, SystemClock())
    announcing = asyncio.create_task(_announce(settings, supervisor, console, browser=browser))
    code = await supervisor.run()
    await announcing
    if code == 0:
        console.tell("Stopped.")
    return code


def _children(settings: Settings) -> list[ChildSpec]:
    # an engine that is restarted must not archive the account it has just begun
    environment = child_environment(settings.model_copy(update={"reset_paper": False}))
    once = {"RESET_PAPER": "true"} if settings.reset_paper else {}
    return [
        ChildSpec(
            "engine", [sys.executable, "-m", "runner"], ROOT, environment, once, finishes=True
        ),
        ChildSpec("web", [sys.executable, str(ROOT / "webapp_server.py")], ROOT, environment),
    ]


async def _announce(
    settings: Settings, supervisor: Supervisor, console: TerminalConsole, *, browser: bool
) -> None:
    """Print the one-time link once the page answers, and open it."""
    clock = SystemClock()
    host = reachable(settings.dashboard_host)
    started = clock.now()
    latest = clock.monotonic() + PATIENCE_S
    while not await supervisor.wait_stopping(POLL_S):
        health = await ask_health(host, settings.dashboard_port)
        if health is None:
            continue
        has_past = health.get("engine") == "up" and _past_is_played(settings, started)
        if not has_past and clock.monotonic() < latest:
            continue
        try:
            url = Doorkeeper(settings, clock).one_time_link()
        except QuarterdeckError as error:
            console.tell(f"The page is ready, but no link to it: {error}. Try the command login")
            return
        console.tell("The page is ready. This link works once; the command login prints another:")
        print(f"\n    {url}\n", flush=True)
        if browser:
            await asyncio.to_thread(open_in_browser, url)
        return


def _past_is_played(settings: Settings, started: int) -> bool:
    """Tell whether the engine is through with history, by the state it wrote since *started*."""
    with contextlib.suppress(OSError, ValueError, LookupError, TypeError):
        if settings.state_path.stat().st_mtime * 1000 < started:
            return False
        state = json.loads(settings.state_path.read_bytes())["state"]
        return bool(state["engine"]["status"] != "warming_up")
    return False
