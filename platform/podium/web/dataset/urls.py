"""Addresses of data sets."""

from django.urls import path

from podium.web.dataset import game, raw_files, views

urlpatterns = [
    path("datasets/", views.datasets, name="datasets"),
    path("datasets/<slug:name>/<int:number>/", views.dataset, name="dataset"),
    path("datasets/<slug:name>/<int:number>/play/", game.play, name="dataset-play"),
    path("datasets/<slug:name>/<int:number>/files/<str:file>", views.download, name="download"),
    path(
        "datasets/<slug:name>/<int:number>/images/<path:file>",
        views.image,
        name="dataset-image",
    ),
    path(
        "datasets/<slug:name>/<int:number>/profile/<path:file>",
        views.figure,
        name="dataset-figure",
    ),
    path("datasets/<slug:name>/<int:number>/rows/<slug:table>/", views.rows, name="dataset-rows"),
    path(
        "datasets/<slug:name>/<int:number>/thumbnails/<path:file>",
        views.small_image,
        name="dataset-thumbnail",
    ),
    path(
        "datasets/<slug:name>/<int:number>/croissant.json",
        views.croissant,
        name="dataset-croissant",
    ),
    path(
        "datasets/<slug:name>/<int:number>/diagnostics.json",
        views.diagnostics,
        name="dataset-diagnostics",
    ),
    path("datasets/<slug:name>/<int:number>/licence/", views.accept, name="accept-licence"),
    path("datasets/<slug:name>/<int:number>/raw/<path:file>", raw_files.raw_file, name="raw-file"),
]
