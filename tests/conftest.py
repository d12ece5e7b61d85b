"""For all tests: no timing thresholds inside hypothesis either; machines are shared."""

from hypothesis import settings

pytest_plugins = ["tests.alone", "tests.databases", "tests.clusters", "tests.small_disk", "tests.servers"]

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
