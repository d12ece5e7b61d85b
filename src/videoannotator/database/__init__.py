"""Jobs, their runs, artifacts, events and keys in SQLite or PostgreSQL: the only home of SQLAlchemy."""
