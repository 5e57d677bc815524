"""A task whose files are really scored."""

from tests.site.submissions.conftest import pets, scorer

__all__ = ["pets", "scorer"]
