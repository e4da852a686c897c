"""Messages as they arrive, over HTTP, with what goes wrong on the way."""

import asyncio

import pytest

from store.access import Role
from store.delivery import State
from telegram_bot.delivery.sender import Sender
from tests.services import PATIENCE_S
from tests.telegram_bot.bot_api.errors import ApiError
from tests.telegram_bot.bot_api.faults import Fault, broken, cut, flood, lost, slow
from tests.telegram_bot.delivery.post_office import ANNA, BEN, MINUTE, PAGE, PostOffice
from utils.clock import SetClock


def test_a_message_says_what_happened_and_leads_to_its_place(office: PostOffice) -> None:
    office.allow(ANNA)
    office.happen(title="Stop hit, BTC long closed", type="stop_hit", level="warn", link="trade_7")
    office.expand()
    office.drain()

    message = office.api.person(ANNA).chat.last
    assert message.text == "🟠 Stop hit, BTC long closed +$1.50\ntrend, held 2h 05m\nSIMULATED"
    assert message.button("Open")["web_app"] == {"url": f"{PAGE}?to=trade_7"}
    assert not message.is_silent


def test_what_comes_late_says_when_it_happened(office: PostOffice, clock: SetClock) -> None:
    office.allow(ANNA)
    office.happen()
    clock.at += 12 * MINUTE
    office.expand()
    office.drain()

    assert "happened 12:00 UTC, 12m ago" in office.texts()[0]


def test_a_market_with_a_clock_of_its_own_tells_its_time(office: PostOffice) -> None:
    office.allow(ANNA)
    office.happen(at=1_700_000_000_000)
    office.expand()
    office.drain()

    assert "market time 2023-11-14 22:13 UTC" in office.texts()[0]
    assert "ago" not in office.texts()[0]


def test_text_cannot_be_taken_for_html(office: PostOffice) -> None:
    office.allow(ANNA)
    office.happen(title="a <b>&amp; b", detail="<script>")
    office.expand()
    office.drain()

    assert office.texts()[0].startswith("🔹 a <b>&amp; b +$1.50\n<script>")


def test_messages_of_a_chat_come_in_order_at_its_pace(office: PostOffice) -> None:
    office.allow(ANNA)
    titles = office.happen(5)
    office.expand()
    took_s = office.drain()

    assert [text.split(" +")[0].removeprefix("🔹 ") for text in office.texts()] == titles
    assert took_s >= 5
    assert [row.state for row in office.receipts()] == [State.SENT] * 5


def test_a_receipt_names_the_message(office: PostOffice, clock: SetClock) -> None:
    office.allow(ANNA)
    office.happen()
    office.expand()
    office.drain()

    (receipt,) = office.receipts()
    assert receipt.message_id == office.api.person(ANNA).chat.last.id
    assert receipt.attempts == 1
    assert receipt.sent_at is not None
    assert receipt.sent_at <= clock.now()


def test_telegram_is_left_alone_for_as_long_as_it_says(office: PostOffice) -> None:
    office.allow(ANNA)
    office.happen(2)
    office.expand()
    office.api.fail(flood(37))
    took_s = office.drain()

    assert took_s >= 37
    assert len(office.texts()) == 2
    first, second, *_ = [call.at for call in office.api.calls if call.method == "sendMessage"]
    assert second - first >= 37


def test_one_chat_s_flood_delays_no_other_but_several_delay_all(office: PostOffice) -> None:
    office.allow(ANNA, BEN)
    office.happen(2)
    office.expand()
    office.api.fail(flood(60, times=1))

    async def work(sender: Sender) -> tuple[float | None, float | None, float | None]:
        anna, ben = sender.chat(ANNA), sender.chat(BEN)
        waits = [await anna.step(), await ben.step()]
        office.api.fail(flood(90))
        waits.append(await ben.step())
        return waits[0], waits[1], await anna.step()

    anna, ben, anna_again = office.sending(work)
    assert anna == 60
    assert ben is not None
    assert ben < 5
    assert anna_again == pytest.approx(90)


@pytest.mark.parametrize("status", [500, 502, 503])
def test_errors_of_the_server_are_waited_out(office: PostOffice, status: int) -> None:
    office.allow(ANNA)
    office.happen(3)
    office.expand()
    office.api.fail(broken(status, "sendMessage", times=7))
    office.drain()

    assert len(office.texts()) == 3
    assert [row.attempts for row in office.receipts()] == [8, 1, 1]
    assert not any("may have come" in text for text in office.texts())


def test_a_dropped_connection_is_tried_again_and_says_so(office: PostOffice) -> None:
    office.allow(ANNA)
    office.happen(2)
    office.expand()
    office.api.fail(cut("sendMessage"))
    office.drain()

    first, second = office.texts()
    assert "may have come before" in first
    assert "may have come before" not in second


def test_what_was_lost_after_it_arrived_comes_again_and_says_so(office: PostOffice) -> None:
    office.allow(ANNA)
    (title,) = office.happen()
    office.expand()
    office.api.fail(lost())
    office.drain()

    first, second = office.texts()
    assert title in first
    assert title in second
    assert "may have come before" in second
    assert office.receipts()[0].is_doubtful


def test_a_time_out_may_have_arrived(office: PostOffice) -> None:
    office.allow(ANNA)
    office.happen()
    office.expand()
    office.api.fail(slow(0.8, "sendMessage"))
    office.drain()

    assert office.receipts()[0].is_doubtful
    assert "may have come before" in office.texts()[-1]


def test_who_blocked_the_bot_is_left_alone_and_the_owners_learn_it_once(
    office: PostOffice, clock: SetClock
) -> None:
    office.allow(ANNA)
    office.allow(BEN, role=Role.VIEWER)
    office.api.person(BEN).blocks_bot()
    titles = office.happen(3)
    office.expand()
    office.drain(BEN)
    office.drain(BEN)
    office.drain(ANNA)

    assert len([c for c in office.api.called("sendMessage") if str(c["chat_id"]) == str(BEN)]) == 1
    told = [text for text in office.texts() if "cannot be told" in text]
    assert len(told) == 1
    assert "P2 (2)" in told[0]

    office.api.person(BEN).blocks_bot(blocked=False)
    clock.at += MINUTE
    office.access.users.seen(BEN, "Ben", "", clock.now())
    office.expand()
    office.drain(BEN)
    assert all(title in " ".join(office.texts(BEN)) for title in titles)


def test_a_chat_that_is_not_there_is_left_alone(office: PostOffice) -> None:
    office.allow(ANNA)
    office.happen()
    office.expand()
    refusal = ApiError(400, "Bad Request: chat not found")
    office.api.fail(Fault("sendMessage", error=refusal))
    office.drain()
    office.drain()

    assert len(office.api.called("sendMessage")) == 1
    assert office.receipts()[0].state is State.WAITING


def test_a_message_that_is_refused_is_tried_without_buttons_and_then_let_be(
    office: PostOffice,
) -> None:
    office.allow(ANNA)
    office.happen(2)
    office.expand()
    refusal = ApiError(400, "Bad Request: BUTTON_URL_INVALID")
    office.api.fail(Fault("sendMessage", error=refusal))
    office.drain()

    first, second = office.api.person(ANNA).chat.from_bot
    assert (first.labels, second.labels) == ([], ["Open"])

    office.happen(2)
    office.expand()
    office.api.fail(Fault("sendMessage", times=2, error=refusal))
    office.drain()
    assert [row.state for row in office.receipts()][2:] == [State.FAILED, State.SENT]


def test_the_same_again_only_counts(office: PostOffice, clock: SetClock) -> None:
    office.allow(ANNA)
    office.happen(title="Feed stale", type="feed_stale")
    office.expand()
    office.drain()
    for _ in range(2):
        clock.at += 10_000
        office.happen(title="Feed stale", type="feed_stale")
        office.expand()
    office.drain()

    (message,) = office.api.person(ANNA).chat.from_bot
    assert "×3" in message.text
    assert message.edits == 1
    assert [row.state for row in office.receipts()] == [State.SENT, State.FOLDED, State.FOLDED]


def test_the_same_minutes_later_is_told_anew(office: PostOffice, clock: SetClock) -> None:
    office.allow(ANNA)
    for _ in range(2):
        office.happen(title="Feed stale", type="feed_stale")
        office.expand()
        office.drain()
        clock.at += 3 * MINUTE

    assert len(office.texts()) == 2


def test_the_service_sends_on_its_own(office: PostOffice) -> None:
    office.allow(ANNA, BEN)
    office.happen(2)
    office.expand()

    async def work(sender: Sender) -> None:
        task = asyncio.create_task(sender.run())
        async with asyncio.timeout(PATIENCE_S):
            while len(office.texts()) < 2 or len(office.texts(BEN)) < 2:
                await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    office.sending(work)
    assert len(office.texts()) == len(office.texts(BEN)) == 2


def test_a_bot_that_is_stopped_takes_the_answer_to_what_has_left(office: PostOffice) -> None:
    office.allow(ANNA)
    office.happen()
    office.expand()
    office.api.fail(slow(0.2, "sendMessage"))

    async def work(sender: Sender) -> None:
        task = asyncio.create_task(sender.run())
        async with asyncio.timeout(PATIENCE_S):
            while not office.api.called("sendMessage"):
                await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    office.sending(work)
    office.restart()
    office.drain()

    assert len(office.texts()) == 1
    assert office.receipts()[0].state is State.SENT
    assert not office.receipts()[0].is_doubtful
