from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.errors import ConfigError
from infra.recognition import CHALLENGE, KEY_NAME, Recognition


def test_processes_of_one_data_folder_recognise_each_other_and_no_other(tmp_path: Path) -> None:
    one, same = Recognition(tmp_path / "a"), Recognition(tmp_path / "a")
    other = Recognition(tmp_path / "b")
    challenge = one.new_challenge()

    assert CHALLENGE.fullmatch(challenge)
    assert same.answer(challenge) == one.answer(challenge) != other.answer(challenge)
    assert same.is_one_of_us(challenge, one.ask(challenge))
    assert not same.is_one_of_us(challenge, other.ask(challenge))
    assert not same.is_one_of_us(challenge, one.answer(challenge))
    assert not same.is_one_of_us(one.new_challenge(), one.ask(challenge))
    assert not same.is_one_of_us(challenge, "\u2603")


def test_the_key_is_for_its_owner_alone_and_made_once_by_many_at_a_time(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: Recognition(tmp_path).answer("0" * 32), range(40)))

    assert len(set(made)) == 1
    assert [path.name for path in tmp_path.iterdir()] == [KEY_NAME]
    assert (tmp_path / KEY_NAME).stat().st_mode & 0o777 == 0o600


def test_a_folder_that_cannot_be_used_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(ConfigError, match="cannot be used"):
        Recognition(tmp_path / "file")
