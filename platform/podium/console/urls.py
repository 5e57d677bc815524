"""Addresses of the organizers' pages."""

from django.urls import path

from podium.console import views

urlpatterns = [
    path("c/<slug:slug>/console/", views.console, name="console"),
    path(
        "c/<slug:slug>/console/submissions/<int:submission>/retry/",
        views.retry,
        name="console-retry",
    ),
    path("c/<slug:slug>/console/baselines/", views.start_baseline, name="console-start"),
    path(
        "c/<slug:slug>/console/baselines/<int:run>/restart/",
        views.restart_baseline,
        name="console-restart",
    ),
    path("c/<slug:slug>/console/disqualify/", views.disqualify, name="console-disqualify"),
    path(
        "c/<slug:slug>/console/teams/<int:team>/reinstate/",
        views.reinstate,
        name="console-reinstate",
    ),
]
