"""The tables of release 1.3.0."""

from alembic import op

from videoannotator.database.migrations.tables_1_3_0 import metadata

revision = "v1_3_0"
down_revision = None


def upgrade() -> None:
    """Create every table."""
    metadata.create_all(op.get_bind(), checkfirst=False)
