"""The launcher: engine and page from one command, supervised, until Ctrl-C."""

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import yaml

from core.errors import ConfigError, QuarterdeckError
from infra.recognition import Recognition
from infra.reload import Reload
from infra.setting_given import GIVEN
from infra.settings import ROOT, Settings, Sources, child_environment, load_settings
from infra.vitals.sampler import SelfSampler, keep_telling
from runner.address import PublicAddress
from runner.announce import Announcer, Manner, qr_code
from runner.arguments import Arguments, parse
from runner.console import TerminalConsole
from runner.database_commands import database_command
from runner.doorkeeper import Doorkeeper
from runner.instance import only_instance
from runner.kept_console import KeptConsole
from runner.lookout import Lookout
from runner.people import people_command
from runner.relay import Relay
from runner.supervisor import EXIT_CONFIG, ChildSpec, Supervisor
from utils.clock import SystemClock
from utils.files import make_private_folder
from utils.terminal import Terminal

POLL_S: Final = 0.2
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
    now = SystemClock().now()
    match arguments.command.partition(" ")[0]:
        case "login":
            _print_links(Doorkeeper(settings, SystemClock()), qr=arguments.qr)
        case "keys":
            _change_keys(Doorkeeper(settings, SystemClock()), arguments)
        case "users" | "sessions" | "telegram-key":
            print(people_command(settings, arguments, now))
        case "report":
            return _write_report(settings, arguments.out)
        case "db":
            return database_command(settings, arguments, now)
        case _:
            return _check(settings) if arguments.check else _run(settings, arguments)
    return 0


def _print_links(doorkeeper: Doorkeeper, *, qr: bool) -> None:
    print(doorkeeper.one_time_link())
    if url := doorkeeper.public_url():
        link = doorkeeper.one_time_link(url)
        print(link, *([qr_code(link)] if qr else []), sep="\n")


def _change_keys(doorkeeper: Doorkeeper, arguments: Arguments) -> None:
    match arguments.command:
        case "keys create":
            print(doorkeeper.create_key(arguments.name, arguments.role))
        case "keys revoke":
            doorkeeper.revoke_key(arguments.name)
            print(f"Key {arguments.name} is revoked.", file=sys.stderr)
        case _:
            print(doorkeeper.key_table())


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
        return asyncio.run(_serve(settings, arguments))


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


async def _serve(settings: Settings, arguments: Arguments) -> int:
    clock = SystemClock()
    console = KeptConsole(TerminalConsole(sys.stderr), settings, clock)
    address = PublicAddress(settings, clock)
    reload = Reload(settings, Sources(arguments.flags))
    children = _children(settings, reload.sources.read().given)
    supervisor = Supervisor(address.crew(children), console, clock)
    supervisor.on_hangup = Relay(supervisor, console, reload, Terminal()).hung_up
    qr = arguments.qr or sys.stdout.isatty()
    manner = Manner(sys.stdout, browser=arguments.browser, qr=qr)
    announcer = Announcer(settings, clock, address, supervisor, console, manner)
    lookout = Lookout(Recognition(settings.run_dir), clock)
    vitals = SelfSampler(
        "launcher", settings.run_dir, clock, lambda: {"restarts": dict(supervisor.restarts)}
    )
    beside = [
        asyncio.create_task(
            keep_telling(vitals, lambda: reload.settings.system.update_interval, with_lag=False)
        ),
        asyncio.create_task(address.follow(supervisor, console)),
        asyncio.create_task(announcer.run(lookout)),
    ]
    code = await supervisor.run()
    for task in beside:
        task.cancel()
    for failure in await asyncio.gather(*beside, return_exceptions=True):
        if isinstance(failure, Exception):
            raise failure
    if code == 0:
        console.tell("Stopped.")
    return code


def _children(settings: Settings, given_names: str) -> list[ChildSpec]:
    # an engine that is restarted must not archive the account it has just begun
    given = settings.model_copy(update={"reset_paper": False})
    environment = {**child_environment(given), GIVEN: given_names}
    once = {"RESET_PAPER": "true"} if settings.reset_paper else {}
    children = [
        ChildSpec(
            "engine",
            [sys.executable, "-m", "runner"],
            ROOT,
            _without_token({**child_environment(given, keys=True), GIVEN: given_names}),
            once,
            finishes=True,
        ),
        ChildSpec(
            "web",
            [sys.executable, str(ROOT / "webapp_server.py")],
            ROOT,
            _without_token(environment, settings.telegram_key),
        ),
    ]
    if settings.telegram_bot_token.get_secret_value():
        bot = [sys.executable, "-m", "telegram_bot"]
        children.append(ChildSpec("bot", bot, ROOT, environment, needed=False))
    return children


def _without_token(environment: dict[str, str], key: str = "") -> dict[str, str]:
    """Return *environment* for a process that cannot speak for the bot.

    Args:
        environment: of ours, with its token.
        key: what the process checks Telegram's word with; empty if it need not.
    """
    return {**environment, "TELEGRAM_BOT_TOKEN": "none", "TELEGRAM_WEBAPP_KEY": key or "none"}
