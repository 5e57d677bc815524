"""Addresses of boards as files and of badges; `podium.web.urls` includes them."""

from django.urls import path

from podium.web.board import badges, exports

TASK = "c/<slug:slug>/tasks/<slug:task>"
TRACK = "c/<slug:slug>/tracks/<slug:kind>"
TEAM = "c/<slug:slug>/teams/<slug:team_slug>"

urlpatterns = [
    path(f"{TASK}/board.<str:form>", exports.task_file, name="task-board-file"),
    path(f"{TASK}/bundle.zip", exports.task_bundle, name="task-bundle"),
    path(f"{TRACK}/board.<str:form>", exports.track_file, name="track-file"),
    path(f"{TRACK}/bundle.zip", exports.track_bundle, name="track-bundle"),
    path(f"{TEAM}/badge.svg", badges.team_badge, name="team-badge"),
    path(f"{TEAM}/table.<str:form>", badges.team_table, name="team-table"),
]
