"""The cookie that holds a browser's session."""

from flask import Request, Response


class SessionCookie:
    """A cookie no script can read and no other site can send along with a change.

    Its name has the port in it: cookies ignore ports, and two instances on one machine must not
    sign each other's visitors out. It goes only to the path that the page lives under.
    """

    def __init__(self, port: int) -> None:
        self.name = f"quarterdeck_{port}"

    def read(self, request: Request) -> str | None:
        """Return the secret that *request* carries."""
        return request.cookies.get(self.name)

    def give(self, request: Request, response: Response, secret: str, life_ms: int) -> None:
        """Have the browser keep *secret* for *life_ms*."""
        response.set_cookie(
            self.name,
            secret,
            path=f"{request.root_path}/",
            max_age=life_ms // 1000,
            secure=request.is_secure,
            httponly=True,
            samesite="Lax",
        )

    def take(self, request: Request, response: Response) -> None:
        """Have the browser forget it."""
        response.delete_cookie(
            self.name,
            path=f"{request.root_path}/",
            secure=request.is_secure,
            httponly=True,
            samesite="Lax",
        )
