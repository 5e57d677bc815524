"""The tiny real data set and a scorer, for attacks that need scores."""

from tests.site.submissions.conftest import pets, scorer

__all__ = ["pets", "scorer"]
