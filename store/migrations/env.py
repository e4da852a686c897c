"""Alembic's entry: runs the chosen folder's revisions on the connection it is handed."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    transactional_ddl=True,  # one transaction for all, also in SQLite, whose DDL can roll back
)
context.run_migrations()
