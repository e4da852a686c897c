from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from infra.llm import protocol
from infra.llm.base import Access, Chat, ChatFailedError, Usage

NOW = 1_763_683_200_000  # 2025-11-21, 00:00 UTC
ACCESS = Access(
    base_url="http://x", model="m", api_key=SecretStr("k"), timeout_s=1, retries=0,
    max_output_tokens=400, input_usd=Decimal("0.28"), output_usd=Decimal("0.42"),
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["choices", "message", "content", "finish_reason", "usage", "prompt_tokens",
                 "completion_tokens", "error"]
            ),
            inner, max_size=4,
        )
    ),
    max_leaves=12,
)  # fmt: skip
BODIES = st.binary(max_size=200) | JSON.map(lambda value: repr(value).replace("'", '"').encode())


def _gate(body: bytes) -> str:
    try:
        return "" if protocol.read_completion(body).strip() else "blank"
    except ChatFailedError as error:
        return error.gate


@given(body=BODIES)
def test_whatever_comes_back_is_words_or_a_failure_of_ours(body: bytes) -> None:
    assert _gate(body) in {"", "protocol", "refused"}


@given(body=BODIES)
def test_whatever_a_body_says_was_used_is_believable_or_unknown(body: bytes) -> None:
    worst = Usage(300, 400)
    used = protocol.read_usage(ACCESS, body, worst)
    if used is not None:
        assert 0 < used.prompt_tokens <= 300
        assert 0 <= used.completion_tokens <= 4000
        assert used.cost_usd > 0


@given(status=st.integers(201, 599), body=BODIES, wait=st.text(max_size=30))
def test_every_other_status_is_a_failure_in_few_words(status: int, body: bytes, wait: str) -> None:
    error = protocol.failure(status, {"retry-after": wait}, body, NOW)
    assert str(error).startswith(str(status))
    assert str(error).isprintable()
    assert len(str(error)) < 300
    assert error.wait_s is None or 0 <= error.wait_s <= protocol.LONGEST_WAIT_S
    assert error.again == (status == 429 or status >= 500)


@pytest.mark.parametrize(
    ("value", "wait_s"),
    [
        ("7", 7),
        ("0", 0),
        ("-5", 0),
        ("1e9", 900),
        ("inf", 900),
        ("nan", None),
        ("soon", None),
        ("", None),
        ("Fri, 21 Nov 2025 00:01:30 GMT", 90),
        ("Fri, 21 Nov 2025 00:01:30 -0000", 90),
        ("Thu, 20 Nov 2025 23:00:00 GMT", 0),
        ("Fri, 99 Nov 9999999 00:00:00 GMT", None),
    ],
)
def test_a_server_says_in_seconds_or_by_a_date_how_long_to_wait(
    value: str, wait_s: float | None
) -> None:
    assert protocol.failure(503, {"retry-after": value}, b"", NOW).wait_s == wait_s


@given(words=st.text(max_size=300))
def test_no_token_is_counted_that_the_words_could_not_have(words: str) -> None:
    body = protocol.request_body(ACCESS, Chat("s", words, {}))
    worst = protocol.worst_usage(ACCESS, body)
    assert worst.prompt_tokens > len(words.encode("utf-8", "replace"))
    assert worst.cost_usd == ACCESS.cost_usd(worst.prompt_tokens, 400)
