"""Takes the questions of strategies that ask a language model, and hears what it answers.

Questions are raised within a step of the live market, asked beside it, and what they come to is
decided between two steps. History played flat out asks nobody.
"""

import asyncio
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any, Final, cast

import msgspec

from core.market import DAY_MS, MINUTE_MS, Bar, Step
from infra.llm.base import Access, Chat, ChatModel
from infra.settings import Settings
from runner.engine import Engine
from runner.model_budget import ModelBudget, QuestionPurse
from runner.roster import Spending
from store.database import Database
from store.records import ModelUsage
from store.usage import spent_usd
from strategy.base import AccountView, Advised, Answer, Question, Strategy
from utils.clock import Clock

AT_ONCE: Final = 3  # questions on their way at the same time
LATE_TURNS: Final = 2  # an answer that is older than so many questions' distance is late
MOVED_PCT: Final = Decimal("0.5")  # and so is one about a price so far away
WHY_MOVED: Final = "the price moved {:.2f}% while the model was asked, which is more than {}%"
WHY_LATE: Final = "the answer came {:.1f} minutes after its bar, later than {}"
Key = tuple[str, str]


def open_advice(
    settings: Settings, engine: Engine, database: Database, clock: Clock
) -> "Advice | None":
    """Return what asks for *engine*'s strategies, or None when none of them asks.

    *clock* is the machine's.

    Raises:
        ConfigError: the model's address or key cannot be used.
        StoreError: the database refused.
    """
    given = settings.deepseek_only
    names = [s.name for s in engine.trader.council.asked if hasattr(s, "question")]
    if not names or not given.api_key.get_secret_value():
        return None
    from infra.llm.client import ChatClient  # noqa: PLC0415 - httpx, only for those who ask

    access = Access(
        base_url=given.base_url, model=given.model, api_key=given.api_key,
        timeout_s=given.timeout_s, retries=given.retries,
        max_output_tokens=given.max_output_tokens,
        input_usd=given.input_usd_per_million, output_usd=given.output_usd_per_million,
    )  # fmt: skip
    midnight = clock.now() - clock.now() % DAY_MS
    spent = sum((spent_usd(database, name, midnight) for name in names), Decimal(0))
    budget = ModelBudget.of_today(given.daily_usd, clock, spent)
    late_ms = LATE_TURNS * given.every_minutes * MINUTE_MS
    return Advice(engine, ChatClient(access, clock), budget, given.model, late_ms)


@dataclass(slots=True)
class Advice:
    """The questions that wait, and those on their way.

    Promise: a strategy has one question about a symbol on its way and one waiting, the newest;
    what an answer cost is stored whatever becomes of it, also when the engine stops meanwhile.
    """

    engine: Engine
    model: ChatModel
    budget: ModelBudget
    model_name: str
    late_ms: int
    _waiting: dict[Key, Question] = field(default_factory=dict)
    _busy: set[Key] = field(default_factory=set)
    _minutes: dict[Key, int] = field(default_factory=dict)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.engine.after_step = self.inquire
        self._show_spending()

    def inquire(self, step: Step) -> None:
        """Let strategies raise questions after a step of the live market."""
        bars = [message for message in step.messages if isinstance(message, Bar)]
        council = self.engine.trader.council
        for bar in bars:
            for strategy in council.asked:
                if hasattr(strategy, "question"):
                    ask = partial(self._inquire, strategy)
                    council.ask(strategy, bar.symbol, bar.close_time, ask, bar)
        if bars:
            self._show_spending()

    def _inquire(self, strategy: Strategy, bar: Bar, view: AccountView) -> None:
        question = cast("Advised", strategy).question(bar, view)
        if question is not None:
            self._waiting[strategy.name, bar.symbol] = question
            self._news.set()

    def works(self) -> Iterator[Coroutine[Any, Any, None]]:
        """Yield the coroutines that ask, so many at a time; each runs until cancelled."""
        return (self._work() for _ in range(AT_ONCE))

    async def _work(self) -> None:
        while True:
            key, question = await self._next()
            try:
                await self._advise(key, question)
            finally:
                self._busy.discard(key)
                self._news.set()

    async def close(self) -> None:
        """Let go of the connections."""
        await self.model.close()

    async def _next(self) -> tuple[Key, Question]:
        while True:
            key = next((key for key in self._waiting if key not in self._busy), None)
            if key is not None:
                self._busy.add(key)
                return key, self._waiting.pop(key)
            self._news.clear()
            await self._news.wait()

    async def _advise(self, key: Key, question: Question) -> None:
        purse = QuestionPurse(self.budget)
        began_s, outcome = self.budget.clock.monotonic(), "stopped"
        try:
            chat = Chat(question.system, question.user, question.schema)
            reply = await self.model.ask(chat, purse)
            outcome = reply.gate or "ok"
        finally:
            self._keep_usage(key, purse, outcome)
        answer = Answer(
            text=reply.text, failure=reply.failure, gate=reply.gate, model=self.model_name,
            cost_usd=purse.used.cost_usd, note=reply.note,
            took_s=self.budget.clock.monotonic() - began_s,
        )  # fmt: skip
        await self._turn_of(key)
        await self.engine.between_steps(partial(self._decide, key, question, answer))

    def _keep_usage(self, key: Key, purse: QuestionPurse, outcome: str) -> None:
        """Have the cost stored by the next commit."""
        strategy, symbol = key
        used = purse.used
        row = ModelUsage(
            strategy=strategy, at=self.budget.clock.now(), symbol=symbol, model=self.model_name,
            cost_usd=used.cost_usd, prompt_tokens=used.prompt_tokens,
            completion_tokens=used.completion_tokens, outcome=outcome,
        )  # fmt: skip
        self.engine.trader.record.usage.append(row)

    async def _turn_of(self, key: Key) -> None:
        """Wait for a minute without an answer of *key* yet: signals are named by theirs."""
        free_at = (self._minutes.get(key, 0) + 1) * MINUTE_MS + 1
        clock = self.engine.clock
        while (left_ms := free_at - clock.now()) > 0:
            await clock.sleep(left_ms / 1000)

    def _decide(self, key: Key, question: Question, answer: Answer, at: int) -> None:
        """Let the strategy say what *answer* comes to, and follow that."""
        name, symbol = key
        self._show_spending()
        self._warn(name, answer, at)
        trader = self.engine.trader
        strategy = next((s for s in trader.council.asked if s.name == name), None)
        if strategy is None or self.engine.freshness.ended:
            return
        heard = self._in_time(question, answer, at)
        say = cast("Advised", strategy).on_answer
        signal = trader.council.ask(strategy, symbol, at, say, question, heard)
        if signal is not None:
            self._minutes[key] = (at - 1) // MINUTE_MS
            trader.follow(strategy, signal, at)

    def _in_time(self, question: Question, answer: Answer, at: int) -> Answer:
        """Return *answer*, or that it is of no use any more."""
        if answer.failure:
            return _measured(answer, self.budget)
        age_ms = at - question.at
        minute = Decimal(MINUTE_MS)
        if age_ms > self.late_ms:
            value, limit = age_ms / minute, self.late_ms / minute
            return _late(answer, WHY_LATE.format(value, f"{limit:g}"), value, limit)
        last = self.engine.trader.board.markets[question.symbol].last or question.price
        moved = 100 * abs(last - question.price) / question.price
        if moved > MOVED_PCT:
            return _late(answer, WHY_MOVED.format(moved, MOVED_PCT), moved, MOVED_PCT)
        return answer

    def _show_spending(self) -> None:
        council = self.engine.trader.council
        for name, member in council.roster.members.items():
            if hasattr(member.strategy, "question"):
                spending = Spending(self.budget.spent_usd, self.budget.limit_usd)
                council.roster.members[name].spending = spending

    def _warn(self, name: str, answer: Answer, at: int) -> None:
        """Raise the alerts that are due, each once a day."""
        budget, alert = self.budget, self.engine.trader.record.alert
        spent = f"{budget.spent_usd:.4f} of {budget.limit_usd} USD are spent since 00:00 UTC."
        if answer.gate == "budget" and budget.first_today("reached"):
            detail = f"{spent} {name} holds until tomorrow."
            alert(at, "warn", "model_budget", "The language model's daily limit is reached", detail)
        elif budget.is_near():
            detail = f"{spent} At the limit {name} holds until tomorrow."
            alert(at, "info", "model_budget", "The language model's daily limit is near", detail)
        if answer.gate == "refused" and budget.first_today("refused"):
            detail = f"{answer.failure}. {name} holds meanwhile."
            alert(at, "warn", "model_refused", "The language model refuses to answer", detail)


def _measured(answer: Answer, budget: ModelBudget) -> Answer:
    """Return a failure with what met the limit, when it was money."""
    if answer.gate != "budget":
        return answer
    return msgspec.structs.replace(answer, value=budget.spent_usd, limit=budget.limit_usd)


def _late(answer: Answer, why: str, value: Decimal, limit: Decimal) -> Answer:
    return msgspec.structs.replace(
        answer, text="", failure=why, gate="late", value=value, limit=limit
    )
