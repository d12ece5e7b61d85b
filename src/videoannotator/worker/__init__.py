"""Runs jobs: claims them, supervises the process that computes each, and ends it when told."""
