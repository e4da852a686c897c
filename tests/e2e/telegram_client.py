"""A Telegram client as a page sees one: opens it, holds its bridge, answers its windows."""

import hashlib
import hmac
import html
import json
import time
from typing import Any
from urllib.parse import quote, urlencode

from playwright.sync_api import BrowserContext, Page, Route

from tests.e2e.stage import Stage
from tests.telegram_script import telegram_script

TOKEN = "7000000001:AAE-token_of_a_bot_that_only_tests_know"
SCRIPT = "https://telegram.org/js/telegram-web-app.js"
ADA = {"id": 424242, "first_name": "Ada", "username": "ada", "language_code": "en"}

THEMES = {
    "dark": {
        "bg_color": "#17212b", "secondary_bg_color": "#232e3c", "text_color": "#f5f5f5",
        "hint_color": "#708499", "link_color": "#6ab3f3", "button_color": "#5288c1",
        "button_text_color": "#ffffff", "section_bg_color": "#17212b",
        "section_separator_color": "#111921", "accent_text_color": "#6ab2f2",
        "header_bg_color": "#17212b", "bottom_bar_bg_color": "#17212b",
        "subtitle_text_color": "#708499", "destructive_text_color": "#ec3942",
    },
    "light": {
        "bg_color": "#ffffff", "secondary_bg_color": "#efeff4", "text_color": "#000000",
        "hint_color": "#8e8e93", "link_color": "#007aff", "button_color": "#007aff",
        "button_text_color": "#ffffff", "section_bg_color": "#ffffff",
        "section_separator_color": "#c8c7cc", "accent_text_color": "#007aff",
        "header_bg_color": "#f8f8f8", "bottom_bar_bg_color": "#f2f2f2",
        "subtitle_text_color": "#8e8e93", "destructive_text_color": "#ff3b30",
    },
}  # fmt: skip

# What iOS and Android put into a page: it takes what the page says to the client.
BRIDGE = """
  window.posted = [];
  window.TelegramWebviewProxy = {
    postEvent: (name, data) => window.posted.push([name, JSON.parse(data)]),
  };
"""


def sign(fields: dict[str, str], token: str = TOKEN) -> str:
    """Return initData with these *fields*, signed as Telegram signs it.

    Source: https://core.telegram.org/bots/webapps#validating-data-received-via-the-mini-app
    """
    text = "\n".join(f"{name}={value}" for name, value in sorted(fields.items()))
    key = hmac.new(b"WebAppData", token.encode(), hashlib.sha256).digest()
    proof = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    return urlencode({**fields, "hash": proof}, quote_via=quote)


def init_data(user: dict[str, Any] | None = None, *, age_s: int = 0, **more: str) -> str:
    """Return what a client hands to the page for *user*."""
    said = json.dumps(user or ADA, separators=(",", ":"), ensure_ascii=False)
    at = str(int(time.time()) - age_s)
    return sign({"user": said, "auth_date": at, "chat_type": "private", **more})


class Client:
    """One client with the page in it."""

    def __init__(
        self,
        page: Page,
        stage: Stage,
        *,
        theme: str = "dark",
        version: str = "8.0",
        platform: str = "ios",
    ) -> None:
        self.page = page
        self.stage = stage
        self.theme, self.version, self.platform = theme, version, platform

    def address(self, path: str = "", said: str | None = None) -> str:
        """Return the address that the client opens."""
        params = {
            "tgWebAppData": init_data() if said is None else said,
            "tgWebAppVersion": self.version,
            "tgWebAppPlatform": self.platform,
            "tgWebAppThemeParams": json.dumps(THEMES[self.theme]),
        }
        return f"{self.stage.url}{path}#{urlencode(params, quote_via=quote)}"

    def open(self, path: str = "", said: str | None = None) -> Page:
        """Open the page."""
        self.page.goto(self.address(path, said))
        return self.page

    def live(self, path: str = "", said: str | None = None) -> Page:
        """Open the page and wait until its figures move and the client's script is there."""
        self.open(path, said)
        self.page.locator(".conn[data-tone=live]").wait_for()
        self.wait_script()
        return self.page

    def wait_script(self) -> None:
        """Wait until the page has spoken to the client."""
        self.wait_posted("web_app_ready")

    def posted(self, name: str) -> list[Any]:
        """Return what the page said under *name*, oldest first."""
        script = "(name) => window.posted.filter(([n]) => n === name).map(([, data]) => data)"
        return list(self.page.evaluate(script, name))

    def wait_posted(self, name: str, **has: Any) -> Any:
        """Wait until the page's last word under *name* has these members; return it."""
        script = """([name, has]) => {
          const last = window.posted.filter(([n]) => n === name).at(-1)?.[1];
          return last !== undefined && Object.keys(has).every((key) => last[key] === has[key]);
        }"""
        self.page.wait_for_function(script, arg=[name, has])
        return self.posted(name)[-1]

    def say(self, event: str, data: Any = None) -> None:
        """Tell the page an event of the client's."""
        self.page.evaluate("([n, d]) => Telegram.WebView.receiveEvent(n, d)", [event, data])


def let_script(context: BrowserContext) -> None:
    """Let a context have Telegram's script, and nothing else from elsewhere."""
    path = telegram_script()

    def give(route: Route) -> None:
        route.fulfill(path=str(path), content_type="application/javascript")

    context.route(f"{SCRIPT}*", give)


FRAME = """<!doctype html><title>Telegram Web</title>
<link rel="icon" href="data:,">
<style>body { margin: 0 } iframe { border: 0; width: 390px; height: 800px }</style>
<script>
  window.posted = [];
  addEventListener("message", ({ data }) => {
    const { eventType, eventData } = JSON.parse(data);
    window.posted.push([eventType, eventData]);
  });
</script>
<iframe sandbox="allow-scripts allow-same-origin allow-popups allow-forms allow-modals" src="{src}">
</iframe>"""
WEB = "https://web.telegram.org/k/"


def frame(context: BrowserContext, address: str) -> None:
    """Let Telegram Web show *address* in its frame, whose sandbox allows no downloads."""
    body = FRAME.replace("{src}", html.escape(address))
    context.route(WEB, lambda route: route.fulfill(content_type="text/html", body=body))
