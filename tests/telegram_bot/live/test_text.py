"""What messages that stay say."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from telegram_bot.answers import frame
from telegram_bot.live.text import live_text, summary_text
from telegram_bot.markup import pieces
from tests.telegram_bot.answers.deck import plain
from tests.telegram_bot.by_hand import Desk

money = st.floats(-1e9, 1e9)


def position(number: int, pnl: float) -> dict[str, Any]:
    return {
        "symbol": "BTC/USDT", "side": "short", "leverage": 125, "opened_at": number,
        "unrealized_pnl": pnl,
    }  # fmt: skip


def test_many_positions_are_summed_up(desk: Desk) -> None:
    held = {str(number): position(number, 1.5) for number in range(30)}
    desk.engine.state = {**desk.engine.state, "positions": held}
    said = live_text(desk.deck).reply.text

    assert "BTC short 125×" in said
    assert "22 more                  +$33.00" in said


def test_without_any_figures_it_says_so(desk: Desk) -> None:
    desk.engine.state, desk.engine.is_up, desk.engine.age_ms = {}, False, None
    said = live_text(desk.deck).reply.text

    assert "Live</b> · engine away\nNo figures yet." in said
    assert "Engine away. Last known figures." in said


def test_whatever_the_figures_it_is_one_message_of_a_phones_width(desk: Desk) -> None:
    @settings(max_examples=40, deadline=None)
    @given(st.lists(money, max_size=12), st.text(max_size=40))
    def holds(pnls: list[float], badge: str) -> None:
        held = {str(number): position(number, pnl) for number, pnl in enumerate(pnls)}
        engine = {"status": "running", "badge": badge, "paused": True, "paused_by": badge}
        desk.engine.state = {**desk.engine.state, "positions": held, "engine": engine}
        for shown in (live_text(desk.deck), summary_text(desk.deck)):
            text = shown.reply.text
            plain(text)  # or it is no HTML that Telegram takes
            assert pieces(text) == [text]
            for part in text.split("<pre>")[1:]:
                assert all(
                    len(line) == frame.WIDTH for line in part.partition("</pre>")[0].split("\n")
                )

    holds()
