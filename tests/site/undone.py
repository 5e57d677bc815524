"""One world for many questions: what each of them changes is taken back before the next."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction


@contextmanager
def undone() -> Iterator[None]:
    """Take back at the end whatever the block changes in the database."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
