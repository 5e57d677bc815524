"""Addresses of notices; `podium.web.urls` includes them."""

from django.urls import path

from podium.web.talk import notices

urlpatterns = [
    path("notices/", notices.notices, name="notices"),
    path("notices/read/", notices.read_all, name="notices-read"),
    path("notices/<int:pk>/", notices.open_notice, name="notice"),
    path("notices/off/<str:signed>/", notices.off, name="notices-off"),
    path("account/notices/", notices.choices, name="notice-choices"),
]
