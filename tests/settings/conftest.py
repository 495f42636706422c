"""The number of settings files that nobody would write: pytest has to know a profile before it loads tests."""

from hypothesis import HealthCheck, Phase, settings

KINDS = 3  # of files: tests/settings/test_fuzz.py
settings.register_profile(
    "test",
    max_examples=300 // KINDS,
    phases=[Phase.generate],  # the shortest example is not worth minutes: the file is printed
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
settings.register_profile("fuzz", settings.get_profile("test"), max_examples=5000 // KINDS, derandomize=False)
settings.load_profile("test")  # or it is Hypothesis' own, of which there are two: where CI is set, it is another one
