"""How the Bot API refuses. Source: https://core.telegram.org/bots/api#making-requests"""

from typing import Any


class ApiError(Exception):
    """An answer with ``ok: false``."""

    def __init__(self, status: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.parameters = parameters

    @property
    def body(self) -> dict[str, Any]:
        body = {"ok": False, "error_code": self.status, "description": self.description}
        return {**body, "parameters": self.parameters} if self.parameters else body


def bad_request(text: str) -> ApiError:
    return ApiError(400, f"Bad Request: {text}")


def too_many(retry_after: int) -> ApiError:
    text = f"Too Many Requests: retry after {retry_after}"
    return ApiError(429, text, retry_after=retry_after)
