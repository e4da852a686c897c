"""The keys to an account on an exchange: read with care, never shown."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

from typing_extensions import override

from core.errors import ConfigError
from utils.hidden import hide

NAMES: Final = ("key", "secret")
PRIVATE: Final = 0o600


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """What opens an account. Made once, it is left out of every log line and error.

    Promise: neither ``repr``, ``str`` nor a traceback shows it, and it cannot be pickled.
    """

    key: str
    secret: str

    def __post_init__(self) -> None:
        hide(self.key, self.secret)

    @override
    def __repr__(self) -> str:
        return "Keys(***)"

    @override
    def __reduce__(self) -> NoReturn:
        raise TypeError("keys are not written down: read them again where they are needed")


def given_keys(key: str, secret: str, file: Path | None) -> Keys | None:
    """Return the keys that the settings give, or None when they give none.

    Args:
        key: of EXCHANGE_KEY, or empty.
        secret: of EXCHANGE_SECRET, or empty.
        file: one with lines ``key=…`` and ``secret=…``, or None.

    Raises:
        ConfigError: half of them are missing, they are given twice, or the file cannot be used.
    """
    if file is not None:
        if key or secret:
            raise ConfigError(
                "the keys of the exchange are given twice: keep either EXCHANGE_KEY and "
                f"EXCHANGE_SECRET or EXCHANGE_KEY_FILE, which is {file}"
            )
        return read_key_file(file)
    if not key and not secret:
        return None
    if not key or not secret:
        given, missing = ("EXCHANGE_KEY", "EXCHANGE_SECRET")[:: 1 if key else -1]
        raise ConfigError(f"{given} is set and {missing} is not: a key needs both")
    return Keys(key, secret.replace("\\n", "\n"))


def read_key_file(path: Path) -> Keys:
    """Return the keys in the file at *path*, which nobody but its owner may read.

    Raises:
        ConfigError: it cannot be read, others may read it, or a line is missing or strange.
    """
    found: dict[str, str] = {}
    for number, line in enumerate(_private_text(path).splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, equals, value = line.partition("=")
        name = name.strip().lower()
        if not equals or name not in NAMES or name in found:
            raise ConfigError(  # the line itself may be the secret
                f"line {number} of {path} is not understood: it must hold one line key=… and one "
                "line secret=…"
            )
        found[name] = value.strip()
    missing = [f"{name}=…" for name in NAMES if not found.get(name)]
    if missing:
        raise ConfigError(f"{path} must hold a line {' and a line '.join(missing)}")
    return Keys(found["key"], found["secret"].replace("\\n", "\n"))


def _private_text(path: Path) -> str:
    """Return the text of the file at *path* if only its owner may read it.

    Raises:
        ConfigError: it is not so.
    """
    try:
        with path.open(encoding="utf-8") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if mode != PRIVATE:
                raise ConfigError(
                    f"{path} must be for its owner alone, for it opens an account, and its mode "
                    f"is {mode:04o}: say chmod 600 {path}"
                )
            return file.read()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise ConfigError(f"exchange_key_file {path} cannot be read: {why}") from None
