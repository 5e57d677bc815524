"""A challenge that was played for real, for pages that a browser then looks at."""

from tests.site.submissions.conftest import scorer

__all__ = ["scorer"]
