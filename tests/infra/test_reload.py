"""Settings that are read again: whole, or not at all."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, get_args, get_origin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.reload import FIXED, Reload, refusal
from infra.setting_catalogue import Setting, catalogue
from infra.setting_given import GIVEN, Given
from infra.setting_page import PAGE_FILE, read_page, write_page
from infra.settings import YAML_FILE, Settings, SettingsRefused, Sources, load_settings
from telegram_webapp.settings_desk import changed
from utils.terminal import Terminal

# groups whose settings must fit together, too
BOUND = ("risk", "anomalies")
NOWHERE = Path("/nowhere")


@contextmanager
def unset() -> Iterator[pytest.MonkeyPatch]:
    """Lend an environment in which no setting is given."""
    with pytest.MonkeyPatch.context() as patch:
        for setting in catalogue().values():
            patch.delenv(setting.variable, raising=False)
        patch.delenv(GIVEN, raising=False)
        yield patch


def values(setting: Setting) -> st.SearchStrategy[Any]:
    """Return values that *setting* may have, as the page sends them."""
    known: Any = setting.field
    low = next((one.ge for one in known.metadata if hasattr(one, "ge")), 10)
    high = next((one.le for one in known.metadata if hasattr(one, "le")), 86_400)
    if known.annotation is bool:
        return st.booleans()
    if known.annotation is int:
        return st.integers(low, high)
    if known.annotation is Decimal:
        return st.decimals(low, high, places=2).map(str)
    if get_origin(known.annotation) is Literal:
        return st.sampled_from(get_args(known.annotation))
    return st.lists(st.sampled_from(["engine", "web", "redis"]), unique=True)


FREE = {
    name: values(one)
    for name, one in catalogue().items()
    if one.is_live and one.path[0] not in BOUND
}
CHANGES = st.fixed_dictionaries({}, optional=FREE)


@given(first=CHANGES, second=CHANGES)
def test_what_may_be_survives_being_written_and_read(
    first: dict[str, Any], second: dict[str, Any]
) -> None:
    with TemporaryDirectory() as folder, unset():
        path = Path(folder) / PAGE_FILE
        reload = Reload(Settings(), Sources({"data_dir": folder}, NOWHERE))
        for changes in (first, second):
            page = changed(read_page(path, Settings), changes)
            write_page(path, page)
            change = reload.read()
            assert change.settings == reload.read(page).settings
            reload.take(change)
        for name, value in {**first, **second}.items():
            told = catalogue()[name].of(reload.settings)
            assert told == (Decimal(value) if isinstance(told, Decimal) else value), name
        cleared = changed(read_page(path, Settings), dict.fromkeys({**first, **second}))
        assert cleared == {}


@given(good=CHANGES, bad=st.sampled_from(["publish_hz", "risk.leverage", "log_level", "nope"]))
def test_one_that_may_not_be_changes_nothing(good: dict[str, Any], bad: str) -> None:
    with TemporaryDirectory() as folder, unset():
        reload = Reload(Settings(), Sources({"data_dir": folder}, NOWHERE))
        before = reload.settings

        with pytest.raises(SettingsRefused) as refused:
            reload.read(changed({}, {**good, bad: -1}))

        assert set(refused.value.faults) == {bad}
        assert refusal(refused.value).endswith(". Nothing was changed.")
        assert reload.settings is before


def test_what_needs_a_start_waits_and_is_named(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    file = tmp_path / YAML_FILE
    with unset():
        reload = Reload(Settings(), Sources(root=tmp_path))
        file.write_text("seed: 8\npublish_hz: 9\ndatabase_url: postgresql://me:s3@h/d\n")

        change = reload.read()

        assert [str(turn) for turn in change.turned] == ["publish_hz 4 → 9"]
        assert change.text == (
            "Taken over: publish_hz 4 → 9. At the next start: seed 7 → 8, "
            "database_url none → postgresql://me:***@h/d."
        )
        assert change.settings.seed == 7


def test_a_child_of_the_launcher_keeps_what_it_was_started_with(tmp_path: Path) -> None:
    """The launcher hands every setting down; what a person gave still wins over the files."""
    (tmp_path / "config").mkdir()
    (tmp_path / YAML_FILE).write_text("log_level: DEBUG\npublish_hz: 9\nbroker: live\n")
    with unset() as patch:
        patch.setenv("PUBLISH_HZ", "3")
        above = Sources({"seed": "5"}, tmp_path / "elsewhere").read()
        for name, value in above.settings.environment().items():
            patch.setenv(name, value)
        started = load_settings(root=NOWHERE)
        kept = {name: getattr(started, name) for name in FIXED}

        change = Reload(started, Sources({}, tmp_path, Given.read(above.given), kept)).read()

        assert Given.read(above.given) == Given(("publish_hz",), ("seed",))
        assert [str(turn) for turn in change.turned] == ["log_level INFO → DEBUG"]
        assert change.waiting == []
        layers = {name: change.loaded.layer_of([name]) for name in ("publish_hz", "seed")}
        assert {name: layer and layer.kind for name, layer in layers.items()} == {
            "publish_hz": "environment", "seed": "flag",
        }  # fmt: skip


def test_a_page_that_cannot_be_read_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with unset():
        (tmp_path / PAGE_FILE).write_text("dashboard_port: 1\n")
        with pytest.raises(SettingsRefused, match=r"dashboard_port in .* is not for the page"):
            Sources({"data_dir": str(tmp_path)}, NOWHERE).read()


def test_a_terminal_is_gone_only_for_whoever_had_one() -> None:
    """A child without a terminal never had one; one at a terminal sees it go."""
    leader, follower = os.openpty()
    child = os.fork()
    if child == 0:
        os.setsid()
        never = Terminal()
        os.login_tty(follower)
        had = Terminal()
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        there = not had.is_gone
        os.close(leader)
        os._exit(0 if there and had.is_gone and not never.is_gone else 1)
    os.close(follower)
    os.close(leader)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
