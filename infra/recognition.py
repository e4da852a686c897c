"""How this instance's processes recognise each other, when asked through the whole world.

The launcher asks a public address with a random challenge. Only who can read the key in the
data folder can answer it, and the answer tells nobody else anything.
"""

import hashlib
import hmac
import os
import re
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final

from core.errors import ConfigError
from utils.files import make_private_folder

KEY_NAME: Final = "instance.key"
KEY_BYTES: Final = 32
CHALLENGE: Final = re.compile(r"[0-9a-f]{32}")


class Recognition:
    """Answers challenges, and knows a right answer."""

    def __init__(self, run_dir: Path) -> None:
        """Read the key of the data folder that *run_dir* is in, or make it.

        Raises:
            ConfigError: the folder cannot be used.
        """
        try:
            self._key = _key(run_dir)
        except OSError as error:
            raise ConfigError(f"data folder {run_dir.parent} cannot be used: {error}") from error

    @staticmethod
    def new_challenge() -> str:
        """Return a challenge that was never used."""
        return secrets.token_hex(16)

    def ask(self, challenge: str) -> str:
        """Return what goes with *challenge* to show that one of us asks."""
        return self._sign("ask", challenge)

    def answer(self, challenge: str) -> str:
        """Return what answers *challenge*."""
        return self._sign("answer", challenge)

    def is_one_of_us(self, challenge: str, ask: str) -> bool:
        """Tell whether *ask* goes with *challenge*."""
        return hmac.compare_digest(ask.encode(), self.ask(challenge).encode())

    def _sign(self, purpose: str, challenge: str) -> str:
        text = f"{purpose}:{challenge}".encode()
        return hmac.new(self._key, text, hashlib.sha256).hexdigest()


def _key(run_dir: Path) -> bytes:
    """Return the key in *run_dir*; of two who make it at once, one wins.

    Raises:
        OSError: it can neither be read nor made.
    """
    make_private_folder(run_dir)
    path = run_dir / KEY_NAME
    if not path.exists():
        new = run_dir / f".{KEY_NAME}.{secrets.token_hex(8)}"
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
        with suppress(FileExistsError):
            os.link(new, path)
        new.unlink()
    return path.read_bytes()
