"""Closed trades, and two strategies side by side."""

from functools import partial
from typing import Final

from core import words
from core.errors import CommandError
from core.trades import Trade
from store import history
from store.history import Wanted
from telegram_bot.answers import frame
from telegram_bot.answers.frame import State
from telegram_bot.answers.summaries import comparison
from telegram_bot.command import Ask, Button, Reply
from telegram_bot.deck import Deck
from telegram_bot.markup import told

USUAL: Final = 5
MOST: Final = 30
EXITS: Final = {
    "stop": "stop hit", "target": "target hit", "signal": "signal turned",
    "manual": "closed by hand", "timeout": "time was up", "liquidation": "liquidated",
}  # fmt: skip
COMPARED: Final = ("net_pnl", "roi", "total_trades", "win_rate", "avg_return", "profit_factor",
                   "max_drawdown_pct")  # fmt: skip


async def trades(deck: Deck, ask: Ask) -> Reply:
    """Return the last closed trades, newest first."""
    limit = frame.whole(ask.words[0], 1, MOST, "/trades 10") if ask.words else USUAL
    page = await deck.ask(partial(history.trades, wanted=Wanted(limit=limit)))
    blocks = [_line(trade) for trade in page.items]
    body = "\n\n".join(blocks) or "No trade was closed yet."
    again = f"trades {limit}" if ask.words else "trades"
    more = [[Button("More", f"r:trades {min(MOST, limit * 2)}")]] if page.next_cursor else []
    return frame.reply(deck, "Trades", body, again=again, buttons=more, link="trades")


async def compare(deck: Deck, ask: Ask) -> Reply:
    """Return two strategies side by side: the first two, or those that are named.

    Raises:
        CommandError: there are not two, or one is not known.
    """
    state = frame.state_of(deck)
    names = pair_of(state, ask.words)
    a, b, found = await comparison(deck, names)
    verdict = found["verdict"]
    lines = [f"<b>{told(verdict['title'])}</b>", told(verdict["text"])]
    rows = [("", f"{names[0][:10]:>10} {names[1][:10]:>10}")]
    for name in COMPARED:
        values = [_figure(side, name) for side in (a, b)]
        rows.append((LABELS[name], f"{values[0]:>10} {values[1]:>10}"))
    body = "\n".join(filter(None, lines)) + "\n" + frame.table(rows)
    again = " ".join(("compare", *names)) if ask.words else "compare"
    return frame.reply(deck, "A/B test", body, again=again[:60], link="ab-test")


LABELS: Final = {
    "net_pnl": "Net P&L", "roi": "ROI", "total_trades": "Trades", "win_rate": "Win rate",
    "avg_return": "A trade", "profit_factor": "PF", "max_drawdown_pct": "Max DD",
}  # fmt: skip
UNITS: Final = {
    "net_pnl": "money", "total_trades": "count", "profit_factor": "ratio",
}  # fmt: skip


def _line(trade: Trade) -> str:
    net = float(trade.net_pnl)
    result = f"{frame.arrow(net)}{words.change(net)}"
    name = f"{trade.symbol} {trade.side.value} {trade.leverage}×"
    held = words.duration(trade.closed_at - trade.opened_at)
    ended = EXITS.get(trade.exit_reason.value, trade.exit_reason.value)
    roe = words.percent(float(trade.roe_pct))
    when = f"{frame.day(trade.closed_at)} {frame.hour(trade.closed_at)} UTC"
    return "\n".join(
        (
            f"<b>{told(name)}</b>  <b>{told(result)}</b> ({told(roe)} ROE)",
            told(f"{when}, {trade.strategy}: {ended} after {held}"),
            told(f"gross {words.change(float(trade.gross_pnl))}, fees −"
                 f"{words.money(abs(float(trade.fees)))}, funding "
                 f"{words.change(float(trade.funding))}"),
        )
    )  # fmt: skip


def pair_of(state: State, wanted: list[str]) -> tuple[str, str]:
    """Return which two are compared: those *wanted*, else the first two that trade.

    Raises:
        CommandError: they are not two that trade here.
    """
    known = [str(name) for name, member in state["strategies"].items() if member["status"] != "off"]
    names = wanted or known[:2]
    unknown = [name for name in names if name not in known]
    listed = ", ".join(known) or "none"
    if unknown:
        raise CommandError(
            "unknown_strategy", f"{unknown[0][:40]!r} does not trade here; there is {listed}.", 404
        )
    if len(names) != 2 or names[0] == names[1]:  # noqa: PLR2004
        raise CommandError(
            "usage", f"Two strategies are compared: /compare a b. There is {listed}.", 400
        )
    return names[0], names[1]


def _figure(side: dict[str, dict[str, dict[str, float | None]]], name: str) -> str:
    return words.figure(name, side["measures"][name]["value"], UNITS.get(name, "pct"))
