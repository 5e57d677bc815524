"""The people, files and mails that write-ups and notices are tested with."""

from tests.site.notices.conftest import mailed
from tests.site.writeups.conftest import client_of, closed, kept, mara, pdf, track

__all__ = ["client_of", "closed", "kept", "mailed", "mara", "pdf", "track"]
