"""What one can write behind ``python run_dashboard.py``."""

from argparse import SUPPRESS, ArgumentParser, _SubParsersAction
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from infra.settings import Settings

ROLES: Final = ("viewer", "trader", "owner")
DESCRIPTION: Final = (
    "Trade on paper and watch it live: starts engine, page and, if it has a token, bot, keeps them "
    "running, and stops all on Ctrl-C."
)
QR: Final = "show the link from outside as a QR code, also where that is no terminal"
EPILOG: Final = "Every setting is explained in config/dashboards.yaml."


@dataclass(frozen=True)
class Arguments:
    """A parsed command line.

    Attributes:
        command: ``run``, ``login``, ``report``, ``keys create``, ``keys list``, ``keys revoke``,
            ``users list``, ``users allow``, ``users block``, ``sessions list``, ``sessions end``,
            ``telegram-key``, ``db upgrade``, ``db backup``, ``db restore`` or ``db check``.
        flags: settings that were given, by their names, as text.
    """

    command: str
    flags: dict[str, Any]
    check: bool = False
    browser: bool = True
    qr: bool = False
    yes: bool = False
    name: str = ""
    role: str = ""
    out: str = ""
    to: str = ""
    file: str = ""
    user_id: int = 0
    session_id: int = 0


def parse(argv: Sequence[str]) -> Arguments:
    """Return what *argv* asks for; argparse itself answers --help and misspellings."""
    given = vars(_parser().parse_args(argv))
    flags = {name: given.pop(name) for name in list(given) if name in Settings.model_fields}
    words = (given.pop("command", None), given.pop("action", None))
    return Arguments(" ".join(filter(None, words)) or "run", flags, **given)


def flag_names() -> dict[str, str]:
    """Return the flag of each setting that has one."""
    actions = _parser()._actions  # noqa: SLF001 - argparse tells them nowhere else
    return {
        action.dest: action.option_strings[0]
        for action in actions
        if action.dest in Settings.model_fields
    }


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="run_dashboard.py", description=DESCRIPTION, epilog=EPILOG,
        argument_default=SUPPRESS, allow_abbrev=False,
    )  # fmt: skip
    _add_market(parser)
    _add_place(parser)
    parser.add_argument(
        "--check", action="store_true", help="print the settings in force, tell what is wrong, end"
    )
    parser.add_argument(
        "--no-browser", dest="browser", action="store_false", help="do not open the page"
    )
    parser.add_argument("--qr", action="store_true", help=QR)
    _add_commands(parser.add_subparsers(dest="command", metavar="COMMAND", title="commands"))
    return parser


def _add_market(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("market and account")
    add = group.add_argument
    add("--market", metavar="auto|sim|replay|exchange", help="where prices come from [MARKET]")
    add("--exchange", metavar="NAME", help="which exchange, as ccxt writes it [EXCHANGE]")
    add("--exchange-url", metavar="URL", help="a gateway to it, instead of its own hosts "
        "[EXCHANGE_URL]")  # fmt: skip
    add("--broker", metavar="paper|watch|testnet|live", help="whose account trades [BROKER]")
    add("--record", action="store_true", help="keep what the exchange sends, to replay [RECORD]")
    add("--replay", metavar="PATH", nargs="+", action="extend",
        help="1-minute candles, or what --record kept [REPLAY]")  # fmt: skip
    add("--funding", metavar="PATH", nargs="+", action="extend",
        help="files of funding rates [FUNDING]")  # fmt: skip
    add("--loop", dest="replay_loop", action="store_true",
        help="begin the replay again at its end [REPLAY_LOOP]")  # fmt: skip
    add("--speed", metavar="N|max", help="how fast the market's time goes [SPEED]")
    add("--seed", metavar="N", help="the simulated market's seed [SEED]")
    add("--balance", metavar="USDT", help="what a new paper account holds [BALANCE]")
    add("--reset-paper", action="store_true", help="archive the paper account and begin a new one")
    add("--yes", action="store_true", help="do not ask before that")


def _add_place(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("place")
    add = group.add_argument
    add("--host", dest="dashboard_host", metavar="HOST", help="[DASHBOARD_HOST]")
    add("--port", dest="dashboard_port", metavar="PORT", help="[DASHBOARD_PORT]")
    add("--public-url", metavar="URL", help="where it is found from outside [PUBLIC_URL]")
    add("--tunnel", metavar="none|ngrok", help="a tunnel from there to here [TUNNEL]")
    add("--data-dir", metavar="FOLDER", help="where ledger, keys and state live [DATA_DIR]")


def _add_commands(commands: "_SubParsersAction[ArgumentParser]") -> None:
    login = _command(commands, "login", "print a fresh one-time link to the page")
    login.add_argument("--qr", action="store_true", help=QR)
    _add_place(login)
    report = _command(commands, "report", "write the report that opens offline")
    report.add_argument("--out", metavar="FILE", help="where to; learning_reports/ unless given")
    _add_place(report)
    keys = _command(commands, "keys", "API keys for programs")
    actions = keys.add_subparsers(dest="action", metavar="ACTION", required=True)
    create = _command(actions, "create", "print a new key; it is shown this once")
    create.add_argument("--role", choices=ROLES, required=True)
    create.add_argument("--name", required=True, help="what you will know it by")
    revoke = _command(actions, "revoke", "make a key useless at once")
    revoke.add_argument("name", help="the name it was created with")
    for command in (create, revoke, _command(actions, "list", "list the keys, not their secrets")):
        _add_place(command)
    _add_people(commands)
    _add_database(_command(commands, "db", "the database: copies, and whether it adds up"))


def _add_people(commands: "_SubParsersAction[ArgumentParser]") -> None:
    users = _command(commands, "users", "who may come in by Telegram")
    actions = users.add_subparsers(dest="action", metavar="ACTION", required=True)
    allow = _command(actions, "allow", "let somebody in, or give them another role")
    allow.add_argument("--role", choices=ROLES, required=True)
    block = _command(actions, "block", "let somebody in no more, and end their sessions")
    for command in (allow, block):
        command.add_argument("user_id", metavar="ID", type=int, help="their id at Telegram")
    sessions = _command(commands, "sessions", "where people are signed in")
    endings = sessions.add_subparsers(dest="action", metavar="ACTION", required=True)
    end = _command(endings, "end", "sign one out at once")
    end.add_argument("session_id", metavar="ID", type=int, help="as sessions list tells")
    key = _command(commands, "telegram-key", "print what a page needs instead of the bot's token")
    everybody = _command(actions, "list", "list who may, who asks to and who may not")
    for command in (allow, block, everybody, end, _command(endings, "list", "list them"), key):
        _add_place(command)


def _add_database(database: ArgumentParser) -> None:
    actions = database.add_subparsers(dest="action", metavar="ACTION", required=True)
    upgrade = _command(actions, "upgrade", "bring the tables to this version; the start does too")
    backup = _command(actions, "backup", "copy ledger and keys, also while Quarterdeck runs")
    backup.add_argument("--to", metavar="FOLDER", help="where to; backups/ of the data folder")
    restore = _command(actions, "restore", "put a copy back; what is there is set aside")
    restore.add_argument("file", metavar="FILE", help="a copy of the ledger or of the keys")
    check = _command(actions, "check", "work the ledger out again and tell every difference")
    for command in (upgrade, backup, restore, check):
        _add_place(command)


def _command(commands: "_SubParsersAction[ArgumentParser]", name: str, what: str) -> ArgumentParser:
    return commands.add_parser(
        name, help=what, description=what.capitalize() + ".",
        argument_default=SUPPRESS, allow_abbrev=False,
    )  # fmt: skip
