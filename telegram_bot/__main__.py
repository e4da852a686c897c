"""``python -m telegram_bot``: the bot process."""

import sys

from infra.entry import run_child
from telegram_bot.process import run


def main() -> int:
    """Run the bot until it is told to stop, and return its exit code."""
    return run_child("bot", run)


if __name__ == "__main__":
    sys.exit(main())
