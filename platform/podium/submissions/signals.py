"""Where apps above `submissions` hear of changes, inside the transaction that makes them."""

from collections.abc import Callable

from podium.submissions.models import Evaluation, Submission

evaluation_stored: list[Callable[[Evaluation], None]] = []
submission_withdrawn: list[Callable[[Submission], None]] = []
