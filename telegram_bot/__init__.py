"""The bot process: commands, alerts and pictures in a Telegram chat."""

import os

# python-telegram-bot reads this at each use: durations as such, without a warning
os.environ.setdefault("PTB_TIMEDELTA", "true")
