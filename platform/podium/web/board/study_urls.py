"""Addresses of the pages that study a challenge's boards; `podium.web.urls` includes them."""

from django.urls import path

from podium.web.board import compare, headroom, matrix

urlpatterns = [
    path("c/<slug:slug>/compare/", compare.compare, name="compare"),
    path("c/<slug:slug>/tracks/<slug:kind>/matrix/", matrix.matrix, name="matrix"),
    path("c/<slug:slug>/tracks/<slug:kind>/matrix.svg", matrix.figure, name="matrix-figure"),
    path("c/<slug:slug>/tracks/<slug:kind>/headroom/", headroom.headroom, name="headroom"),
]
