"""Addresses of the guides."""

from django.urls import path

from podium.web.help import views

urlpatterns = [
    path("help/", views.first, name="help"),
    path("help/<slug:name>/", views.guide, name="guide"),
]
