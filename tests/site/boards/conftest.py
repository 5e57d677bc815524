"""Teams with scores, which boards show."""

from tests.site.standings.conftest import scored, scorer, teams

__all__ = ["scored", "scorer", "teams"]
