"""Addresses of the API, below `/api/v1`."""

from django.urls import path
from django.views.generic import RedirectView

from podium.api.api import api
from podium.api.document import openapi
from podium.api.reference import reference, try_it

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="api-docs"), name="api-home"),
    path("openapi.json", openapi, name="api-document"),
    path("docs", reference, name="api-docs"),
    path("docs/try", try_it, name="api-try"),
    path("", api.urls),
]
