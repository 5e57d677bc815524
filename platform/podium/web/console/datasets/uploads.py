"""Raw files that a plain form sends: they wait in temporary files until each is stored."""

from typing import Any

from django.conf import settings
from django.core.exceptions import TooManyFilesSent
from django.core.files.uploadhandler import SkipFile, TemporaryFileUploadHandler
from django.http import HttpRequest

from podium.accounts.models import User
from podium.catalog.actions.raw import add_raw_file
from podium.catalog.models import Import
from podium.refusals import Refused

# A form's fields other than its files.
_FORM_BYTES = 1 << 20


class LimitedFiles(TemporaryFileUploadHandler):
    """Writes the files of a form to temporary files, or drops them if they are too much in all.

    What is dropped is read to its end, so that the sender gets an answer; `problem` says why.
    """

    def __init__(self, request: HttpRequest, limit: int) -> None:
        super().__init__(request)
        self.limit = limit
        self.problem = ""

    def handle_raw_input(  # type: ignore[override]  # the second is META there
        self, input_data: object, meta: object, content_length: int, *args: object, **kwargs: object
    ) -> None:
        if content_length > self.limit + _FORM_BYTES:
            self.problem = (
                f"The files have more than the {self.limit:,} bytes that may be sent here. "
                "Compress them, or write them as Parquet."
            )

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        if self.problem:
            raise SkipFile
        super().new_file(*args, **kwargs)


def receive(request: HttpRequest, limit: int) -> str:
    """Read a form with files up to `limit` bytes in all; return what is wrong, or an empty text.

    To be called before anything else reads the body, also before the CSRF token is looked for.
    """
    handler = LimitedFiles(request, limit)
    request.upload_handlers = [handler]
    try:
        request.POST  # noqa: B018  (reads the body)
    except TooManyFilesSent:
        return (
            f"A form takes up to {settings.DATA_UPLOAD_MAX_NUMBER_FILES} files. "
            "Upload them as one zip."
        )
    return handler.problem


def store(source: Import, files: list[Any], by: User) -> list[str]:
    """Keep the files of a form as raw files; return what is wrong with those that were refused."""
    refused = []
    for file in files:
        try:
            add_raw_file(
                source=source, name=file.name, size=file.size, offset=0, stream=file, by=by
            )
        except Refused as error:
            refused.append(str(error))
    return refused
