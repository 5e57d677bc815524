"""Addresses for operators and staff."""

from django.urls import path

from podium.web.base import health, mails

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("mails/", mails.mails, name="mails"),
]
