"""Access to data set imports and drafts. Everybody else gets 404."""

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from podium.catalog.models import DatasetVersion
from podium.challenges.permissions import may_bring_datasets


def get_version(request: HttpRequest, name: str, number: int) -> DatasetVersion:
    """Return a data set version to its editors and staff."""
    edited = DatasetVersion.objects.edited_by(request.user).select_related("source")
    return get_object_or_404(edited, name=name, number=number)


def require_bringing(request: HttpRequest) -> None:
    """Raise Http404 to those who may not begin a data set."""
    if not may_bring_datasets(request.user):
        raise Http404
