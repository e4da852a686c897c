"""One's own alert rules in a chat: listed from the store, changed by the engine."""

from typing import Final

from core.errors import QuarterdeckError
from store.alert_rules import list_rules
from store.records import AlertRule
from telegram_bot.command import Ask, Button, Reply
from telegram_bot.control.keys import wish_key
from telegram_bot.deck import Deck
from telegram_bot.delivery.spans import parse_span
from telegram_bot.markup import told
from telegram_bot.reply import MAX_DATA

LONGEST_COOLDOWN_S: Final = 7 * 86_400
MOST_SHOWN: Final = 20
EXAMPLE: Final = "/alerts add equity &lt; 9500 every 30m"


async def add_rule(deck: Deck, ask: Ask, words: list[str]) -> Reply:
    """Let the engine watch what *words* say.

    Raises:
        BusError: the engine is away, or did not answer.
        CommandError: the engine refused, or the pause at the end is none.
    """
    args: dict[str, object] = {}
    if len(words) > 2 and words[-2].lower() == "every":  # noqa: PLR2004 - a rule before the pause
        args["cooldown_s"] = parse_span(words[-1], LONGEST_COOLDOWN_S)
        words = words[:-2]
    args["text"] = " ".join(words)
    rule = (await deck.wish("rule_add", args, ask.identity, wish_key(deck, ask)))["rule"]
    text = f"✅ You are told when <b>{told(rule['text'])}</b>{_every(int(rule['cooldown_s']))}."
    return Reply(text=text, buttons=[[Button("All alerts", "r:alerts")]])


async def remove_rule(deck: Deck, ask: Ask, which: str) -> Reply:
    """Let the engine forget the rule of that id, or of that number in the list.

    Raises:
        BusError: the engine is away, or did not answer.
        CommandError: there is no such rule.
    """
    rules = await _rules(deck, ask)
    numbered = {str(number): rule.id for number, rule in enumerate(rules, start=1)}
    rule_id = numbered.get(which, which)
    wanted = {"rule_id": rule_id}
    done = await deck.wish("rule_remove", wanted, ask.identity, wish_key(deck, ask))
    said = f"No longer watched: {done['rule']['text']}"
    return Reply(text=told(said), alert=said, buttons=[[Button("All alerts", "r:alerts")]])


async def rule_lines(deck: Deck, ask: Ask) -> list[str]:
    """Return one's rules, with the numbers they are removed by."""
    try:
        rules = await _rules(deck, ask)
    except QuarterdeckError as error:
        return [told(f"Your rules cannot be read now: {error}")]
    if not rules:
        return [f"No rules of your own yet: {EXAMPLE}"]
    lines = [_line(number, rule) for number, rule in enumerate(rules[:MOST_SHOWN], start=1)]
    more = len(rules) - MOST_SHOWN
    return ["<b>Your rules</b>", *lines, *([f"and {more} more, on the page"] if more > 0 else [])]


async def rule_buttons(deck: Deck, ask: Ask) -> list[list[Button]]:
    """Return a button that removes each of one's rules."""
    try:
        rules = await _rules(deck, ask)
    except QuarterdeckError:
        return []
    buttons = [Button(f"Remove: {rule.text}"[:60], f"a:remove {rule.id}") for rule in rules]
    return [[one] for one in buttons[:MOST_SHOWN] if len(one.data.encode()) <= MAX_DATA]


async def _rules(deck: Deck, ask: Ask) -> list[AlertRule]:
    owner = ask.identity.owner_id
    return await deck.ask(lambda database, account_id: list_rules(database, owner, account_id))


def _line(number: int, rule: AlertRule) -> str:
    fired = f", told {rule.fired_count}×" if rule.fired_count else ""
    return f"{number}. {told(rule.text)}{_every(rule.cooldown_s)}{fired}"


def _every(cooldown_s: int) -> str:
    if not cooldown_s:
        return ""
    for unit, seconds in (("d", 86_400), ("h", 3600), ("m", 60)):
        if cooldown_s % seconds == 0:
            return f", at most every {cooldown_s // seconds}{unit}"
    return f", at most every {cooldown_s}s"
