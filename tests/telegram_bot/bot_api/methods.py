"""The Bot API's methods. Source: https://core.telegram.org/bots/api#available-methods"""

from collections.abc import Callable
from typing import Any, Final

from tests.telegram_bot.bot_api import markup
from tests.telegram_bot.bot_api.errors import ApiError, bad_request
from tests.telegram_bot.bot_api.world import Chat, Json, Shown, World

Method = Callable[[World, Json], Any]
PHOTO_CAP: Final = 10 * 1024 * 1024


def _chat(world: World, params: Json) -> Chat:
    # Returns the chat that is meant, if the bot may write there.
    chat = world.chats.get(int(params["chat_id"]))
    if chat is None or not (chat.kind != "private" or _has_spoken(chat)):
        raise bad_request("chat not found")
    if chat.has_blocked:
        raise ApiError(403, "Forbidden: bot was blocked by the user")
    return chat


def _has_spoken(chat: Chat) -> bool:
    return any(not message.from_bot for message in [*chat.messages, *chat.deleted])


def _message(chat: Chat, params: Json, what: str) -> Shown:
    wanted = int(params["message_id"])
    found = next((m for m in chat.messages if m.id == wanted), None)
    if found is None:
        raise bad_request(f"message to {what} not found")
    if what == "edit" and not found.from_bot:
        raise bad_request("message can't be edited")
    return found


def _buttons(chat: Chat, params: Json) -> list[list[Json]]:
    return markup.keyboard(params.get("reply_markup"), is_private=chat.kind == "private")


def _new(world: World, chat: Chat, params: Json) -> Shown:
    message = world.new_message(chat, world.me)
    message.is_silent = params.get("disable_notification") is True
    message.reply_markup = params.get("reply_markup") or {}
    return message


def _send_message(world: World, params: Json) -> Json:
    chat = _chat(world, params)
    html = str(params.get("text", ""))
    text = markup.plain(html, params.get("parse_mode"))
    if not text:
        raise bad_request("message text is empty")
    buttons = _buttons(chat, params)
    message = _new(world, chat, params)
    message.text, message.html, message.buttons = text, html, buttons
    return world.json_of(message)


def _caption(params: Json) -> tuple[str, str]:
    html = str(params.get("caption", ""))
    return markup.plain(html, params.get("parse_mode"), markup.MAX_CAPTION), html


def _photo(world: World, given: Any) -> bytes:
    data = world.files.get(given) if isinstance(given, str) else given[1]
    if data is None:
        raise bad_request("wrong file identifier/HTTP URL specified")
    if not data.startswith((b"\x89PNG\r\n", b"\xff\xd8")):
        raise bad_request("IMAGE_PROCESS_FAILED")
    if len(data) > PHOTO_CAP:
        raise ApiError(413, "Request Entity Too Large")
    return bytes(data)


def _send_photo(world: World, params: Json) -> Json:
    chat = _chat(world, params)
    (text, html), photo = _caption(params), _photo(world, params["photo"])
    buttons = _buttons(chat, params)
    message = _new(world, chat, params)
    message.text, message.html, message.photo, message.buttons = text, html, photo, buttons
    return world.json_of(message)


def _send_document(world: World, params: Json) -> Json:
    chat = _chat(world, params)
    (text, html), buttons = _caption(params), _buttons(chat, params)
    message = _new(world, chat, params)
    message.document = params["document"]
    message.text, message.html, message.buttons = text, html, buttons
    return world.json_of(message)


def _edit_text(world: World, params: Json) -> Json:
    chat = _chat(world, params)
    message = _message(chat, params, "edit")
    if message.photo is not None or message.document is not None:
        raise bad_request("there is no text in the message to edit")
    html = str(params.get("text", ""))
    text, buttons = markup.plain(html, params.get("parse_mode")), _buttons(chat, params)
    if not text:
        raise bad_request("message text is empty")
    _refuse_same((message.html, message.buttons), (html, buttons))
    message.text, message.html, message.buttons = text, html, buttons
    message.edits += 1
    return world.json_of(message)


def _edit_caption(world: World, params: Json) -> Json:
    chat = _chat(world, params)
    message = _message(chat, params, "edit")
    (text, html), buttons = _caption(params), _buttons(chat, params)
    _refuse_same((message.html, message.buttons), (html, buttons))
    message.text, message.html, message.buttons = text, html, buttons
    message.edits += 1
    return world.json_of(message)


def _edit_media(world: World, params: Json) -> Json:
    chat = _chat(world, params)
    message = _message(chat, params, "edit")
    media = params["media"]
    given = media["media"]
    file = params[given.removeprefix("attach://")] if given.startswith("attach://") else given
    (text, html), buttons = _caption(media), _buttons(chat, params)
    if media["type"] == "photo":
        photo = _photo(world, file)
        _refuse_same((message.photo, message.html, message.buttons), (photo, html, buttons))
        message.photo, message.document = photo, None
    else:
        message.photo, message.document = None, file
    message.text, message.html, message.buttons = text, html, buttons
    message.edits += 1
    return world.json_of(message)


def _edit_markup(world: World, params: Json) -> Json:
    chat = _chat(world, params)
    message, buttons = _message(chat, params, "edit"), _buttons(chat, params)
    _refuse_same(message.buttons, buttons)
    message.buttons = buttons
    message.edits += 1
    return world.json_of(message)


def _refuse_same(old: object, new: object) -> None:
    if old == new:
        raise bad_request(
            "message is not modified: specified new message content and reply markup are "
            "exactly the same as a current content and reply markup of the message"
        )


def _delete(world: World, params: Json) -> bool:
    chat = _chat(world, params)
    message = _message(chat, params, "delete")
    chat.messages.remove(message)
    chat.deleted.append(message)
    return True


def _pin(world: World, params: Json) -> bool:
    chat = _chat(world, params)
    _message(chat, params, "pin").is_pinned = True
    return True


def _unpin(world: World, params: Json) -> bool:
    chat = _chat(world, params)
    pinned = chat.pinned
    message = _message(chat, params, "unpin") if "message_id" in params else pinned
    if message is None or not message.is_pinned:
        raise bad_request("message to unpin not found")
    message.is_pinned = False
    return True


def _answer_tap(world: World, params: Json) -> bool:
    tap = str(params["callback_query_id"])
    if tap not in world.taps or world.taps[tap] is not None:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    if len(str(params.get("text", ""))) > 200:
        raise bad_request("MESSAGE_TOO_LONG")
    world.taps[tap] = params
    return True


def _scope(params: Json) -> str:
    scope = params.get("scope") or {"type": "default"}
    return f"{scope['type']}:{scope.get('chat_id', '')}"


def _set_commands(world: World, params: Json) -> bool:
    if (params.get("scope") or {}).get("type") == "chat":
        _chat(world, params["scope"])
    for command in params["commands"]:
        if not 1 <= len(command["command"]) <= 32 or not 1 <= len(command["description"]) <= 256:
            raise bad_request("BOT_COMMAND_INVALID")
        if not command["command"].replace("_", "").isalnum() or command["command"].isupper():
            raise bad_request("BOT_COMMAND_INVALID")
    if len(params["commands"]) > 100:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    world.commands[_scope(params)] = params["commands"]
    return True


def _delete_commands(world: World, params: Json) -> bool:
    world.commands.pop(_scope(params), None)
    return True


def _set_menu_button(world: World, params: Json) -> bool:
    button = params.get("menu_button") or {"type": "default"}
    chat_id = int(params.get("chat_id", 0))
    if chat_id:
        _chat(world, params)
    if button["type"] == "web_app":
        markup.check_url(button["web_app"]["url"], {"https"}, "Only HTTPS links are allowed")
    world.menu_buttons[chat_id] = button
    return True


def _get_chat(world: World, params: Json) -> Json:
    chat = _chat(world, params)
    pinned = chat.pinned
    more = {"pinned_message": world.json_of(pinned)} if pinned else {}
    return {**chat.json, "accent_color_id": 0, "max_reaction_count": 11, **more} | {
        "accepted_gift_types": {
            "unlimited_gifts": False, "limited_gifts": False, "unique_gifts": False,
            "premium_subscription": False, "gifts_from_channels": False,
        }
    }  # fmt: skip


def _delete_webhook(world: World, params: Json) -> bool:
    if params.get("drop_pending_updates"):
        world.updates.clear()
    return True


METHODS: Final[dict[str, Method]] = {
    "getMe": lambda world, _: world.me,
    "deleteWebhook": _delete_webhook,
    "getWebhookInfo": lambda world, _: {
        "url": "", "has_custom_certificate": False, "pending_update_count": len(world.updates),
    },
    "sendMessage": _send_message,
    "sendPhoto": _send_photo,
    "sendDocument": _send_document,
    "sendChatAction": lambda world, params: bool(_chat(world, params)),
    "editMessageText": _edit_text,
    "editMessageCaption": _edit_caption,
    "editMessageMedia": _edit_media,
    "editMessageReplyMarkup": _edit_markup,
    "deleteMessage": _delete,
    "pinChatMessage": _pin,
    "unpinChatMessage": _unpin,
    "answerCallbackQuery": _answer_tap,
    "setMyCommands": _set_commands,
    "getMyCommands": lambda world, params: world.commands.get(_scope(params), []),
    "deleteMyCommands": _delete_commands,
    "setChatMenuButton": _set_menu_button,
    "getChatMenuButton": lambda world, params: world.menu_buttons.get(
        int(params.get("chat_id", 0)), {"type": "default"}
    ),
    "getChat": _get_chat,
    "logOut": lambda _world, _params: True,
    "close": lambda _world, _params: True,
}  # fmt: skip
