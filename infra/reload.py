"""Settings that change while a process runs: read again whole, then swapped, or left as they are.

What a process must have had at its start stays until the next one, and is told by name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

from typing_extensions import override

from core.errors import ConfigError
from infra.setting_catalogue import Setting, catalogue, differing
from infra.setting_page import PAGE_FILE
from infra.settings import KEYLESS, Loaded, Settings, Sources, given_to_us

# what our launcher gives some processes and hides from others, whatever files say
FIXED: Final = (
    *(name.lower() for name in KEYLESS), "telegram_bot_token", "telegram_webapp_key", "reset_paper",
)  # fmt: skip
MOST_WORDS: Final = 60


class Turn(NamedTuple):
    """A setting that is not what it was."""

    setting: Setting
    before: Any
    after: Any

    @override
    def __str__(self) -> str:
        """Return it for the log and for the page."""
        known = self.setting
        before, after = (known.words(value)[:MOST_WORDS] for value in (self.before, self.after))
        return known.name if known.is_secret else f"{known.name} {before} → {after}"


@dataclass(frozen=True, slots=True)
class Change:
    """What a reload brings.

    Attributes:
        settings: to be in force from now on.
        loaded: what was read, with where it is from.
        turned: what is taken over.
        waiting: what is not, before the next start.
    """

    settings: Settings
    loaded: Loaded
    turned: Sequence[Turn]
    waiting: Sequence[Turn]

    @property
    def text(self) -> str:
        """What was taken over and what was not, for the log."""
        parts = [f"Taken over: {', '.join(map(str, self.turned))}." if self.turned else ""]
        if self.waiting:
            parts.append(f"At the next start: {', '.join(map(str, self.waiting))}.")
        return " ".join(filter(None, parts)) or "Nothing has changed."


class Reload:
    """The settings in force in one process, and what they are read from.

    Promise: what is wrong is refused whole, and changes nothing; nothing is half taken over.
    """

    def __init__(self, settings: Settings, sources: Sources | None = None) -> None:
        """Begin with *settings*, those of this start, to be read again from *sources*.

        Those of a process of ours, as its environment tells, unless they are given.
        """
        self.settings = settings
        self.sources = sources or _own_sources(settings)
        self._started_with = settings
        self._seen: tuple[int, ...] | None = (-1,)

    @property
    def page_path(self) -> Path:
        """Where the page keeps what owners change."""
        return self.settings.data_dir / PAGE_FILE

    def page_changed(self) -> bool:
        """Tell whether the page's file is another one than at the last call, the first too."""
        seen, self._seen = self._seen, _stamp(self.page_path)
        return seen != self._seen

    def read(self, page: Mapping[str, Any] | None = None) -> Change:
        """Return what would change now; nothing has yet.

        Args:
            page: what the page would have in its file; that file is read unless it is given.

        Raises:
            SettingsRefused: something is wrong; one sentence a line, all at once.
        """
        loaded = self.sources.read(page)
        fresh = loaded.settings
        live = {known.path[0] for known in catalogue().values() if known.is_live}
        settings = self.settings.model_copy(update={n: getattr(fresh, n) for n in sorted(live)})
        turn = partial(_turn, before=self.settings, after=fresh)
        waiting = [turn(known) for known in differing(self._started_with, fresh)]
        return Change(
            settings, loaded,
            turned=[turn(known) for known in differing(self.settings, settings)],
            waiting=[one for one in waiting if not one.setting.is_live],
        )  # fmt: skip

    def take(self, change: Change) -> None:
        """Let what *change* brings be in force."""
        self.settings = change.settings


def _turn(setting: Setting, before: Settings, after: Settings) -> Turn:
    return Turn(setting, setting.of(before), setting.of(after))


def _own_sources(settings: Settings) -> Sources:
    given = given_to_us()
    fixed = {} if given is None else {name: getattr(settings, name) for name in FIXED}
    return Sources(given=given, fixed=fixed)


def _stamp(path: Path) -> tuple[int, ...] | None:
    """Return what tells one version of a file from another, None without a file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def refusal(error: ConfigError) -> str:
    """Return what to say of settings that were refused."""
    return " ".join(f"{line}." for line in str(error).splitlines()) + " Nothing was changed."
