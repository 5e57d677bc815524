"""Finished HTML of boards in Django's cache, keyed by everything that it is made from."""

import hashlib
from collections.abc import Callable

from django.core.cache import caches
from django.db.models import Subquery
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from podium.audit.models import Event
from podium.audit.verbs import BOARD_CHANGES
from podium.challenges.models import Challenge, Task, Track
from podium.challenges.previewed import previewed
from podium.standings.models import Board, Revision
from podium.standings.visible import stood_still
from podium.submissions.models import Part


def board_key(
    subject: Task | Track, revision: Revision, *, organizer: bool
) -> tuple[object, ...]:  # fmt: skip
    """Return what the HTML of a shown revision depends on, except for the state of the page.

    It has nothing that is hidden from those who may see the board.
    """
    now, challenge = timezone.now(), subject.challenge
    boards = Board.objects.filter(task=revision.board.task_id, track=revision.board.track_id)
    is_private = revision.board.part == Part.PRIVATE  # it is compared with the public board
    last = Event.objects.order_by("-pk").values("pk")
    events = (Subquery(last.filter(verb=verb)[:1]) for verb in BOARD_CHANGES)
    return (
        *(revision.pk, revision.studied_at, organizer),
        *(challenge.phase(now), None if organizer else stood_still(challenge, now)),
        *(boards.order_by("pk").values_list("pk", "revision") if is_private else ()),
        *Challenge.objects.filter(pk=challenge.pk).values_list(*events)[0],
    )


def cached_html(key: tuple[object, ...] | None, state: str, make: Callable[[], str]) -> SafeString:
    """Return HTML from the cache, made if it is not there; made each time without a key.

    A preview neither reads nor fills the cache. The HTML must be the same for all readers of this
    key. The key is made before the rows are read, so that these may be newer, never older.
    """
    if key is None or previewed() is not None:
        html = make()
    else:
        name = hashlib.sha256(repr((*key, state)).encode()).hexdigest()
        html = str(caches["boards"].get_or_set(name, make))
    return mark_safe(html)  # noqa: S308  (made by templates)
