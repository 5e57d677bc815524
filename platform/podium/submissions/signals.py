"""Registries of listeners in apps above `submissions`, called inside the transaction.

`rows_needed` lists ids of submissions whose rows.npz must be retained.
"""

from collections.abc import Callable

from django.db.models import Model, QuerySet

from podium.submissions.models import Evaluation, Submission

evaluation_stored: list[Callable[[Evaluation], None]] = []
submission_ended: list[Callable[[Submission], None]] = []  # rejected or failed
submission_withdrawn: list[Callable[[Submission], None]] = []
submission_selected: list[Callable[[Submission], None]] = []
method_changed: list[Callable[[Submission], None]] = []  # what its team calls its method
rows_needed: list[Callable[[], "QuerySet[Model, object]"]] = []
