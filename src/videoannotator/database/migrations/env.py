"""Where Alembic begins: it runs revisions on the connection, and in the transaction, that its caller opened."""

from alembic import context

from videoannotator.database.models import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
with context.begin_transaction():
    context.run_migrations()
