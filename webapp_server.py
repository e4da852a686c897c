"""The web process: `python webapp_server.py` serves the dashboard until it is told to stop."""

if __name__ == "__main__":
    from utils.parent_watch import exit_with_parent
    from utils.terminal import hold_hangups

    hold_hangups()
    exit_with_parent()  # needs a real thread, so before gevent patches them away

    from gevent import monkey

    monkey.patch_all()

import sys

from core.errors import ConfigError
from infra.logging import setup_logging
from infra.settings import load_settings
from telegram_webapp.server import DashboardServer


def main() -> int:
    """Serve; return the exit code."""
    try:
        settings = load_settings({})
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    setup_logging("web", settings.log_level, settings.log_format, settings.log_dir)
    DashboardServer(settings).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
