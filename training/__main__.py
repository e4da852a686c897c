"""``python -m training``: teach a network from an account's candles, in a process of its own.

The result is one line of JSON; why there is none, a sentence.
"""

import os
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from core.errors import ConfigError, QuarterdeckError
from infra.settings import Settings, load_settings
from store.accounts import Account, all_accounts, current_account
from store.database import Database
from strategy.predictors.model import Card, Course
from training import shelf
from utils.clock import SystemClock
from utils.parent_watch import exit_with_parent

EXIT_MEND: Final = 2
NICE: Final = 19  # it may wait; trading may not


def main(argv: Sequence[str]) -> int:
    """Teach; return the exit code, 2 when there can be no model and stderr says why."""
    exit_with_parent()
    parser = ArgumentParser(prog="python -m training", description=__doc__, allow_abbrev=False)
    parser.add_argument("--account", type=int, help="its number; the engine's unless given")
    parser.add_argument("symbols", nargs="*", help="to learn; those of the settings unless given")
    given = parser.parse_args(argv)
    os.nice(NICE)
    try:
        settings = load_settings()
        card = _teach(settings, given.account, given.symbols or settings.symbols)
    except (QuarterdeckError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_MEND
    sys.stdout.write(f"{msgspec.json.encode(_told(card)).decode()}\n")
    return 0


def _teach(settings: Settings, account_id: int | None, symbols: Sequence[str]) -> Card:
    database = Database(settings.database)
    database.check_version()
    account = _account(database, account_id)
    try:
        from training.lesson import learn  # noqa: PLC0415 - PyTorch may be missing
    except ModuleNotFoundError as error:
        raise ConfigError(f"{error.name} is not installed: make ml") from error
    course = Course(
        market=account.market_id, symbols=list(symbols),
        bar_minutes=settings.gru.bar_minutes, horizon_bars=settings.gru.horizon_bars,
    )  # fmt: skip
    made_at = SystemClock().now()
    model = learn(database, account.id, course, settings.gru.train_days, made_at)
    database.close()
    folder = settings.data_dir / "models"
    shelf.save(folder, model)
    shelf.prune(folder)
    return model.card


def _account(database: Database, account_id: int | None) -> Account:
    """Return the account of that number, or the engine's.

    Raises:
        ConfigError: there is none.
    """
    if account_id is None:
        found = current_account(database)
    else:
        found = next((a for a in all_accounts(database) if a.id == account_id), None)
    if found is None:
        raise ConfigError("there is no such account yet: run the engine first")
    return found


def _told(card: Card) -> dict[str, Any]:
    score = card.score
    return {
        "model": card.name, "passes": score.passes, "failing": score.failing,
        "samples": card.samples, "trained_until": card.trained_until, "skill": score.skill,
    }  # fmt: skip


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
