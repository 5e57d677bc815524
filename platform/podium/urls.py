"""All addresses of the site."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
    path("api/v1/", include("podium.api.urls")),
    path("", include("podium.console.urls")),
    path("", include("podium.pages.urls")),
]
