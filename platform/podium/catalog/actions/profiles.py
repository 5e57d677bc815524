"""Asking for the figures of a version, when it is stored."""

from podium.catalog.models import DatasetVersion, Profile


def request_profile(version: DatasetVersion) -> None:
    """Queue the drawing of a version's figures."""
    profile, _ = Profile.objects.get_or_create(version=version)
    Profile.requeue(Profile.objects.filter(pk=profile.pk))
    profile.send()
