"""The chat completions protocol: bytes out and bytes in, without a network.

Source: https://platform.openai.com/docs/api-reference/chat
Source: https://api-docs.deepseek.com/guides/json_mode (why the word JSON and the schema are in
the system's words: the format ``json_schema`` is not spoken by all who speak the protocol)
"""

import json
import math
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final

import msgspec

from infra.llm.base import OVERHEAD_TOKENS, Access, Chat, ChatFailedError, Usage
from utils.one_line import one_line

LONGEST_WAIT_S: Final = 900.0  # what a server may ask for
LONGEST_WORDS: Final = 200  # of a server's own error text
OK: Final = 200
MULTIPLE_CHOICES: Final = 300
BAD_REQUEST: Final = 400
UNAUTHORIZED: Final = 401
PAYMENT_REQUIRED: Final = 402
FORBIDDEN: Final = 403
NOT_FOUND: Final = 404
TOO_MANY: Final = 429
SERVER_ERROR: Final = 500
GENEROUS: Final = 10  # times the tokens asked for: more was surely not used
UNREADABLE: Final = (msgspec.MsgspecError, RecursionError, UnicodeDecodeError)
MEANINGS: Final = {
    UNAUTHORIZED: "the key was refused",
    PAYMENT_REQUIRED: "the account there has no money left",
    FORBIDDEN: "the key may not do this",
    NOT_FOUND: "there is no such model or address",
    TOO_MANY: "it is asked too often",
}


class _Message(msgspec.Struct):
    content: str | None = None


class _Choice(msgspec.Struct):
    message: _Message
    finish_reason: str | None = None


class _Completion(msgspec.Struct):
    choices: list[_Choice]


class _Tokens(msgspec.Struct):
    prompt_tokens: int
    completion_tokens: int


class _Bill(msgspec.Struct):
    usage: _Tokens


class _Error(msgspec.Struct):
    message: str = ""


class _Problem(msgspec.Struct):
    error: _Error


def request_body(access: Access, chat: Chat) -> bytes:
    """Return the body of a request that asks *chat*."""
    schema = json.dumps(chat.schema, separators=(",", ":"))
    rule = f"Answer with one JSON object and nothing else. Its JSON Schema: {schema}"
    body = {
        "model": access.model,
        "messages": [
            {"role": "system", "content": f"{chat.system}\n{rule}"},
            {"role": "user", "content": chat.user},
        ],
        "response_format": {"type": "json_object"},
        "max_tokens": access.max_output_tokens,
        "temperature": 0,
        "stream": False,
    }
    return msgspec.json.encode(body)


def worst_usage(access: Access, body: bytes) -> Usage:
    """Return the most that asking with *body* can use: no token is shorter than a byte."""
    prompt = len(body) + OVERHEAD_TOKENS
    completion = access.max_output_tokens
    return Usage(prompt, completion, access.cost_usd(prompt, completion))


def read_completion(body: bytes) -> str:
    """Return the model's words.

    Raises:
        ChatFailedError: it is no completion, or one that was cut short.
    """
    try:
        completion = msgspec.json.decode(body, type=_Completion)
    except UNREADABLE as error:
        what = str(error)[:LONGEST_WORDS]
        raise ChatFailedError("protocol", f"what came back is no completion ({what})") from None
    if not completion.choices:
        raise ChatFailedError("protocol", "what came back has no choices")
    choice = completion.choices[0]
    if choice.finish_reason == "length":
        raise ChatFailedError("protocol", "the answer was cut off at max_output_tokens")
    if choice.finish_reason == "content_filter":
        raise ChatFailedError("refused", "the server's content filter held the answer back")
    text = choice.message.content or ""
    if not text.strip():
        raise ChatFailedError("protocol", "the answer is empty")
    return text


def read_usage(access: Access, body: bytes, worst: Usage) -> Usage | None:
    """Return what a body says was used, or None when it does not say or nobody can believe it.

    More output than was asked for is believed up to a point: not every server keeps the limit.
    """
    try:
        tokens = msgspec.json.decode(body, type=_Bill).usage
    except UNREADABLE:
        return None
    prompt, completion = tokens.prompt_tokens, tokens.completion_tokens
    most = GENEROUS * worst.completion_tokens
    if not (0 < prompt <= worst.prompt_tokens and 0 <= completion <= most):
        return None
    return Usage(prompt, completion, access.cost_usd(prompt, completion))


def failure(status: int, headers: Mapping[str, str], body: bytes, now: int) -> ChatFailedError:
    """Return what a *status* other than 200 means; *now* (ms) is to reckon a date by."""
    if MULTIPLE_CHOICES <= status < BAD_REQUEST:
        text = "it redirects elsewhere, which is not followed: base_url must be the last address"
        return ChatFailedError("protocol", f"{status}: {text}")
    busy = status == TOO_MANY or status >= SERVER_ERROR
    meaning = MEANINGS.get(status, "the server failed" if busy else "")
    if status not in {UNAUTHORIZED, FORBIDDEN}:  # these may repeat parts of the key
        meaning = ", ".join(filter(None, (meaning, _words(body))))
    text = f"{status}: {meaning}" if meaning else str(status)
    wait_s = _retry_after_s(headers.get("retry-after", ""), now) if busy else None
    return ChatFailedError("unreachable" if busy else "refused", text, again=busy, wait_s=wait_s)


def _words(body: bytes) -> str:
    """Return the server's own words about an error, short and in one line."""
    try:
        text = msgspec.json.decode(body, type=_Problem).error.message
    except UNREADABLE:
        return ""
    return one_line(text, LONGEST_WORDS)


def _retry_after_s(value: str, now: int) -> float | None:
    """Read seconds or a date. Source: https://www.rfc-editor.org/rfc/rfc9110#name-retry-after."""
    try:
        seconds = float(value)
    except ValueError:
        try:
            at = parsedate_to_datetime(value)
        except ValueError:
            return None
        seconds = at.replace(tzinfo=at.tzinfo or UTC).timestamp() - now / 1000
    if math.isnan(seconds):
        return None
    return min(max(seconds, 0.0), LONGEST_WAIT_S)
