"""``python -m runner symbols add|remove|list``: change what a running engine follows."""

import json
import secrets
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from core.errors import ConfigError, QuarterdeckError
from infra.bus.base import CommandRequest, CommandSender, EngineAway
from infra.bus.ways import commands
from infra.entry import EXIT_AGAIN, EXIT_MEND
from infra.settings import Settings, load_settings
from store.identity import TERMINAL

WAIT_S = 10.0


def main(argv: Sequence[str]) -> int:
    """Do what *argv* asks for; return the exit code, 2 when a person must mend something."""
    parser = ArgumentParser(prog="python -m runner symbols", allow_abbrev=False)
    parser.add_argument("action", choices=("add", "remove", "list"))
    parser.add_argument("symbol", nargs="?", default="", help="such as XRP/USDT")
    given = parser.parse_args(argv)
    if (given.action == "list") == bool(given.symbol):
        parser.error("list takes no symbol, add and remove take one")
    try:
        print(symbol_command(load_settings({}), given.action, given.symbol))  # noqa: T201
    except QuarterdeckError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_MEND if isinstance(error, ConfigError) else EXIT_AGAIN
    return 0


def symbol_command(settings: Settings, action: str, symbol: str) -> str:
    """Have the engine *add* or *remove* a symbol, or *list* them; return what to print.

    Raises:
        ConfigError: no engine runs here, or it does not grant it; the text says why.
        BusError: it does not answer.
    """
    if action == "list":
        return "\n".join(_followed(settings))
    sender = commands(settings)
    args = {"command": "symbols", "args": {action: symbol}}
    prepared = _ask(sender, "prepare", args)
    done = _ask(sender, "confirm", {"intent_id": prepared["intent_id"]})
    return str(done["title"])


def _ask(sender: CommandSender, name: str, args: dict[str, Any]) -> dict[str, Any]:
    request = CommandRequest(secrets.token_hex(8), name, args, TERMINAL, "owner")
    try:
        reply = sender.send(request, timeout_s=WAIT_S)
    except EngineAway as error:
        raise ConfigError(f"no engine runs here: start it first ({error})") from error
    if reply.error is not None or reply.result is None:
        raise ConfigError(reply.error.text if reply.error else "the engine gave no answer")
    return reply.result


def _followed(settings: Settings) -> list[str]:
    try:
        told = json.loads(settings.state_path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(f"no engine has run in {settings.data_dir} yet") from error
    return sorted(told["state"]["prices"])
