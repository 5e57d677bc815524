"""Where apps above `catalog` answer questions and hear of changes, inside the transaction."""

from collections.abc import Callable

from podium.accounts.models import User
from podium.audit.models import Event
from podium.catalog.models import DataEditor, DatasetVersion

# Called with a person and the name of a data set: say whether they compete on its rows now.
competing_asked: list[Callable[[User, str], bool]] = []
# Called with a person who is offered editing, the newest version, and the offer; perhaps again.
editing_offered: list[Callable[[User, DatasetVersion, DataEditor], None]] = []
# Called with the newest version, an offer that was declined, and the event.
editing_declined: list[Callable[[DatasetVersion, DataEditor, Event], None]] = []
# Called with a person who is no longer an editor, the newest version, and the event.
editor_removed: list[Callable[[User, DatasetVersion, Event], None]] = []
