"""Who may bring data sets and who may see a draft. Everybody else gets 404."""

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from podium.catalog.models import DatasetVersion
from podium.challenges.models import Organizer, Role


def edited_versions(user: Any) -> QuerySet[DatasetVersion]:
    """Return the data set versions that the user may change: all for staff, else their own."""
    versions = DatasetVersion.objects.select_related("source")
    if user.is_staff:
        return versions
    editing = DatasetVersion.editors.through.objects
    return versions.filter(Exists(editing.filter(datasetversion=OuterRef("pk"), user=user)))


def may_bring(user: Any) -> bool:
    """Tell whether the user may begin a data set: staff, and who runs a challenge."""
    runs = Organizer.objects.filter(user=user, role__in=[Role.OWNER, Role.MANAGER])
    return user.is_staff or runs.exists()


def get_version(request: HttpRequest, name: str, number: int) -> DatasetVersion:
    """Return a data set version to its editors and staff."""
    return get_object_or_404(edited_versions(request.user), name=name, number=number)


def require_bringing(request: HttpRequest) -> None:
    """Raise Http404 to those who may not begin a data set."""
    if not may_bring(request.user):
        raise Http404
