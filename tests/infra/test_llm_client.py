"""The client of a language model over real HTTP, against a server that does what servers do."""

import asyncio
import json
import logging
import subprocess
import sys
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest
from pydantic import SecretStr

from core.errors import ConfigError
from infra.llm.base import Access, Chat, Reply, Usage
from infra.llm.client import ChatClient
from runner.model_budget import ModelBudget, QuestionPurse
from tests.chat_server import Asked, ChatServer, Drip, Hang, Said, answer, problem, said
from tests.services import free_port
from utils.clock import SetClock

KEY = "sk-test-0123456789abcdef"
CHAT = Chat("You decide.", "BTC/USDT at 64000", {"type": "object"})
ANSWER = '{"action": "hold"}'
DAY_MS = 86_400_000


@dataclass
class Asking:
    """A client and whom it asks; *limit* is the day's money in USD."""

    script: list[Said]
    limit: str = "1"
    timeout_s: float = 60
    retries: int = 2

    def __post_init__(self) -> None:
        self.clock = SetClock(DAY_MS)
        self.budget = ModelBudget.of_today(Decimal(self.limit), self.clock, Decimal(0))
        self.purse = QuestionPurse(self.budget)
        self.asked: list[Asked] = []

    def access(self, base_url: str) -> Access:
        return Access(
            base_url=base_url, model="test-model", api_key=SecretStr(KEY),
            timeout_s=self.timeout_s, retries=self.retries, max_output_tokens=400,
            input_usd=Decimal("0.28"), output_usd=Decimal("0.42"),
        )  # fmt: skip

    def ask(self, times: int = 1, pause_s: float = 0) -> list[Reply]:
        """Ask *times*, the clock moved on by *pause_s* between them."""

        async def run() -> list[Reply]:
            async with ChatServer(self.script) as server:
                self.asked = server.asked
                client = ChatClient(self.access(server.base_url), self.clock, Random(1))
                replies = []
                for _ in range(times):
                    replies.append(await client.ask(CHAT, self.purse))
                    await self.clock.sleep(pause_s)
                await client.close()
                return replies

        return asyncio.run(run())

    def ask_once(self) -> Reply:
        (reply,) = self.ask()
        return reply

    @property
    def worst(self) -> Usage:
        """Return the most one attempt of this question can cost."""
        prompt = len(json.dumps(self.asked[0].body, separators=(",", ":")).encode()) + 64
        return Usage(prompt, 400, self.access("").cost_usd(prompt, 400))


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def test_a_good_answer_comes_back_and_costs_what_the_server_says_was_used() -> None:
    asking = Asking([answer(ANSWER)])
    reply = asking.ask_once()

    assert reply == Reply(text=ANSWER)
    cost = (120 * Decimal("0.28") + 50 * Decimal("0.42")) / 1_000_000
    assert asking.purse.used == Usage(120, 50, cost)
    assert asking.budget.spent_usd == cost


def test_the_question_is_asked_as_the_protocol_wants_it() -> None:
    asking = Asking([answer(ANSWER)])
    asking.ask_once()

    (asked,) = asking.asked
    assert asked.target == "/v1/chat/completions"
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert asked.headers["accept-encoding"] == "identity"
    assert asked.body["model"] == "test-model"
    assert asked.body["max_tokens"] == 400
    assert asked.body["response_format"] == {"type": "json_object"}
    system, user = asked.body["messages"]
    assert "JSON" in system["content"]
    assert '{"type":"object"}' in system["content"]
    assert user == {"role": "user", "content": CHAT.user}


@pytest.mark.parametrize("turn", [Hang(), Drip()])
def test_a_slow_answer_is_given_up_in_time_and_counted_at_its_worst(turn: Said) -> None:
    asking = Asking([turn], timeout_s=1.5)
    reply = asking.ask_once()

    assert (reply.gate, reply.text) == ("timeout", "")
    assert reply.failure == "127.0.0.1 gave no answer within 1.5 s"
    assert asking.purse.used == asking.worst
    assert len(asking.asked) == 1


BROKEN: dict[str, bytes] = {
    "broken JSON": said(200, b'{"choices": [{"message": {"content": "x"'),
    "no JSON": said(200, b"<html>busy</html>"),
    "no UTF-8": said(200, b'{"choices": [{"message": {"content": "\xff\xfe"}}]}'),
    "another shape": said(200, b'{"choices": {"0": 1}}'),
    "no choices": said(200, b'{"choices": []}'),
    "no content": said(200, b'{"choices": [{"message": {"content": null}}]}'),
    "blank content": answer("   "),
    "content of another type": said(200, b'{"choices": [{"message": {"content": {"a": 1}}}]}'),
    "NaN": said(200, b'{"choices": NaN}'),
    "a thousand levels": said(200, b'{"a":' + b"[" * 60_000 + b"]" * 60_000 + b"}"),
    "cut at the limit": answer(ANSWER, finish="length"),
    "another content type": said(200, ANSWER.encode(), "text/event-stream"),
    "no content type": said(200, ANSWER.encode(), ""),
    "compressed": said(200, b"\x1f\x8b", Content_Encoding="gzip"),
    "300 KB": answer("x" * 300_000),
    "10 MB": said(200, b" " * 10_000_000),
}


@pytest.mark.parametrize("what", BROKEN)
def test_an_answer_that_breaks_the_protocol_is_told_and_not_asked_for_again(what: str) -> None:
    asking = Asking([BROKEN[what]])
    reply = asking.ask_once()

    assert (reply.gate, reply.text) == ("protocol", "")
    assert 10 < len(reply.failure) < 400
    assert len(asking.asked) == 1
    assert Decimal(0) < asking.purse.used.cost_usd <= asking.worst.cost_usd


def test_an_answer_without_end_is_cut_off_where_it_is_too_long() -> None:
    asking = Asking([Drip(blanks=65_536, pause_s=0)])
    reply = asking.ask_once()

    assert reply.gate == "protocol"
    assert reply.failure == "127.0.0.1: the answer is longer than 256 KiB"


def test_a_redirect_is_not_followed() -> None:
    async def run() -> tuple[Reply, int]:
        async with ChatServer([answer(ANSWER)]) as elsewhere:
            there = problem(307, Location=f"{elsewhere.base_url}/chat/completions")
            asking = Asking([there])
            async with ChatServer(asking.script) as server:
                client = ChatClient(asking.access(server.base_url), asking.clock)
                reply = await client.ask(CHAT, asking.purse)
                await client.close()
            return reply, len(elsewhere.asked)

    reply, asked_elsewhere = asyncio.run(run())
    assert reply.gate == "protocol"
    assert "307: it redirects elsewhere" in reply.failure
    assert asked_elsewhere == 0


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "400: no such parameter"),
        (401, "401: the key was refused"),
        (402, "402: the account there has no money left, no such parameter"),
        (403, "403: the key may not do this"),
        (404, "404: there is no such model or address, no such parameter"),
        (422, "422: no such parameter"),
    ],
)
def test_a_refusal_is_final_and_free(status: int, words: str) -> None:
    asking = Asking([problem(status, "no such\n\x1b parameter")])
    reply = asking.ask_once()

    assert reply == Reply(failure=f"127.0.0.1: {words}", gate="refused")
    assert len(asking.asked) == 1
    assert asking.purse.used == Usage()


def test_a_refusal_without_words_is_its_number() -> None:
    assert Asking([said(418, b"teapot", "text/plain")]).ask_once().failure == "127.0.0.1: 418"


@pytest.mark.parametrize(
    "turn",
    [
        problem(400, f"bad key {KEY}"),
        problem(401, f"Incorrect API key provided: {KEY}"),
        problem(500, KEY),
        answer({"action": "hold", "reasons": [KEY]}),
        answer("x", finish="length"),
        said(200, KEY.encode(), f"text/{KEY}"),
    ],
)
def test_the_key_is_in_nothing_that_comes_back_or_is_logged(
    turn: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    asking = Asking([turn])
    reply = asking.ask_once()

    assert KEY not in repr(reply)
    assert KEY not in caplog.text
    assert asking.asked[0].headers["authorization"].endswith(KEY)
    assert KEY not in repr(asking.access("http://127.0.0.1"))


def test_not_even_the_most_talkative_log_has_the_key(caplog: pytest.LogCaptureFixture) -> None:
    for name in (None, "httpx", "httpcore"):  # which a log of ours would have quietened
        caplog.set_level(logging.DEBUG, logger=name)
    Asking([problem(500), answer(ANSWER)]).ask_once()

    assert "chat/completions" in caplog.text
    assert KEY not in caplog.text


def test_a_server_that_is_asked_too_often_is_asked_again_when_it_says() -> None:
    asking = Asking([problem(429, Retry_After="3"), answer(ANSWER)])
    began_s = asking.clock.monotonic()
    reply = asking.ask_once()

    assert reply.text == ANSWER
    assert len(asking.asked) == 2
    assert asking.clock.monotonic() - began_s == 3
    assert asking.purse.used.prompt_tokens == 120


def test_a_server_that_wants_longer_than_there_is_time_for_is_left_alone_so_long() -> None:
    asking = Asking([problem(429, Retry_After="60"), answer(ANSWER)])
    first, second, third = asking.ask(times=3, pause_s=31)

    assert first.failure == "127.0.0.1: 429: it is asked too often"
    assert second.failure == "127.0.0.1: it asked to be left alone for another 29 s"
    assert {first.gate, second.gate} == {"unreachable"}
    assert third.text == ANSWER
    assert len(asking.asked) == 2


@pytest.mark.parametrize("status", [500, 502, 503, 529])
def test_a_failing_server_is_asked_again_and_then_given_up(status: int) -> None:
    again = Asking([problem(status), problem(status), answer(ANSWER)])
    assert again.ask_once().text == ANSWER

    never = Asking([problem(status, "overloaded")])
    reply = never.ask_once()
    assert reply.gate == "unreachable"
    assert reply.failure == f"127.0.0.1: {status}: the server failed, overloaded"
    assert len(never.asked) == 3
    assert never.purse.used == Usage()


def test_an_answer_that_breaks_off_is_paid_at_its_worst_and_asked_for_again() -> None:
    asking = Asking([answer(ANSWER)[:-20], answer(ANSWER)])
    reply = asking.ask_once()

    assert reply.text == ANSWER
    assert len(asking.asked) == 2
    assert asking.purse.used.prompt_tokens == asking.worst.prompt_tokens + 120


def test_a_server_that_is_not_there_costs_nothing() -> None:
    asking = Asking([])

    async def run() -> Reply:
        client = ChatClient(asking.access(f"http://127.0.0.1:{free_port()}"), asking.clock)
        reply = await client.ask(CHAT, asking.purse)
        await client.close()
        return reply

    reply = asyncio.run(run())
    assert reply.gate == "unreachable"
    assert reply.failure.startswith("127.0.0.1: it cannot be reached")
    assert asking.purse.used == Usage()


def test_what_could_cost_more_than_is_left_is_not_asked() -> None:
    asking = Asking([answer(ANSWER)], limit="0.0002")
    reply = asking.ask_once()

    assert reply.gate == "budget"
    assert asking.asked == []
    assert asking.budget.spent_usd == 0


def test_another_attempt_must_fit_into_what_the_first_has_left() -> None:
    asking = Asking([answer(ANSWER)[:-20], answer(ANSWER)], limit="0.0005")
    reply = asking.ask_once()

    assert reply.gate == "budget"
    assert len(asking.asked) == 1
    assert asking.budget.spent_usd == asking.worst.cost_usd


@pytest.mark.parametrize(
    "usage",
    [
        None,
        {},
        "much",
        {"prompt_tokens": -1, "completion_tokens": 5},
        {"prompt_tokens": 0, "completion_tokens": 5},
        {"prompt_tokens": 10**15, "completion_tokens": 5},
        {"prompt_tokens": 120, "completion_tokens": 10**15},
        {"prompt_tokens": 120, "completion_tokens": -1},
        {"prompt_tokens": "120", "completion_tokens": 5},
        {"prompt_tokens": 120.5, "completion_tokens": 5},
    ],
)
def test_without_a_believable_usage_the_most_is_counted_and_said(usage: Any) -> None:
    asking = Asking([answer(ANSWER, usage)])
    reply = asking.ask_once()

    assert reply.text == ANSWER
    assert reply.note.startswith("its cost is not known and counted as the most it can be, 0.000")
    assert asking.purse.used == asking.worst


def test_more_output_than_was_asked_for_is_paid_for_as_far_as_it_is_believable() -> None:
    asking = Asking([answer(ANSWER, {"prompt_tokens": 120, "completion_tokens": 3000})])

    assert asking.ask_once().note == ""
    assert asking.purse.used.completion_tokens == 3000


def test_who_stops_while_the_model_thinks_pays_the_worst() -> None:
    asking = Asking([Hang()])

    async def run() -> None:
        async with ChatServer(asking.script) as server:
            asking.asked = server.asked
            client = ChatClient(asking.access(server.base_url), asking.clock)
            question = asyncio.create_task(client.ask(CHAT, asking.purse))
            while not server.asked:
                await asyncio.sleep(0.001)
            question.cancel()
            with pytest.raises(asyncio.CancelledError):
                await question
            await client.close()

    asyncio.run(run())
    assert asking.purse.used == asking.worst


@pytest.mark.parametrize(
    ("base_url", "key", "named"),
    [
        ("http://[::1", KEY, "base_url"),
        ("https://me:secret@example.org/v1", KEY, "base_url"),
        ("http:///v1", KEY, "base_url"),
        ("http://127.0.0.1", "two words", "api_key"),
        ("http://127.0.0.1", "clé-privée", "api_key"),
        ("http://127.0.0.1", "a\nb", "api_key"),
    ],
)
def test_an_address_or_key_that_cannot_be_used_is_named_and_not_shown(
    base_url: str, key: str, named: str
) -> None:
    access = Access(
        base_url=base_url, model="m", api_key=SecretStr(key), timeout_s=1, retries=0,
        max_output_tokens=50, input_usd=Decimal(1), output_usd=Decimal(1),
    )  # fmt: skip
    with pytest.raises(ConfigError, match=f"deepseek_only.{named} must") as caught:
        ChatClient(access, SetClock())
    assert key not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_an_engine_that_asks_nobody_does_not_load_the_http_library() -> None:
    code = "import sys, runner.process; print('httpx' in sys.modules)"
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, check=True)
    assert done.stdout == b"False\n"
