"""The folder of models: the newest sound one is found, whatever else lies there."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.strategy.predictors.models import COURSE, model
from training.shelf import KEPT, new_name, newest, prune, save

DAY_MS = 86_400_000
BEGAN = 1_790_000_000_000


def name_of(folder: Path) -> str:
    found, _ = newest(folder, COURSE)
    return "" if found is None else found.card.name


def test_the_newest_is_found(tmp_path: Path) -> None:
    for day in (2, 0, 1):
        save(tmp_path / "models", model(BEGAN + day * DAY_MS))

    assert name_of(tmp_path / "models") == new_name(BEGAN + 2 * DAY_MS) == "gru-20260923T141320"


def test_an_empty_or_missing_folder_has_none(tmp_path: Path) -> None:
    assert newest(tmp_path, COURSE) == (None, [])
    assert newest(tmp_path / "models", COURSE) == (None, [])


def test_what_is_damaged_is_said_and_the_one_before_is_used(tmp_path: Path) -> None:
    old = save(tmp_path, model(BEGAN))
    cut = save(tmp_path, model(BEGAN + DAY_MS)).with_suffix(".npz")
    cut.write_bytes(cut.read_bytes()[:-50])
    save(tmp_path, model(BEGAN + 2 * DAY_MS)).with_suffix(".npz").unlink()
    save(tmp_path, model(BEGAN + 3 * DAY_MS)).write_bytes(b"\xff\x00")
    (tmp_path / "gru-notes.json").mkdir()

    found, refused = newest(tmp_path, COURSE)

    assert found is not None
    assert found.card.name == old.stem
    assert [sentence.partition(" is ignored: ")[0] for sentence in refused] == [
        "Model gru-notes", f"Model {new_name(BEGAN + 3 * DAY_MS)}",
        f"Model {new_name(BEGAN + 2 * DAY_MS)}", f"Model {new_name(BEGAN + DAY_MS)}",
    ]  # fmt: skip
    assert refused[2].endswith("it cannot be read (No such file or directory).")
    assert refused[3].endswith("its numbers are not those that its card was written for.")


def test_numbers_without_their_card_are_no_model_yet(tmp_path: Path) -> None:
    save(tmp_path, model(BEGAN)).unlink()

    assert newest(tmp_path, COURSE) == (None, [])


def test_a_card_under_another_name_is_refused(tmp_path: Path) -> None:
    card = save(tmp_path, model(BEGAN))
    for suffix in (".json", ".npz"):
        card.with_suffix(suffix).rename(tmp_path / f"gru-20990101T000000{suffix}")

    _, refused = newest(tmp_path, COURSE)

    assert refused == [
        f"Model gru-20990101T000000 is ignored: its card calls it {new_name(BEGAN)}."
    ]


@pytest.mark.parametrize(
    "course",
    [
        replace(COURSE, market="sim:8"), replace(COURSE, bar_minutes=5),
        replace(COURSE, horizon_bars=8), replace(COURSE, symbols=["ETH/USDT"]),
    ],
)  # fmt: skip
def test_one_for_something_else_is_passed_over(tmp_path: Path, course: object) -> None:
    mine = save(tmp_path, model(BEGAN))
    save(tmp_path, model(BEGAN + DAY_MS, course=course))

    found, refused = newest(tmp_path, COURSE)

    assert (found and found.card.name, refused) == (mine.stem, [])


def test_only_the_newest_few_are_kept(tmp_path: Path) -> None:
    for day in range(KEPT + 3):
        save(tmp_path, model(BEGAN + day * DAY_MS))
    save(tmp_path, model(BEGAN - DAY_MS)).unlink()  # as one that was killed would leave it
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")

    prune(tmp_path)

    names = sorted(path.name for path in tmp_path.iterdir())
    kept = [new_name(BEGAN + day * DAY_MS) for day in range(3, KEPT + 3)]
    assert names == sorted([*(f"{n}{s}" for n in kept for s in (".json", ".npz")), "notes.txt"])
    assert name_of(tmp_path) == kept[-1]
