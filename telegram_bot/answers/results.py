"""What trading came to: profit, figures, splits, periods."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final

from core import words
from telegram_bot.answers import frame
from telegram_bot.answers.frame import Row
from telegram_bot.answers.summaries import Summary, span_of, span_words, summary
from telegram_bot.command import Ask, Button, Reply
from telegram_bot.deck import Deck
from telegram_bot.markup import told

PROFIT: Final = (
    "net_pnl", "roi", "win_rate", "profit_factor", "expectancy", "max_drawdown_pct",
    "best_trade", "worst_trade", "fees", "funding",
)  # fmt: skip
STATS: Final = (
    "total_trades", "wins", "losses", "breakevens", "win_rate", "avg_win", "avg_loss",
    "payoff_ratio", "profit_factor", "expectancy", "expectancy_r", "avg_return", "sqn",
    "sharpe", "sortino", "calmar", "cagr", "volatility", "max_drawdown_pct", "max_drawdown",
    "max_drawdown_duration", "recovery_factor", "exposure", "turnover", "avg_duration",
    "longest_winning_streak", "longest_losing_streak", "gross_pnl", "fees", "funding", "slippage",
    "net_pnl",
)  # fmt: skip
SPANS: Final = (("Today", "today"), ("7 d", "7"), ("30 d", "30"), ("All", "all"))
SPLITS: Final = (("Strategies", "by_strategy"), ("Symbols", "by_symbol"), ("Sides", "by_side"))
PERIODS: Final = ("daily", "weekly", "monthly")
USUAL_DAYS: Final = 7
WEEKS: Final = 8
MONTHS: Final = 12

Period = tuple[str, float | None, float]  # name, return in %, P&L


async def profit(deck: Deck, ask: Ask) -> Reply:
    """Return the headline figures of a range."""
    span = span_of(ask.words)
    found = await summary(deck, span)
    body = f"{told(span_words(span).capitalize())}, {found['counts']['trades']:,} closed trades.\n"
    body += measures(found, PROFIT)
    return _reply(deck, "Profit", body, ("profit", span))


async def stats(deck: Deck, ask: Ask) -> Reply:
    """Return every figure of a range, and how trades ended."""
    span = span_of(ask.words)
    found = await summary(deck, span)
    body = f"{told(span_words(span).capitalize())}.\n{measures(found, STATS)}"
    if found["by_exit"]:
        body += "\nHow trades ended\n" + groups(found["by_exit"])
    return _reply(deck, "Stats", body, ("stats", span))


async def performance(deck: Deck, ask: Ask) -> Reply:
    """Return what each strategy, symbol and side came to."""
    span = span_of(ask.words)
    found = await summary(deck, span)
    parts = [told(span_words(span).capitalize()) + "."]
    for title, name in SPLITS:
        if found[name]:
            parts.append(f"\n{title}\n{groups(found[name])}")
    if len(parts) == 1:
        parts.append("No closed trade in that time.")
    return _reply(deck, "Performance", "".join(parts), ("performance", span))


async def daily(deck: Deck, ask: Ask) -> Reply:
    """Return each of the last days, newest first."""
    count = frame.whole(ask.words[0], 1, 60, "/daily 14") if ask.words else USUAL_DAYS
    found = await summary(deck, f"{count}d")
    rows = [(_day(day), value, pnl) for day, value, pnl in _days(deck, found)]
    again = f"daily {count}" if ask.words else "daily"
    return _periods(deck, "Daily", rows[-count:], again)


async def weekly(deck: Deck, ask: Ask) -> Reply:
    """Return each of the last weeks, which begin on Monday, newest first."""
    count = frame.whole(ask.words[0], 1, 52, "/weekly 8") if ask.words else WEEKS
    found = await summary(deck, f"{count * 7 + 7}d")
    weeks: dict[date, list[tuple[float | None, float]]] = {}
    for text, value, pnl in _days(deck, found):
        begun = date.fromisoformat(text)
        monday = date.fromordinal(begun.toordinal() - begun.weekday())
        weeks.setdefault(monday, []).append((value, pnl))
    rows = [(f"{day.day} {day:%b}", *_compounded(days)) for day, days in sorted(weeks.items())]
    again = f"weekly {count}" if ask.words else "weekly"
    return _periods(deck, "Weekly, from Monday", rows[-count:], again)


async def monthly(deck: Deck, ask: Ask) -> Reply:
    """Return each of the last months, newest first."""
    count = frame.whole(ask.words[0], 1, 60, "/monthly 12") if ask.words else MONTHS
    found = await summary(deck, "all")
    months: dict[str, list[tuple[float | None, float]]] = {}
    for text, value, pnl in _days(deck, found):
        months.setdefault(f"{date.fromisoformat(text):%b %Y}", []).append((value, pnl))
    rows = [(name, *_compounded(days)) for name, days in months.items()]
    again = f"monthly {count}" if ask.words else "monthly"
    return _periods(deck, "Monthly", rows[-count:], again)


def measures(found: Summary, names: Iterable[str]) -> str:
    """Return figures as a table; one that is not defined says why."""
    rows: list[Row] = []
    missing: dict[str, list[str]] = {}
    for name in names:
        measure, definition = found["measures"][name], found["definitions"][name]
        if measure["value"] is None:
            missing.setdefault(measure["reason"], []).append(definition["label"])
            continue
        value = words.figure(name, measure["value"], definition["unit"])
        rows.append((definition["label"], value))
    why = [f"{', '.join(labels)}: {words.UNKNOWN} {reason}." for reason, labels in missing.items()]
    return "\n".join(filter(None, (frame.table(rows), told("\n".join(why)))))


def groups(rows: Sequence[dict[str, Any]]) -> str:
    """Return what parts of the trades came to, two lines each."""
    shown: list[Row] = []
    for row in rows:
        shown.append((str(row["key"]), words.change(row["net_pnl"])))
        rate = words.percent(row["win_rate_pct"], 1)
        shown.append(
            (f"  {row['trades']:,} {'trade' if row['trades'] == 1 else 'trades'}", f"{rate} won")
        )
    return frame.table(shown)


def _periods(deck: Deck, title: str, rows: Sequence[Period], again: str) -> Reply:
    shown = [
        (name, f"{words.change(pnl)} {words.percent(value):>7}")
        for name, value, pnl in reversed(rows)
    ]
    if rows:
        total = sum(pnl for _, _, pnl in rows)
        shown.append(("Together", f"{words.change(total)}{' ' * 8}"))
    body = frame.table(shown) or "No day of that time yet."
    body += "\nMark-to-market P&amp;L and return, UTC; today's so far."
    others = [name for name in PERIODS if not again.startswith(name)]
    buttons = [[Button(name.capitalize(), f"r:{name}") for name in others]]
    return frame.reply(deck, title, body, again=again, buttons=buttons, link="performance")


def _days(deck: Deck, found: Summary) -> list[Period]:
    """Return each UTC day that is over, and today so far as the account has it."""
    days: list[Period] = [(str(day), value, pnl) for day, value, pnl in found["daily"]]
    snapshot = deck.snapshot()
    account = (snapshot.state or {}).get("account")
    if account and snapshot.at is not None:
        today = datetime.fromtimestamp(snapshot.at / 1000, UTC).date().isoformat()
        if all(day != today for day, _, _ in days):
            days.append((today, account["pnl_today_pct"], account["pnl_today"]))
    return days


def _reply(deck: Deck, title: str, body: str, asked: tuple[str, str]) -> Reply:
    name, span = asked
    buttons = [
        [
            Button(f"• {label}" if _same(word, span) else label, f"r:{name} {word}")
            for label, word in SPANS
        ]
    ]
    again = f"{name} {span}"
    return frame.reply(deck, title, body, again=again, buttons=buttons, link="performance")


def _same(word: str, span: str) -> bool:
    return span in {word, f"{word}d"}


def _compounded(days: Sequence[tuple[float | None, float]]) -> tuple[float | None, float]:
    """Return the return (%) and the P&L of days in a row."""
    growth, known = 1.0, False
    for value, _ in days:
        if value is not None:
            growth, known = growth * (1 + value / 100), True
    return (100 * (growth - 1) if known else None), sum(pnl for _, pnl in days)


def _day(text: str) -> str:
    day = date.fromisoformat(text)
    return f"{day:%a} {day.day} {day:%b}"
