"""The tunnel by ngrok: its agent started, its address learnt, its errors in plain words.

Source: https://ngrok.com/docs/agent/config/v3 and https://ngrok.com/docs/errors
"""

import contextlib
import io
import logging
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml
from pyngrok import conf, ngrok, process
from pyngrok.exception import PyngrokError, PyngrokNgrokError, PyngrokNgrokInstallError

from core.errors import QuarterdeckError
from infra.settings import Settings
from utils.addresses import local_url
from utils.files import atomic_write, make_private_folder

START_S: Final = 20
# beyond START_S: an agent that writes nothing at all would be waited for without end
HANGS_S: Final = 30
OLDEST: Final = (3, 30)  # the first with the API that pyngrok speaks
CONFIG_NAME: Final = "ngrok.yml"
DASHBOARD: Final = "https://dashboard.ngrok.com"
CODE: Final = re.compile(r"ERR_NGROK_(\d+)")
NO_NETWORK: Final = re.compile(
    r"no such host|dial tcp|i/o timeout|connection refused|unreachable|failed to dial|timed? ?out",
    re.IGNORECASE,
)
TOKEN_PAGE: Final = f"{DASHBOARD}/get-started/your-authtoken"
SENTENCES: Final = {
    "105": f"ngrok does not know this authtoken: copy it anew from {TOKEN_PAGE}",
    "107": f"this authtoken of ngrok was revoked: copy another from {TOKEN_PAGE}",
    "108": f"too many agents of this ngrok account run: stop another one, see {DASHBOARD}/agents",
    "120": "the ngrok agent is too old: run 'ngrok update'",
    "121": "the ngrok agent is too old: run 'ngrok update'",
    "318": "NGROK_DOMAIN must be a domain of this ngrok account",
    "319": "NGROK_DOMAIN must be a domain of this ngrok account",
    "320": "NGROK_DOMAIN must be a domain of this ngrok account",
    "334": (
        "the domain is in use by another agent of this ngrok account: stop that one, or set "
        "NGROK_DOMAIN to another domain of the account"
    ),
    "725": f"the month's data of this ngrok account is used up, see {DASHBOARD}/usage",
    "726": f"the month's data of this ngrok account is used up, see {DASHBOARD}/usage",
    "727": f"the month's requests of this ngrok account are used up, see {DASHBOARD}/usage",
    "4018": f"ngrok wants an account's token: set NGROK_AUTHTOKEN to that of {TOKEN_PAGE}",
}
UNREACHABLE: Final = "ngrok's service cannot be reached: is there a network, and does it let it?"


class TunnelError(QuarterdeckError):
    """There is no tunnel now; trying again may help, or the text says what does."""


class Ngrok:
    """One agent with one endpoint that leads to the page.

    Promise: the account's token is in a file for its owner alone, while the agent runs; never in
    a command line, in our log or in an error. The agent keeps no copy of requests.
    """

    def __init__(self, settings: Settings) -> None:
        """Prepare; nothing runs yet."""
        # its messages repeat the agent's, which may quote the token
        logging.getLogger("pyngrok").setLevel(logging.CRITICAL + 1)
        self._settings = settings
        self._token = account_token(settings)
        own = settings.data_dir / "ngrok" / "ngrok"
        self._program = settings.ngrok_path or own
        self._config_path = settings.run_dir / CONFIG_NAME
        self._config = conf.PyngrokConfig(
            ngrok_path=str(self._program),
            config_path=str(self._config_path),
            startup_timeout=START_S,
        )
        self._config.auth_token = None  # pyngrok would hand it on in the command line

    @property
    def must_download(self) -> bool:
        """Whether the agent is not on this machine yet."""
        return not self._program.exists()

    def open(self) -> str:
        """Start the agent and its endpoint; return the public URL.

        Raises:
            TunnelError: there is none.
        """
        if not self._token:
            raise TunnelError(SENTENCES["4018"])
        try:
            with _told_by_alarm(), contextlib.redirect_stdout(io.StringIO()):
                self._write_config()
                ngrok.install_ngrok(self._config)
                self._require_version()
                tunnel = ngrok.connect(
                    _upstream(self._settings), pyngrok_config=self._config, **self._wishes()
                )
        except (PyngrokError, OSError) as error:
            self.close()
            raise TunnelError(self._sentence(error)) from None
        except TunnelError:
            self.close()
            raise
        return f"{str(tunnel.public_url).rstrip('/')}/"

    def urls(self) -> list[str]:
        """Return where the endpoint is found now: nothing while the agent has no connection.

        Raises:
            TunnelError: the agent is gone, or does not answer.
        """
        if not process.is_process_running(self._config.ngrok_path):
            raise TunnelError("the ngrok agent ended")
        try:
            tunnels = ngrok.get_tunnels(self._config)
        except (PyngrokError, OSError, ValueError) as error:
            raise TunnelError(f"the ngrok agent does not answer: {type(error).__name__}") from None
        return [f"{str(tunnel.public_url).rstrip('/')}/" for tunnel in tunnels]

    def close(self) -> None:
        """End the agent and remove the file with the token."""
        with contextlib.suppress(PyngrokError, OSError):
            ngrok.kill(self._config)
        self._config_path.unlink(missing_ok=True)

    def _wishes(self) -> dict[str, Any]:
        domain = self._settings.ngrok_domain
        return {"name": "quarterdeck", **({"url": f"https://{domain}"} if domain else {})}

    def _write_config(self) -> None:
        agent = {
            **own_agent_settings(), "authtoken": self._token, "inspect_db_size": -1,
            "update_check": False, "log_level": "info", "log_format": "term",
        }  # fmt: skip
        make_private_folder(self._config_path.parent)
        text = yaml.safe_dump({"version": "3", "agent": agent})
        atomic_write(self._config_path, text.encode())

    def _require_version(self) -> None:
        """See that the agent is one we can talk to.

        Raises:
            TunnelError: it is too old, or no agent.
        """
        said = process.capture_run_process(self._config.ngrok_path, ["--version"])
        found = re.search(r"(\d+)\.(\d+)\.\d+", said)
        if found is None:
            raise TunnelError(f"{self._program} must be ngrok's agent, but says no version")
        if tuple(map(int, found.groups())) < OLDEST:
            raise TunnelError(
                f"the ngrok agent {self._program} must be 3.30 or newer, was {found[0]}: "
                "run 'ngrok update'"
            )

    def _sentence(self, error: Exception) -> str:
        if isinstance(error, PyngrokNgrokInstallError):
            return (
                "the ngrok agent could not be downloaded from bin.ngrok.com: install it yourself "
                "(https://ngrok.com/download) and set NGROK_PATH"
            )
        said = (isinstance(error, PyngrokNgrokError) and error.ngrok_error) or str(error)
        return sentence(said, self._token)


def sentence(said: str, token: str = "") -> str:
    """Return what the agent said, in one sentence of ours where we have one, without *token*."""
    code = CODE.search(said)
    if code is not None and code[1] in SENTENCES:
        return SENTENCES[code[1]]
    if code is None and NO_NETWORK.search(said):
        return UNREACHABLE
    first = re.split(r"\\r|\\n|[\r\n]", said.replace(token or "\0", "***"))[0].strip()
    page = f", see https://ngrok.com/docs/errors/err_ngrok_{code[1]}" if code else ""
    return f"ngrok refused: {first[:200]}{page}"


def account_token(settings: Settings) -> str:
    """Return the account's token: the setting's, else that of an agent's own configuration."""
    token = settings.ngrok_authtoken.get_secret_value()
    return token or str(own_agent_settings().get("authtoken") or "")


def own_agent_settings() -> dict[str, Any]:
    """Return how an agent that is installed was set up by its owner, as version 3 words it."""
    try:
        text = Path(conf.DEFAULT_NGROK_CONFIG_PATH).read_text(encoding="utf-8")
        found = yaml.safe_load(text)
    except (OSError, ValueError, yaml.YAMLError):
        return {}
    if not isinstance(found, dict):
        return {}
    if str(found.get("version")) != "3":
        return {"authtoken": found["authtoken"]} if found.get("authtoken") else {}
    agent = found.get("agent")
    return agent if isinstance(agent, dict) else {}


def _upstream(settings: Settings) -> str:
    return local_url(settings.dashboard_host, settings.dashboard_port).rstrip("/")


@contextlib.contextmanager
def _told_by_alarm() -> Iterator[None]:
    """End what lasts longer than any start, even while it reads from a silent agent.

    Raises:
        TunnelError: it did.
    """

    def ring(*_: object) -> None:
        raise TunnelError("the ngrok agent started, but never said anything")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, HANGS_S + START_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
