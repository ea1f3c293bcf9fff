"""No example of a property has a time limit: machines that run the tests are shared, and some rules are read on first use."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("shared machine", deadline=None)
settings.load_profile("shared machine")
