"""A trained model as two files' bytes: its numbers, and a card that says what they are."""

import hashlib
import io
import zipfile
import zlib
from typing import Final

import msgspec
import numpy as np

from core.errors import QuarterdeckError
from core.market import MINUTE_MS
from strategy.predictors.features import NAMES, SEQUENCE
from strategy.predictors.network import HIDDEN, SHAPES, Network
from strategy.predictors.scoring import Score

FORMAT: Final = 1
MAX_BYTES: Final = 1_000_000


class ModelError(QuarterdeckError):
    """A model cannot be used; the sentence says why. Train another."""


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """What a model is for: the market it learned, the length of its bars, and how far it looks."""

    market: str
    symbols: list[str]
    bar_minutes: int
    horizon_bars: int


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """What is told about a model.

    ``trained_from`` to ``trained_until`` (ms) is the past it knows the outcomes of; ``made_at`` is
    the machine's time, ``samples`` what it learned from. ``score`` is of its walk-forward trials.
    ``digest`` is the SHA-256 of the numbers' file.
    """

    format: int
    name: str
    course: Course
    features: list[str]
    sequence: int
    hidden: int
    trained_from: int
    trained_until: int
    made_at: int
    samples: int
    seed: int
    made_with: str
    score: Score
    digest: str = ""


class Model(msgspec.Struct, frozen=True):
    """A network that has been trained, with its card."""

    card: Card
    network: Network

    @property
    def horizon_ms(self) -> int:
        """Return how far ahead it predicts."""
        return self.card.course.horizon_bars * self.card.course.bar_minutes * MINUTE_MS


def pack(model: Model) -> tuple[bytes, bytes]:
    """Return the bytes of the numbers (an .npz without pickles) and of the card (JSON)."""
    arrays = {name: np.asarray(value) for name, value in model.network.arrays.items()}
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **arrays)
    numbers = file.getvalue()
    card = msgspec.structs.replace(model.card, digest=hashlib.sha256(numbers).hexdigest())
    return numbers, msgspec.json.format(msgspec.json.encode(card), indent=1)


def unpack(numbers: bytes, card_text: bytes) -> Model:
    """Return the model of these bytes, of which nothing is believed; nothing in them is run.

    Raises:
        ModelError: they are damaged, cut off, of another version, or no model.
    """
    try:
        card = msgspec.json.decode(card_text, type=Card)
    except msgspec.MsgspecError as error:
        raise ModelError(f"its card cannot be read ({error})") from error
    if card.format != FORMAT:
        raise ModelError(f"its format is {card.format}, this version reads {FORMAT}")
    if (card.features, card.sequence, card.hidden) != (list(NAMES), SEQUENCE, HIDDEN):
        raise ModelError("it looks at the market in another way than this version")
    if hashlib.sha256(numbers).hexdigest() != card.digest:
        raise ModelError("its numbers are not those that its card was written for")
    return Model(card, _network(numbers))


def _network(numbers: bytes) -> Network:
    """Read the numbers.

    Raises:
        ModelError: they are no arrays, or not those of a network.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(numbers)) as file:
            if sum(part.file_size for part in file.infolist()) > MAX_BYTES:
                raise ModelError(f"its numbers are more than {MAX_BYTES} bytes")
        with np.load(io.BytesIO(numbers), allow_pickle=False) as found:
            arrays = {name: found[name].astype(np.float64) for name in found.files}
    except (
        ValueError, TypeError, OSError, KeyError, EOFError, RuntimeError, NotImplementedError,
        zipfile.BadZipFile, zlib.error,
    ) as error:  # fmt: skip
        raise ModelError(f"its numbers cannot be read ({error})") from error
    if {name: array.shape for name, array in arrays.items()} != dict(SHAPES):
        raise ModelError("its numbers have other shapes than this version's network")
    if not all(np.isfinite(array).all() for array in arrays.values()):
        raise ModelError("some of its numbers are none")
    if not (arrays["deviation"] > 0).all():
        raise ModelError("some of its features have no deviation")
    return Network(arrays)
