"""The file formats: one module each, all on the base in `base.py`."""
