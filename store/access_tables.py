"""The tables of ``access.db``. Secrets are kept only as their SHA-256; times are wall clock, ms.

A row's number is never given twice, so that an id in the audit names one credential for ever.
The revisions in ``migrations/access`` make these tables; a test holds the two together.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

from store.columns import Json

metadata = MetaData()

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("hash", LargeBinary, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("last_used_at", BigInteger),
    Column("revoked_at", BigInteger),
    sqlite_autoincrement=True,
)
# A name belongs to one living key, so that revoking by name is clear.
Index("api_keys_living", api_keys.c.name, unique=True, sqlite_where=api_keys.c.revoked_at.is_(None))

sessions = Table(
    "sessions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("hash", LargeBinary, nullable=False, unique=True),
    Column("subject", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("via", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
    Column("user_id", BigInteger),
    Column("client", Text, nullable=False, server_default=""),
    Column("address", Text, nullable=False, server_default=""),
    Column("last_seen_at", BigInteger),
    Index("sessions_by_user", "user_id"),
    sqlite_autoincrement=True,
)

one_time_codes = Table(
    "one_time_codes",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("role", Text, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
    Column("user_id", BigInteger),
)

# the people of Telegram; the id is theirs
users = Table(
    "users",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("username", Text, nullable=False),
    Column("role", Text),
    Column("status", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("changed_by", Text, nullable=False),
    Column("last_seen_at", BigInteger),
)

# what happened to access and must be told to somebody
notices = Table(
    "notices",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("user_id", BigInteger),
    Column("data", Json, nullable=False),
    sqlite_autoincrement=True,
)

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("detail", Json, nullable=False),
    Column("result", Text, nullable=False),
    Index("audit_by_time", "at"),
    sqlite_autoincrement=True,
)

alert_settings = Table(
    "alert_settings",
    metadata,
    Column("owner", Text, primary_key=True),
    Column("modes", Json, nullable=False),
    Column("muted_until", BigInteger),
    Column("quiet_start", Integer),
    Column("quiet_end", Integer),
    Column("utc_offset", Integer, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
)

preferences = Table(
    "preferences",
    metadata,
    Column("owner", Text, primary_key=True),
    Column("wishes", Json, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
)

recipients = Table(
    "recipients",
    metadata,
    Column("chat_id", BigInteger, primary_key=True, autoincrement=False),
    Column("owner", Text, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("stopped_at", BigInteger),
    Column("stopped_why", Text, nullable=False),
)

delivery_cursors = Table(
    "delivery_cursors",
    metadata,
    Column("name", Text, primary_key=True),
    Column("after_id", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source", Text, nullable=False),
    Column("chat_id", BigInteger, nullable=False),
    Column("owner", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("symbol", Text, nullable=False),
    Column("content", Json, nullable=False),
    Column("fold_key", Text, nullable=False),
    Column("times", Integer, nullable=False),
    Column("shown_times", Integer, nullable=False),
    Column("is_silent", Boolean, nullable=False),
    Column("is_held", Boolean, nullable=False),
    Column("is_doubtful", Boolean, nullable=False),
    Column("state", Text, nullable=False),
    Column("told_by", Integer),
    Column("attempts", Integer, nullable=False),
    Column("message_id", BigInteger),
    Column("error", Text, nullable=False),
    Column("happened_at", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("tried_at", BigInteger),
    Column("sent_at", BigInteger),
    UniqueConstraint("source", "chat_id"),
    Index("deliveries_by_chat", "chat_id", "state", "id"),
    Index("deliveries_by_fold", "chat_id", "fold_key", "id"),
    Index("deliveries_by_teller", "told_by"),
    sqlite_autoincrement=True,
)

incidents = Table(
    "incidents",
    metadata,
    Column("name", Text, primary_key=True),
    Column("since", BigInteger, nullable=False),
    Column("told_at", BigInteger, nullable=False),
)

standing_messages = Table(
    "standing_messages",
    metadata,
    Column("chat_id", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", Text, primary_key=True),
    Column("is_on", Boolean, nullable=False),
    Column("message_id", BigInteger),
    Column("sent_at", BigInteger),
    Column("changed_at", BigInteger, nullable=False),
)
