"""Databases of release 1.2: what stands in them, and what it is today."""
