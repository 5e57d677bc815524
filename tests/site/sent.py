"""What was sent, of files that are stored in another form."""

from pathlib import Path

from podium.uploads import compression
from podium.uploads.receiving import Upload


def sent_of(upload: Upload) -> bytes:
    """Return the bytes of a received file as they were sent."""
    with upload.as_sent() as reader:
        content: bytes = reader.read()
    return content


def sent_at(path: Path) -> bytes:
    """Return the bytes of a stored file as they were sent."""
    with compression.as_sent(path.open("rb"), path.name) as reader:
        content: bytes = reader.read()
    return content
