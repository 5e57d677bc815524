"""`podium host …`: set up, run, reveal and archive a challenge."""

from podium_client.cli.host import acts, checking, look, running, setup, talking
from podium_client.cli.host.common import app

__all__ = ["acts", "app", "checking", "look", "running", "setup", "talking"]
