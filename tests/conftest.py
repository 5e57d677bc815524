"""What holds for every test: no network but this machine's own, and no example has a deadline."""

import pytest
from hypothesis import settings

# How long an example takes says how busy the machine is. All else is as before: under CI, where
# hypothesis draws the same examples every time, that too.
settings.register_profile("patient", parent=settings(), deadline=None)
settings.load_profile("patient")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Let pytest-socket, which reads these options next, refuse every other host."""
    config.option.allow_hosts = "127.0.0.1,::1"
    config.option.allow_unix_socket = True
