"""Applies to every test: no network but this machine's own, and no deadline for an example."""

import pytest
from hypothesis import settings

# How long an example takes depends on how busy the machine is. Under CI the examples of a profile
# are the same every time. A test that sets max_examples itself is the same in both.
settings.register_profile("quick", parent=settings(), deadline=None, max_examples=50)
settings.register_profile("thorough", parent=settings(), deadline=None, max_examples=100)
settings.load_profile("quick")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Let pytest-socket, which reads these options next, refuse every other host."""
    config.option.allow_hosts = "127.0.0.1,::1"
    config.option.allow_unix_socket = True
