"""Where apps above `challenges` hear of changes, inside the transaction that makes them."""

from collections.abc import Callable

from podium.challenges.models import Track

# Called with a track whose definition changed in a way that changes its boards.
ranking_changed: list[Callable[[Track], None]] = []
