"""Messages that stand in a chat and are kept up to date: the live one and the summary."""

from alembic import op
from sqlalchemy import BigInteger, Boolean, Column, Text

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the table of messages that the bot changes by itself."""
    op.create_table(
        "standing_messages",
        Column("chat_id", BigInteger, primary_key=True, autoincrement=False),
        Column("kind", Text, primary_key=True),
        Column("is_on", Boolean, nullable=False),
        Column("message_id", BigInteger),
        Column("sent_at", BigInteger),
        Column("changed_at", BigInteger, nullable=False),
    )
