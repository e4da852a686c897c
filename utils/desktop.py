"""The person's desktop, if there is one."""

import contextlib
import os
import sys
import webbrowser


def open_in_browser(url: str) -> bool:
    """Open *url* in the person's browser; return whether there was a desktop to open it on.

    Without a display a text browser would take the terminal over, so nothing is opened then.
    """
    has_display = any(name in os.environ for name in ("DISPLAY", "WAYLAND_DISPLAY"))
    if sys.platform != "darwin" and not has_display:
        return False
    with contextlib.suppress(webbrowser.Error):
        return webbrowser.open(url)
    return False
