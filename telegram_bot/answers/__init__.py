"""What can be asked about state and results; the page's figures, from the page's functions."""

from typing import Final

from store.access import Role
from telegram_bot.answers.guide import help_
from telegram_bot.answers.holdings import balance, count, status
from telegram_bot.answers.machine import config, health, version
from telegram_bot.answers.markets import prices, signals, why
from telegram_bot.answers.report import report
from telegram_bot.answers.results import daily, monthly, performance, profit, stats, weekly
from telegram_bot.answers.trades import compare, trades
from telegram_bot.command import Answer, Command
from telegram_bot.reply import Group


def _of(name: str, answer: Answer, hint: str, usage: str = "", *, group: Group) -> Command:
    role = Role.OWNER if name == "config" else Role.VIEWER
    return Command(name=name, answer=answer, hint=hint, usage=usage, group=group, role=role)


COMMANDS: Final = (
    _of("status", status, "Open positions; with an id, one of them", "[ID]", group="state"),
    _of("balance", balance, "Equity, balance, margin", group="state"),
    _of("count", count, "Positions and orders, of how many", group="state"),
    _of("prices", prices, "The market now", group="state"),
    _of("signals", signals, "What the strategies said", "[hours]", group="state"),
    _of("why", why, "Why there is a trade, or none", "SYMBOL", group="state"),
    _of("health", health, "Engine, feed, strategies", group="state"),
    _of("version", version, "What runs", group="state"),
    _of("config", config, "The settings in force", "[word]", group="state"),
    _of("profit", profit, "The headline figures", "[days]", group="results"),
    _of("daily", daily, "Each of the last days", "[n]", group="results"),
    _of("weekly", weekly, "Each of the last weeks", "[n]", group="results"),
    _of("monthly", monthly, "Each of the last months", "[n]", group="results"),
    _of("performance", performance, "By strategy, symbol and side", "[days]", group="results"),
    _of("stats", stats, "Every figure", "[days]", group="results"),
    _of("trades", trades, "The last closed trades", "[n]", group="results"),
    _of("compare", compare, "Two strategies side by side", "[a b]", group="results"),
    _of("report", report, "The whole report as a file", group="results"),
    _of("help", help_, "What I do", group="state"),
)
