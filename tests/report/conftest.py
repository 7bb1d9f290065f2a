"""Properties are about what is told, not how fast: a busy machine fails no example."""

from hypothesis import settings

settings.register_profile("report", deadline=None)
settings.load_profile("report")
