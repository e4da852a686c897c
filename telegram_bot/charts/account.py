"""Pictures of the account: equity, days, two strategies."""

from collections.abc import Sequence

from core import words
from core.errors import CommandError
from pictures.bars import daily
from pictures.card import Head
from pictures.comparison import comparison as draw_comparison
from pictures.equity import equity
from pictures.look import Look
from pictures.svg import Drawing
from telegram_bot.answers import frame
from telegram_bot.answers.summaries import Summary, comparison, span_of, span_words, summary
from telegram_bot.answers.trades import pair_of
from telegram_bot.deck import Deck

Drawn = tuple[Drawing, str]


async def equity_picture(deck: Deck, asked: Sequence[str], look: Look) -> Drawn:
    """Draw the equity of a range with its drawdown.

    Raises:
        CommandError: the range is none.
        NothingToDraw: there is no curve of it yet.
    """
    span = span_of(list(asked))
    found = await summary(deck, span)
    now = found["equity"][-1][1] if found["equity"] else None
    head = _head(deck, f"Equity, {span_words(span)}", words.money(now), found)
    return equity(found, head, look), f"Equity, {span_words(span)}"


async def daily_picture(deck: Deck, asked: Sequence[str], look: Look) -> Drawn:
    """Draw the P&L of each day of a range.

    Raises:
        CommandError: the range is none.
        NothingToDraw: there is no day of it yet.
    """
    span = span_of(list(asked), "30d")
    found = await summary(deck, span)
    total = sum(pnl for _, _, pnl in found["daily"])
    head = Head(
        f"Days, {span_words(span)}", words.change(total), "", total,
        f"{len(found['daily'])} UTC days that are over", frame.badge(deck.snapshot()),
    )  # fmt: skip
    return daily(found, head, look), f"Days, {span_words(span)}"


async def compare_picture(deck: Deck, asked: Sequence[str], look: Look) -> Drawn:
    """Draw the returns of two strategies.

    Raises:
        CommandError: they are not two that trade here.
        NothingToDraw: neither has a curve yet.
    """
    names = pair_of(frame.state_of(deck), list(asked))
    a, b, found = await comparison(deck, names)
    verdict = found["verdict"]
    difference = found["difference"]
    figure = "–" if difference is None else words.percent(difference["estimate_pct"])
    basis = str(verdict["title"])
    head = Head("A trade, the first less the second", figure, "", 0.0, basis,
                frame.badge(deck.snapshot()))  # fmt: skip
    curves = [(names[0], a["equity_pct"]), (names[1], b["equity_pct"])]
    return draw_comparison(curves, head, look), f"{verdict['title']}. {verdict['text']}"


def _head(deck: Deck, label: str, figure: str, found: Summary) -> Head:
    """Return a head with what the range came to.

    Raises:
        CommandError: nothing is known of it.
    """
    net, roi = found["measures"]["net_pnl"]["value"], found["measures"]["roi"]["value"]
    gained = found["equity"][-1][1] - found["equity"][0][1] if found["equity"] else None
    if gained is None:
        raise CommandError("nothing_to_draw", "There is no equity curve of that range yet.", 404)
    closed = f"{found['counts']['trades']:,} closed trades, net {words.change(net)}"
    pill = f"{frame.arrow(roi)}{words.percent(roi)}" if roi is not None else ""
    return Head(label, figure, pill, roi or 0.0, closed, frame.badge(deck.snapshot()))
