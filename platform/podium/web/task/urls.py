"""Addresses of tasks, uploads and checks."""

from django.urls import path

from podium.web.task import checks, chunks, metrics, starter, upload, views

urlpatterns = [
    path("metrics/", metrics.metrics, name="metrics"),
    path("c/<slug:slug>/tasks/<slug:task>/", views.task, name="task"),
    path(
        "c/<slug:slug>/tasks/<slug:task>/starter.<str:form>", starter.starter, name="task-starter"
    ),
    path("c/<slug:slug>/tasks/<slug:task>/submit/", upload.upload, name="submit"),
    path("c/<slug:slug>/tasks/<slug:task>/check/", upload.check, name="check"),
    path("c/<slug:slug>/tasks/<slug:task>/parts/", chunks.begin, name="parts"),
    path("parts/<uuid:pk>/", chunks.part, name="part"),
    path("checks/<uuid:pk>/", checks.validation, name="validation"),
    path("checks/<uuid:pk>/status/", checks.validation_status, name="validation-status"),
]
