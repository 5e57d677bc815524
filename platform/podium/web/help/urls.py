"""Addresses of the guides and of the client."""

from django.urls import path

from podium.web.help import client, views

urlpatterns = [
    path("help/", views.first, name="help"),
    path("help/<slug:name>/", views.guide, name="guide"),
    path("help/client/<str:name>", client.download, name="client-wheel"),
]
