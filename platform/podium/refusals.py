"""The one exception for a request that the rules don't allow, and how forms and pages show it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import ClassVar

from django import forms
from django.contrib import messages
from django.http import HttpRequest


class Refused(Exception):
    """A request is not granted. `code` is for programs, `message` says what to do next.

    `retry_at` is the time from which it may be granted, where that is known.
    """

    def __init__(self, code: str, message: str, retry_at: datetime | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retry_at = retry_at


class RefusalForm(forms.Form):
    """A form that shows why its request was refused."""

    # Fields by a code, or by its last word. Without an entry that word is taken as the field.
    field_of: ClassVar[Mapping[str, str | None]] = {}

    def refuse(self, refused: Refused) -> None:
        """Attach the refusal to the field it concerns, or to the form: `bad_title` to `title`."""
        word = refused.code.rpartition("_")[2]
        field = self.field_of.get(refused.code, self.field_of.get(word, word))
        is_shown = field in self.fields and not self[field].is_hidden
        self.add_error(field if is_shown else None, refused.message)

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """End the block at a refusal, and attach it to the form."""
        try:
            yield
        except Refused as refused:
            self.refuse(refused)


@contextmanager
def refusals_shown(request: HttpRequest) -> Iterator[None]:
    """End the block at a refusal, and show it above the next page."""
    try:
        yield
    except Refused as refused:
        messages.error(request, refused.message)
