"""An event with scores, to be archived."""

from tests.site.standings.conftest import scorer

__all__ = ["scorer"]
