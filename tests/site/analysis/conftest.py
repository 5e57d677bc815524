"""Teams with scores, which workers analyse."""

from tests.site.standings.conftest import scored, scorer, teams

__all__ = ["scored", "scorer", "teams"]
