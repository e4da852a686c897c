"""Init data as Telegram signs it, by another hand than the one that checks it.

Source: https://core.telegram.org/bots/webapps#validating-data-received-via-the-mini-app
"""

import hashlib
import hmac
import json
from urllib.parse import quote

TOKEN = "1234567:made-up-token-of-a-test"
ADA = {
    "id": 424242,
    "first_name": "Ada",
    "last_name": "Ünal 🚀",
    "username": "ada",
    "language_code": "en",
}


def derived_key(token: str = TOKEN) -> str:
    return hmac.new(b"WebAppData", token.encode(), hashlib.sha256).hexdigest()


def launch(at_s: int, user: object = ADA, *, token: str = TOKEN, **more: str) -> dict[str, str]:
    """Return signed fields, the hash among them."""
    text = user if isinstance(user, str) else json.dumps(user, ensure_ascii=False)
    fields = {"auth_date": str(at_s), "user": text, "query_id": "AAH", "signature": "c2ln", **more}
    return {**fields, "hash": sign(fields, token)}


def sign(fields: dict[str, str], token: str = TOKEN) -> str:
    lines = "\n".join(f"{name}={fields[name]}" for name in sorted(fields) if name != "hash")
    return hmac.new(bytes.fromhex(derived_key(token)), lines.encode(), hashlib.sha256).hexdigest()


def written(fields: dict[str, str]) -> str:
    """Return *fields* as the query string a page gets."""
    return "&".join(
        f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in fields.items()
    )
