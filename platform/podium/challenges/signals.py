"""Where apps above `challenges` hear of changes, inside the transaction that makes them."""

from collections.abc import Callable

from podium.challenges.models import Track

# Called with a track of which a definition changed what its boards are made by.
ranking_changed: list[Callable[[Track], None]] = []
