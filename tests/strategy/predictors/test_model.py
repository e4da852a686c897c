"""Models as bytes: what was packed comes out, and nothing else is believed."""

import hashlib
import io
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import pytest

from strategy.predictors.features import SEQUENCE
from strategy.predictors.model import MAX_BYTES, ModelError, pack, unpack
from tests.strategy.predictors.models import model

Change = Callable[[dict[str, Any]], None]


def test_what_was_packed_comes_out() -> None:
    made = model()
    numbers, card = pack(made)

    found = unpack(numbers, card)

    assert msgspec.structs.replace(found.card, digest="") == made.card
    windows = np.random.default_rng(1).standard_normal((5, SEQUENCE, 7))
    np.testing.assert_array_equal(
        found.network.chances(windows), made.network.chances(windows)
    )  # fmt: skip


def test_it_says_how_far_ahead_it_looks() -> None:
    assert model().horizon_ms == 3_600_000


def repacked(change: Change) -> tuple[bytes, bytes]:
    """Return a model whose numbers were changed by someone who knew the card's digest."""
    numbers, card = pack(model())
    with np.load(io.BytesIO(numbers)) as stored:
        arrays = {name: stored[name] for name in stored.files}
    change(arrays)
    file = io.BytesIO()
    np.savez(file, **arrays)
    return sealed(file.getvalue(), card)


def sealed(numbers: bytes, card: bytes) -> tuple[bytes, bytes]:
    told = msgspec.json.decode(card)
    told["digest"] = hashlib.sha256(numbers).hexdigest()
    return numbers, msgspec.json.encode(told)


def recarded(**changes: Any) -> tuple[bytes, bytes]:
    numbers, card = pack(model())
    return numbers, msgspec.json.encode(msgspec.json.decode(card) | changes)


def truncated() -> tuple[bytes, bytes]:
    numbers, card = pack(model())
    return numbers[:-100], card


NUMBERS, CARD = pack(model())
WRONG: dict[str, tuple[Callable[[], tuple[bytes, bytes]], str]] = {
    "truncated": (truncated, "not those that its card was written for"),
    "one bit is another": (lambda: (bytes([NUMBERS[0] ^ 1]) + NUMBERS[1:], CARD), "its card was"),
    "truncated and sealed": (lambda: sealed(NUMBERS[:-100], CARD), "cannot be read"),
    "no archive": (lambda: sealed(b"weights", CARD), "cannot be read"),
    "empty": (lambda: sealed(b"", CARD), "cannot be read"),
    "a pickle": (
        lambda: repacked(lambda a: a.update(mean=np.array([open] * 7, dtype=object))),
        "cannot be read",
    ),
    "words": (lambda: repacked(lambda a: a.update(mean=np.array(["a"] * 7))), "cannot be read"),
    "missing": (lambda: repacked(lambda a: a.pop("head_bias")), "other shapes"),
    "one more": (lambda: repacked(lambda a: a.update(extra=np.zeros(3))), "other shapes"),
    "shape": (lambda: repacked(lambda a: a.update(mean=np.zeros(6))), "other shapes"),
    "no number": (lambda: repacked(lambda a: a["hidden_weight"].fill(np.nan)), "are none"),
    "no deviation": (lambda: repacked(lambda a: a["deviation"].fill(0)), "no deviation"),
    "a bomb": (
        lambda: repacked(lambda a: a.update(mean=np.zeros(MAX_BYTES))), f"more than {MAX_BYTES}",
    ),
    "card is no JSON": (lambda: (NUMBERS, b"{"), "its card cannot be read"),
    "card is empty": (lambda: (NUMBERS, b""), "its card cannot be read"),
    "card lacks a field": (lambda: (NUMBERS, b'{"format": 1}'), "its card cannot be read"),
    "card says words": (lambda: recarded(trained_until="soon"), "its card cannot be read"),
    "another version": (lambda: recarded(format=2), "its format is 2"),
    "other features": (lambda: recarded(features=["moon"]), "in another way"),
    "other length": (lambda: recarded(sequence=8), "in another way"),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_what_is_no_sound_model_is_refused_with_a_sentence(what: str) -> None:
    make, why = WRONG[what]

    with pytest.raises(ModelError, match=why):
        unpack(*make())
