"""Addresses of home and challenges."""

from django.urls import path

from podium.web.challenge import views

urlpatterns = [
    path("", views.home, name="home"),
    path("c/<slug:slug>/", views.challenge, name="challenge"),
]
