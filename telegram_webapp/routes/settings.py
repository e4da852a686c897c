"""The settings in force, where each is from, and changing those that need no start; for owners."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final, Literal, get_args, get_origin

import msgspec
from flask import Blueprint, Response

from infra.reload import Change
from infra.setting_catalogue import Setting, catalogue
from infra.setting_words import setting_words
from infra.settings import SettingsRefused
from store.access import Role
from telegram_webapp.auth.guard import current_identity
from telegram_webapp.auth.needs import requires
from telegram_webapp.body import read_body
from telegram_webapp.described import NO_DATABASE, Kept, Refusal, described
from telegram_webapp.offload import in_thread
from telegram_webapp.problems import Problem
from telegram_webapp.replies import reply
from telegram_webapp.settings_desk import Outdated, Source, source, version_of
from telegram_webapp.site import Site

Kind = Literal["whole", "number", "switch", "choice", "list", "text", "secret"]

REFUSED: Final = Refusal(
    422, "bad_settings", "settings are wrong: `faults` has a sentence for each"
)
OUTDATED: Final = Refusal(409, "changed_meanwhile", "they are not what they were at that version")
NOT_WRITTEN: Final = Refusal(503, "not_written", "they cannot be written down; nothing was changed")
GIVEN: Final = ("environment", "flag")
EXAMPLE: Final = {
    "version": "6f1ab02e9c5d4e7781f0a2b3",
    "trouble": "",
    "turned": [],
    "settings": [
        {
            "name": "risk.leverage", "section": "trading", "block": "risk",
            "about": "Limits that no strategy can pass.", "text": "That positions are opened with.",
            "kind": "whole", "rule": "a whole number from 1 to 125", "choices": [],
            "low": 1.0, "high": 125.0, "value": 3, "words": "3", "default": 5,
            "default_words": "5", "source": "page", "where": "risk.leverage in data/settings.yaml",
            "variable": "RISK__LEVERAGE", "is_live": True, "may_change": True, "next": None,
        }
    ],
}  # fmt: skip


class SettingChanges(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings by their dotted names with what they shall be; null takes the page's word back.

    ``version`` is that of the settings which were looked at.
    """

    version: str
    changes: dict[str, str | int | float | bool | list[str] | None]


class ShownSetting(msgspec.Struct, kw_only=True):
    """A setting.

    ``source`` is the place that it is from, ``where`` how it is called there; ``value`` is null
    for a secret, and for what only the engine knows. ``next`` is what it will be after the next
    start, null if that changes nothing; ``is_live`` whether it can be changed here.
    """

    name: str
    section: str
    block: str
    about: str
    text: str
    kind: Kind
    rule: str
    choices: list[str]
    low: float | None
    high: float | None
    value: Any
    words: str
    default: Any
    default_words: str
    source: Source
    where: str
    variable: str
    is_live: bool
    may_change: bool
    next: str | None


class ShownSettings(msgspec.Struct, kw_only=True):
    """Every setting, in the order of config/dashboards.yaml.

    ``trouble`` says why what is written down now could not be taken over, empty if it could;
    ``turned`` what this request changed.
    """

    version: str
    trouble: str
    settings: list[ShownSetting]
    turned: list[str] = []


def setting_routes(site: Site) -> Blueprint:
    """Serve the settings to owners."""
    blueprint = Blueprint("settings", __name__)
    desk = site.desk

    @blueprint.get("/api/settings")
    @requires(Role.OWNER)
    @described(answers=ShownSettings, example=EXAMPLE, kept=Kept.NEVER, problems=(REFUSED,))
    def settings() -> Response:
        """Return every setting with its value, where that is from, and what it must be.

        Secrets are shown to nobody. What cannot be read leaves those in force, and says why.

        Raises:
            Problem: they never could be read since this process started.
        """
        try:
            change, trouble = in_thread(desk.look)
        except SettingsRefused as error:
            raise Problem(422, REFUSED.code, str(error), about=_faults(error)) from error
        return reply(_shown(site, change, trouble))

    @blueprint.put("/api/settings")
    @requires(Role.OWNER)
    @described(
        body=SettingChanges, answers=ShownSettings, example=EXAMPLE,
        problems=(REFUSED, OUTDATED, NOT_WRITTEN, NO_DATABASE),
    )  # fmt: skip
    def change_settings() -> Response:
        """Change settings that need no start; all of them or none.

        Raises:
            Problem: one may not be changed or would be wrong, or somebody was faster.
        """
        wish = read_body(SettingChanges)
        return _answer(site, lambda: desk.put(wish.changes, wish.version, current_identity()))

    @blueprint.post("/api/settings/reload")
    @requires(Role.OWNER)
    @described(
        answers=ShownSettings, example=EXAMPLE, kept=Kept.NEVER,
        problems=(REFUSED, NOT_WRITTEN, NO_DATABASE),
    )  # fmt: skip
    def reload_settings() -> Response:
        """Read all settings again, in every process, as after a change of the files by hand.

        Raises:
            Problem: something is wrong there; nothing was changed.
        """
        return _answer(site, lambda: desk.again(current_identity()))

    return blueprint


def _answer(site: Site, act: Callable[[], Change]) -> Response:
    """Return the settings after *act*, and what it changed.

    Raises:
        Problem: it was refused.
    """
    try:
        change = act()
    except SettingsRefused as error:
        raise Problem(422, REFUSED.code, str(error), about=_faults(error)) from error
    except Outdated as error:
        detail = "somebody changed the settings since you looked: look again, then change them"
        raise Problem(409, OUTDATED.code, detail) from error
    except OSError as error:
        why = error.strerror or error
        detail = f"the settings cannot be written down: {why}. Nothing was changed"
        raise Problem(503, NOT_WRITTEN.code, detail) from error
    return reply(_shown(site, change, "", [str(turn) for turn in change.turned]))


def _faults(error: SettingsRefused) -> dict[str, Any]:
    return {"faults": dict(error.faults)}


def _shown(site: Site, change: Change, trouble: str, turned: list[str] | None = None) -> bytes:
    plain = site.settings.effective()
    waiting = {turn.setting.name: turn for turn in change.waiting}
    hidden = site.desk.reload.sources.fixed
    shown = []
    for name, setting in catalogue().items():
        words, layer = setting_words()[name], change.loaded.layer_of(setting.path)
        is_hidden = setting.is_secret or setting.path[0] in hidden
        value = setting.of(site.settings)
        turn = waiting.get(name)
        shown.append(ShownSetting(
            name=name, section=words.section, block=words.block, about=words.about,
            text=words.text, kind=_kind(setting), rule=setting.rule, choices=_choices(setting),
            low=_limit(setting, "ge"), high=_limit(setting, "le"),
            value=None if is_hidden else _plain(plain, setting),
            words="not shown" if is_hidden else setting.words(value),
            default=None if setting.is_secret else _json(setting.default),
            default_words=setting.words(setting.default),
            source=source(setting, change.loaded),
            where="" if layer is None else layer.name_of(setting.path),
            variable=setting.variable, is_live=setting.is_live,
            may_change=setting.is_live and source(setting, change.loaded) not in GIVEN,
            next=None if turn is None else setting.words(turn.after),
        ))  # fmt: skip
    version = version_of(change.loaded)
    return msgspec.json.encode(
        ShownSettings(version=version, trouble=trouble, settings=shown, turned=turned or [])
    )


def _kind(setting: Setting) -> Kind:
    hint: Any = setting.field.annotation
    if setting.is_secret:
        return "secret"
    if get_origin(hint) is Literal:
        return "choice"
    if get_origin(hint) is list:
        return "list"
    kinds: dict[Any, Kind] = {bool: "switch", int: "whole", Decimal: "number"}
    return kinds.get(hint, "text")


def _choices(setting: Setting) -> list[str]:
    hint: Any = setting.field.annotation
    return [str(one) for one in get_args(hint)] if get_origin(hint) is Literal else []


def _limit(setting: Setting, name: str) -> float | None:
    found = next((getattr(one, name) for one in setting.field.metadata if hasattr(one, name)), None)
    return None if found is None else float(found)


def _plain(values: Any, setting: Setting) -> Any:
    for name in setting.path:
        values = values[name]
    return values


def _json(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | float | list) else str(value)
