"""Where apps above `submissions` hear of changes, inside the transaction that makes them.

`rows_needed` is where they say of which submissions rows.npz is to be kept: by their ids.
"""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet

from podium.submissions.models import Evaluation, Submission

evaluation_stored: list[Callable[[Evaluation], None]] = []
submission_ended: list[Callable[[Submission], None]] = []  # rejected or failed
submission_withdrawn: list[Callable[[Submission], None]] = []
submission_selected: list[Callable[[Submission], None]] = []
method_changed: list[Callable[[Submission], None]] = []  # what its team calls its method
rows_needed: list[Callable[[], "QuerySet[Any, Any]"]] = []
