"""Where apps above `catalog` answer questions and hear of changes, inside the transaction."""

from collections.abc import Callable

from podium.accounts.models import User
from podium.audit.models import Event
from podium.catalog.models import DatasetVersion

# Called with a person and the name of a data set: say whether they compete on its rows now.
competing_asked: list[Callable[[User, str], bool]] = []
# Called with a person who became or no longer is an editor, the newest version, and the event.
editor_changed: list[Callable[[User, DatasetVersion, Event], None]] = []
