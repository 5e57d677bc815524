"""Where apps above `challenges` hear of changes, inside the transaction that makes them."""

from collections.abc import Callable

from podium.challenges.models import Task, Track

# Called with a track whose definition changed in a way that changes its boards.
ranking_changed: list[Callable[[Track], None]] = []

# Called with a task about to be removed: apps above delete what is theirs. The highest comes first.
task_removed: list[Callable[[Task], None]] = []
# Called with a task: return in words what would go with it, as "2 submissions of baselines".
task_contents: list[Callable[[Task], list[str]]] = []
# Called with a task: say why it must stay, as a sentence, or "".
removal_questioned: list[Callable[[Task], str]] = []
