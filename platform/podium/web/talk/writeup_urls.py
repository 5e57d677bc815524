"""Addresses of write-ups and of the finalists' page; `podium.web.urls` includes them."""

from django.urls import path

from podium.web.talk import finalists, writeups
from podium.web.talk import writeup_edit as writeups_edit

_ONE = "c/<slug:slug>/write-ups/<slug:kind>/<slug:team_slug>/"

urlpatterns = [
    path("c/<slug:slug>/finalists/", finalists.finalists, name="finalists"),
    path("c/<slug:slug>/write-ups/", writeups.writeups, name="write-ups"),
    path(_ONE, writeups.writeup, name="write-up"),
    path(f"{_ONE}edit/", writeups_edit.edit, name="write-up-edit"),
    path(f"{_ONE}do/<slug:verb>/", writeups.act, name="write-up-act"),
    path(f"{_ONE}<int:version>/<slug:what>.pdf", writeups.pdf, name="write-up-pdf"),
]
