"""Addresses of boards: pages, files, badges, and the pages that compare entries."""

from django.urls import path

from podium.web.board import badges, compare, exports, headroom, matrix, views

TASK = "c/<slug:slug>/tasks/<slug:task>"
TRACK = "c/<slug:slug>/tracks/<slug:kind>"
TEAM = "c/<slug:slug>/teams/<slug:team_slug>"

urlpatterns = [
    path("c/<slug:slug>/tasks/<slug:task>/board/", views.task_board, name="task-board"),
    path("c/<slug:slug>/tracks/<slug:kind>/", views.track, name="track"),
    path(f"{TASK}/board.<str:form>", exports.task_file, name="task-board-file"),
    path(f"{TASK}/bundle.zip", exports.task_bundle, name="task-bundle"),
    path(f"{TRACK}/board.<str:form>", exports.track_file, name="track-file"),
    path(f"{TRACK}/bundle.zip", exports.track_bundle, name="track-bundle"),
    path(f"{TEAM}/badge.svg", badges.team_badge, name="team-badge"),
    path(f"{TEAM}/table.<str:form>", badges.team_table, name="team-table"),
    path("c/<slug:slug>/compare/", compare.compare, name="compare"),
    path("c/<slug:slug>/tracks/<slug:kind>/matrix/", matrix.matrix, name="matrix"),
    path("c/<slug:slug>/tracks/<slug:kind>/matrix.svg", matrix.figure, name="matrix-figure"),
    path("c/<slug:slug>/tracks/<slug:kind>/headroom/", headroom.headroom, name="headroom"),
]
