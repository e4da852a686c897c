"""The folder of models: two files each, the newest few kept. Imports no PyTorch."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from strategy.predictors.model import MAX_BYTES, Course, Model, ModelError, pack, unpack
from utils.files import atomic_write, make_private_folder

KEPT: Final = 10
CARD: Final = ".json"
NUMBERS: Final = ".npz"


def new_name(made_at: int) -> str:
    """Return what to call a model made at *made_at* (ms): names sort as the models' ages do."""
    return f"gru-{datetime.fromtimestamp(made_at / 1000, UTC):%Y%m%dT%H%M%S}"


def save(folder: Path, model: Model) -> Path:
    """Put *model* into *folder*; return its card. A reader sees the whole of it or nothing.

    Raises:
        OSError: the folder or the disk refused.
    """
    make_private_folder(folder)
    numbers, card = pack(model)
    path = folder / f"{model.card.name}{CARD}"
    atomic_write(path.with_suffix(NUMBERS), numbers)
    atomic_write(path, card)  # it comes last: without it the numbers are no model yet
    return path


def load(card: Path) -> Model:
    """Return the model whose card is the file *card*.

    Raises:
        ModelError: it is damaged, of another version, or no model.
    """
    try:
        texts = [_read(path) for path in (card.with_suffix(NUMBERS), card)]
    except OSError as error:
        raise ModelError(f"it cannot be read ({error.strerror})") from error
    model = unpack(texts[0], texts[1])
    if model.card.name != card.stem:
        raise ModelError(f"its card calls it {model.card.name}")
    return model


def newest(folder: Path, course: Course) -> tuple[Model | None, list[str]]:
    """Return the newest sound model for *course*, and a sentence for each file that is refused.

    Those for another market or other bars are passed over.
    """
    refused = []
    for card in _cards(folder)[::-1]:
        try:
            model = load(card)
        except ModelError as error:
            refused.append(f"Model {card.stem} is ignored: {error}.")
            continue
        if model.card.course == course:
            return model, refused
    return None, refused


def prune(folder: Path) -> None:
    """Remove all but the newest few models, and numbers without a card that are older.

    Raises:
        OSError: the folder refused.
    """
    for card in _cards(folder)[:-KEPT]:
        card.unlink(missing_ok=True)
    kept = {card.stem for card in _cards(folder)}
    oldest = min(kept, default="")
    for numbers in folder.glob(f"gru-*{NUMBERS}"):
        if numbers.stem not in kept and numbers.stem < oldest:
            numbers.unlink(missing_ok=True)


def _cards(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"gru-*{CARD}"))


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)
