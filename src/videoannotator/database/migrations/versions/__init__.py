"""The revisions of the tables, one module each, oldest first. A revision that was released is never changed."""
