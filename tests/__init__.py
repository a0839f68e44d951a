"""Property tests try as many examples as keep the suite quick; none is timed."""

from hypothesis import settings

settings.register_profile("suite", deadline=None, max_examples=60)
settings.load_profile("suite")
