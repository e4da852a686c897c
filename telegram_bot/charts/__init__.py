"""Pictures for chats: drawn on the server, refreshed in place."""

from typing import Final

from store.access import Role
from telegram_bot.charts.chart import chart
from telegram_bot.command import Command

COMMANDS: Final = (
    Command(
        name="chart", hint="Equity, days, a symbol, a trade, a comparison",
        usage="[equity|daily|compare|SYMBOL|trade ID] [range]", group="results",
        role=Role.VIEWER, answer=chart,
    ),
)  # fmt: skip
