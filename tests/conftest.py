"""What holds for every test: no network but this machine's own."""

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Let pytest-socket, which reads these options next, refuse every other host."""
    config.option.allow_hosts = "127.0.0.1,::1"
    config.option.allow_unix_socket = True
