"""Asks the web process how it is, over HTTP."""

import asyncio
import contextlib
import json
from typing import Any

TIMEOUT_S = 2.0


async def ask_health(host: str, port: int) -> dict[str, Any] | None:
    """Return what ``/api/health`` says, or None when nobody answers sensibly."""
    with contextlib.suppress(OSError, TimeoutError, ValueError):
        async with asyncio.timeout(TIMEOUT_S):
            head, _, body = (await _get(host, port)).partition(b"\r\n\r\n")
            answer = json.loads(body)
            if head and isinstance(answer, dict):
                return answer
    return None


async def _get(host: str, port: int) -> bytes:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        name = f"[{host}]" if ":" in host else host
        request = f"GET /api/health HTTP/1.0\r\nHost: {name}:{port}\r\nConnection: close\r\n\r\n"
        writer.write(request.encode())
        return await reader.read()
    finally:
        writer.close()
