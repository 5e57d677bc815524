"""`podium host …`: set up, run, reveal and archive a challenge."""

from podium_client.cli.host import acts, look, setup
from podium_client.cli.host.common import app

__all__ = ["acts", "app", "look", "setup"]
