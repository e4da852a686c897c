"""How the Redis server of the bus is, as it tells of itself."""

from typing import Any, Final

TIMEOUT_S: Final = 1.0
HIDDEN: Final = "Redis does not say how it is: {why}"


class RedisInfo:
    """Asks the server; needs the package redis, which is there where a bus uses it.

    Promise: a server that does not answer within `TIMEOUT_S`, or refuses, is told of as such.
    """

    def __init__(self, url: str) -> None:
        """Prepare to ask the server at *url*; nothing is opened yet."""
        import redis  # only where the bus is Redis

        self._trouble = redis.RedisError
        self._client = redis.Redis.from_url(
            url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S
        )
        self._before: tuple[float, float] | None = None

    def sample(self, now_s: float) -> dict[str, Any]:
        """Return what differs from a process of which nothing is known; CPU since the last."""
        try:
            told: dict[str, Any] = self._client.info()
        except (self._trouble, OSError) as error:
            self._before = None
            why = type(error).__name__
            return {"status": "away", "note": HIDDEN.format(why=why), "uptime_s": None}
        cpu_s = float(told.get("used_cpu_sys", 0)) + float(told.get("used_cpu_user", 0))
        before, self._before = self._before, (cpu_s, now_s)
        cpu_pct = None
        if before is not None and now_s > before[1]:
            cpu_pct = round(max(0.0, 100 * (cpu_s - before[0]) / (now_s - before[1])), 2)
        return {
            "status": "up",
            "pid": told.get("process_id"),
            "rss_bytes": told.get("used_memory_rss"),
            "uptime_s": told.get("uptime_in_seconds"),
            "cpu_pct": cpu_pct,
            "note": f"Redis {told.get('redis_version')}, clients: {told.get('connected_clients')}.",
        }

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()
