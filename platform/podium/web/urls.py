"""Addresses of the pages that teams and visitors see, by feature; the boards come first."""

from django.urls import include, path

from podium.web.gallery.views import gallery

FEATURES = (
    "board",
    "base",
    "challenge",
    "dataset",
    "task",
    "submission",
    "account",
    "team",
    "talk",
    "winners",
    "help",
)

urlpatterns = [
    *(path("", include(f"podium.web.{feature}.urls")) for feature in FEATURES),
    path("gallery/", gallery, name="gallery"),
]
