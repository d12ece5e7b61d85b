"""The tables' history: `upgrade` brings a database to the tables of this release, also one of release 1.2."""

from videoannotator.database.migrations.schema import SCHEMA_VERSION, Standing, look, migrate_to_v1_3_0, upgrade

__all__ = ["SCHEMA_VERSION", "Standing", "look", "migrate_to_v1_3_0", "upgrade"]
