"""How each person wishes to see the page."""

from alembic import op
from sqlalchemy import BigInteger, Column, Text

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the table of wishes, a row for each person who has any."""
    op.create_table(
        "preferences",
        Column("owner", Text, primary_key=True),
        Column("wishes", Text, nullable=False),
        Column("changed_at", BigInteger, nullable=False),
    )
