"""The client of Podium, a site for benchmark challenges on multimodal tables.

from podium_client import Client

task = Client().task("cup/pets")
data = task.load()
task.submit(my_predictions(data.train, data.test), method="A first try")
"""

__version__ = "0.1.0"

from podium_client.client import Client
from podium_client.discussion import Discussion
from podium_client.errors import (
    FileError,
    NotAllowedError,
    NotFoundError,
    PodiumError,
    RefusedError,
    SiteError,
    StillWaitingError,
    UsageError,
)
from podium_client.host import Host
from podium_client.task import Task
from podium_client.team import Team
from podium_client.writeup import WriteUp

__all__ = [
    "Client",
    "Discussion",
    "FileError",
    "Host",
    "NotAllowedError",
    "NotFoundError",
    "PodiumError",
    "RefusedError",
    "SiteError",
    "StillWaitingError",
    "Task",
    "Team",
    "UsageError",
    "WriteUp",
    "__version__",
]
