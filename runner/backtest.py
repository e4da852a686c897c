"""``python -m runner backtest``: the same engine over recorded, stored or simulated history."""

import asyncio
import sys
from argparse import SUPPRESS, ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from core.errors import ConfigError, QuarterdeckError
from core.market import DAY_MS, MINUTE_MS
from exchange.replay.choice import is_replay, replay_feed
from exchange.simulated.feed import SimulatedFeed
from infra.logging import setup_logging
from infra.settings import Settings, load_settings
from runner.markets import Tape
from runner.past import play
from runner.stored_feed import StoredFeed, stored_feed
from runner.wiring import Manner, Wired, wire
from store.accounts import current_account
from store.database import Database
from utils.clock import SystemClock
from utils.files import make_private_folder

MANNER: Final = Manner(durable=False, keeps_candles=False, sampled_every=15)
EXIT_MEND: Final = 2
EXIT_INTERRUPTED: Final = 130
DESCRIPTION: Final = (
    "Trade through history as fast as the machine goes and write the report. The tape is files "
    "(--replay), what the account has stored (the default), or a simulated market (--days)."
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where a backtest left what it found."""

    folder: Path
    account_id: int
    bars: int


def main(argv: Sequence[str]) -> int:
    """Run one backtest; return the exit code, 2 when a person must mend something."""
    given = parser().parse_args(argv)
    try:
        settings = load_settings(_flags(given))
        setup_logging("backtest", "WARNING")
        outcome = run(settings, given)
        _report(settings, outcome)
    except QuarterdeckError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_MEND
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped halfway: there is no report.\n")
        return EXIT_INTERRUPTED
    return 0


def run(settings: Settings, given: Namespace) -> Outcome:
    """Play the tape that *given* names into a database of its own.

    Raises:
        QuarterdeckError: the tape or the settings cannot be used, or the folder not be written.
    """
    clock = SystemClock()
    folder = _new_folder(settings, given, clock.now())
    tape = _tape(settings, given, clock.now())
    own = settings.model_copy(
        update={"data_dir": folder, "database_url": None, "speed": "max", "reset_paper": False}
    )
    wired = wire(own, tape, clock, lambda _: None, MANNER)
    try:
        with wired.engine.trader.council.patience.ticking():
            recorded = is_replay(tape.feed) or isinstance(tape.feed, StoredFeed)
            until = None if recorded else clock.now()
            steps = asyncio.run(_play(wired, until))
    finally:
        wired.close()
    account = wired.engine.writer.account_id
    return Outcome(folder, account, steps * len(tape.feed.instruments))


async def _play(wired: Wired, until: int | None) -> int:
    steps = await play(wired.engine, wired.pulse, until, "Backtesting")
    await wired.engine.close()
    await wired.pulse.write_state_file()
    return steps


def _tape(settings: Settings, given: Namespace, now: int) -> Tape:
    if settings.replay:
        return Tape(replay_feed(settings.replay, settings.funding, speed=None), None)
    days = vars(given).get("days")
    if days is not None:
        start = now - now % MINUTE_MS - days * DAY_MS
        feed = SimulatedFeed(
            settings.seed, settings.symbols, start=start, tick_ms=settings.tick_ms, speed=None
        )  # fmt: skip
        return Tape(feed, None)
    database = Database(settings.database)
    database.check_version()
    account = current_account(database)
    if account is None:
        raise ConfigError("there is no account yet: run the engine, or name files with --replay")
    span = (_day(given, "since", 0), _day(given, "until", now))
    return Tape(stored_feed(database, account, settings.symbols, span), None)


def _day(given: Namespace, name: str, default: int) -> int:
    """Return 00:00 UTC of the day *name*, in ms.

    Raises:
        ConfigError: it is no date.
    """
    text = vars(given).get(name)
    if text is None:
        return default
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        flag = {"since": "--from", "until": "--to"}[name]
        raise ConfigError(f"{flag} must be a day like 2026-05-31, was {text!r}") from None
    return int(day.timestamp() * 1000)


def day_of(at: int) -> str:
    """Return the UTC day of *at* (ms) as ``--from`` and ``--to`` take it."""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d")


def _new_folder(settings: Settings, given: Namespace, now: int) -> Path:
    """Make the folder of this backtest.

    Raises:
        ConfigError: it cannot be made, or is there already.
    """
    stamp = datetime.fromtimestamp(now / 1000, UTC).strftime("%Y%m%dT%H%M%S")
    name = f"{stamp}-{'-'.join(settings.strategies)}"
    folder = Path(vars(given).get("out") or settings.data_dir / "backtests" / name)
    try:
        make_private_folder(folder)
        taken = any(folder.iterdir())
    except OSError as error:
        raise ConfigError(f"folder {folder} cannot be used: {error}") from error
    if taken:
        raise ConfigError(f"folder {folder} is not empty: name a new one with --out")
    return folder


def _report(settings: Settings, outcome: Outcome) -> None:
    from reports.enhanced import write_report  # noqa: PLC0415 - Plotly, which the engine has not
    from reports.summary import summary_lines  # noqa: PLC0415

    database = Database(f"sqlite:///{outcome.folder / 'quarterdeck.db'}")
    path = outcome.folder / "report.html"
    now = SystemClock().now()
    write_report(database, outcome.account_id, path, now)
    for line in summary_lines(database, outcome.account_id, now):
        sys.stdout.write(f"{line}\n")
    database.close()
    sys.stdout.write(f"{outcome.bars:,} bars, {', '.join(settings.strategies)}. Report: {path}\n")


def _flags(given: Namespace) -> dict[str, Any]:
    return {name: value for name, value in vars(given).items() if name in Settings.model_fields}


def parser() -> ArgumentParser:
    """Return what understands the words behind ``backtest``."""
    made = ArgumentParser(
        prog="python -m runner backtest", description=DESCRIPTION, argument_default=SUPPRESS,
        allow_abbrev=False,
    )  # fmt: skip
    add = made.add_argument
    add(
        "--replay",
        metavar="PATH",
        nargs="+",
        action="extend",
        help="files of 1-minute candles, or recordings",
    )
    add("--funding", metavar="PATH", nargs="+", action="extend", help="files of funding rates")
    add("--days", type=int, metavar="N", help="simulate the last N days instead")
    add("--seed", metavar="N", help="of the simulated market")
    add("--from", dest="since", metavar="DAY", help="first day of stored candles, 2026-05-01")
    add("--to", dest="until", metavar="DAY", help="the day before which to stop")
    add("--strategies", metavar="NAMES", help="separated by commas")
    add("--symbols", metavar="SYMBOLS", help="separated by commas")
    add("--balance", metavar="USDT", help="what the account begins with")
    add("--data-dir", metavar="FOLDER", help="where the account's own candles are")
    add("--out", metavar="FOLDER", help="where ledger and report go; new, or empty")
    return made
