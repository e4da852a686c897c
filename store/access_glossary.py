"""What the tables of ``access.db`` mean, in a sentence each: see `store.glossary`."""

from typing import Final

ACCESS: Final[dict[str, tuple[str, dict[str, str]]]] = {
    "api_keys": (
        "Keys for programs. A name belongs to one living key.",
        {
            "id": "names it in the audit; never given twice",
            "hash": "SHA-256 of the key, which itself is nowhere",
            "name": "what its owner knows it by",
            "role": "`viewer`, `trader` or `owner`",
            "last_used_at": "when it came in last; null for never",
            "revoked_at": "when it was made useless; null while it holds",
        },
    ),
    "sessions": (
        "Who is signed in.",
        {
            "id": "names it in the audit; never given twice",
            "hash": "SHA-256 of the token or cookie",
            "subject": "who, as the audit names them",
            "role": "`viewer`, `trader` or `owner`",
            "via": "by which door",
            "expires_at": "when it ends",
            "revoked_at": "when it was ended before that; null otherwise",
            "user_id": "the Telegram user; null for anybody else",
            "client": "the browser or app, as it calls itself",
            "address": "where it came from",
            "last_seen_at": "when it was used last; null for never",
        },
    ),
    "one_time_codes": (
        "Codes that sign in once.",
        {
            "hash": "SHA-256 of the code",
            "role": "what the session gets",
            "expires_at": "when it is void",
            "used_at": "when it signed in; null until then",
            "user_id": "the Telegram user it was given to; null for whoever has it",
        },
    ),
    "users": (
        "People of Telegram: who may come in, who may not, and who asks to.",
        {
            "id": "Telegram's own",
            "name": "what they call themselves",
            "username": "their @name without the @; empty for none",
            "role": "`viewer`, `trader` or `owner`; null for none",
            "status": "`allowed`, `pending` or `blocked`",
            "source": "who said so: `setting`, `page`, `bot` or `terminal`",
            "changed_at": "when that was said last",
            "changed_by": "by whom",
            "last_seen_at": "when they came last; null for never",
        },
    ),
    "notices": (
        "What happened to access that somebody is to be told of; written with its cause.",
        {
            "id": "counts up, never given twice; the bot goes by it",
            "kind": "`access_requested`, `new_session`, …",
            "user_id": "the Telegram user it is about; null for nobody",
            "data": "the rest, as JSON",
        },
    ),
    "audit": (
        "What was asked and done, by whom.",
        {
            "id": "counts up; never given twice",
            "actor": "who",
            "role": "as what",
            "action": "what",
            "detail": "with what, as JSON; never a secret",
            "result": "what came of it",
        },
    ),
    "alert_settings": (
        "How each person wishes to be told of things; without a row the defaults hold.",
        {
            "owner": "whose wishes: `telegram:<id>`, or who the audit names",
            "modes": "per type `on`, `silent` or `off`, where it is not the default, as JSON",
            "muted_until": "until when only errors are told; null when not muted",
            "quiet_start": "minute of the person's day in which quiet begins; null without any",
            "quiet_end": "minute of the person's day in which it ends; null without any",
            "utc_offset": "minutes that the person's clock is ahead of UTC",
            "changed_at": "when the wishes were written last",
        },
    ),
    "preferences": (
        "How each person wishes to see the page; without a row it is as it comes.",
        {
            "owner": "whose wishes: `telegram:<id>`, or who the audit names",
            "wishes": (
                "units, currency, prices, zone, palette, density and, by view, the layout of "
                "cards, where they are not as they come, as JSON"
            ),
            "changed_at": "when the wishes were written last",
        },
    ),
    "recipients": (
        "The chats that the bot writes to on its own.",
        {
            "chat_id": "the private chat, which is the Telegram user's id",
            "owner": "whose it is: `telegram:<id>`",
            "since": "from when on they are told",
            "stopped_at": "when Telegram said that they cannot be reached; null while they can",
            "stopped_why": "in Telegram's words; empty while they can be reached",
        },
    ),
    "delivery_cursors": (
        "How far the bot has come in writing deliveries for what happened.",
        {
            "name": "`outbox` or `notice`",
            "after_id": "the last row that was dealt with",
            "at": "when that was",
        },
    ),
    "deliveries": (
        (
            "Messages on their way, and the receipts of those that arrived: one a chat for each "
            "thing to tell, written in the same transaction as the cursor. They go after 30 days."
        ),
        {
            "id": "counts up: a chat's messages are sent in this order",
            "source": "what it tells of: `outbox:<id>`, `notice:<id>`, `watch:<id>`, `digest:<id>`",
            "chat_id": "where it goes",
            "owner": "whose chat that is",
            "type": "the type of the alert, or `digest`",
            "level": "`info`, `warn` or `error`",
            "symbol": "the market; empty for none",
            "content": "title, detail, amount, badge and link, as JSON",
            "fold_key": "the same for what says the same; empty for what is never folded",
            "times": "how often the same came",
            "shown_times": "how often the message that was sent says it came",
            "is_silent": "whether it makes no sound",
            "is_held": "whether quiet hours or a mute held it back",
            "is_doubtful": "whether an attempt may have arrived unseen, so that it may come twice",
            "state": "`waiting`, `sent`, `failed`, `digested` or `folded`",
            "told_by": "the row whose message tells it; null when its own does",
            "attempts": "how often it was tried",
            "message_id": "what Telegram calls the message; null until it was sent",
            "error": "why it did not arrive at the last attempt; empty for nothing",
            "happened_at": "when what it tells of happened",
            "tried_at": "when it was tried last; null for never",
            "sent_at": "when Telegram took it; null until then",
        },
    ),
    "incidents": (
        "What the watchdog found wrong and told; a row goes when it is well again.",
        {
            "name": "what it watches, such as `engine`, `web` or `feed:BTC/USDT`",
            "since": "since when it is so",
            "told_at": "when people were told",
        },
    ),
    "standing_messages": (
        "Messages that stand in a chat and that the bot changes by itself, one of each kind.",
        {
            "chat_id": "where it stands; that is the user's id",
            "kind": "`live`, which is pinned, or `summary`",
            "is_on": "whether the person wishes for it",
            "message_id": "what Telegram calls the message; null before it was sent",
            "sent_at": "when it was sent",
            "changed_at": "when the person said last what they wish",
        },
    ),
}
