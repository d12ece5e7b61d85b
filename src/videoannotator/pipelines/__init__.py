"""The analyses: one package each, all on the base in `base.py`."""
