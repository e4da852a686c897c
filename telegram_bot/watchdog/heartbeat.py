"""Tells a service outside this machine that all is well, so that it can tell when that ends.

Source: https://healthchecks.io/docs/http_api/
"""

import logging
from typing import Final

import httpx

EVERY_S: Final = 60.0
TIMEOUT_S: Final = 10.0

log = logging.getLogger(__name__)


class Heartbeat:
    """Pings a URL, which is a secret: who knows it can ping for us."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._is_failing = False

    async def beat(self, *, is_well: bool) -> None:
        """Say how it is; that it cannot be said is logged once, and changes nothing else."""
        if not self._url:
            return
        url = self._url if is_well else f"{self._url}/fail"
        try:
            async with httpx.AsyncClient(timeout=TIMEOUT_S) as client:
                answer = await client.get(url)
            why = "" if answer.is_success else f"it answered {answer.status_code}"
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            why = type(error).__name__
        if why and not self._is_failing:
            log.warning("HEARTBEAT_URL cannot be pinged, trying again each minute: %s", why)
        if not why and self._is_failing:
            log.info("HEARTBEAT_URL can be pinged again")
        self._is_failing = bool(why)
