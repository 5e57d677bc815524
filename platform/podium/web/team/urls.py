"""Addresses of the team pages; `podium.web.urls` includes them."""

from django.urls import path

from podium.web.team import merging as team_merges
from podium.web.team import result as results
from podium.web.team import views as teams

urlpatterns = [
    path("c/<slug:slug>/team/", teams.my_team, name="my-team"),
    path("c/<slug:slug>/team/create/", teams.create, name="team-create"),
    path("c/<slug:slug>/team/invite/", teams.invite, name="team-invite"),
    path(
        "c/<slug:slug>/team/invitations/<int:invitation>/revoke/",
        teams.revoke_invitation,
        name="team-revoke",
    ),
    path("c/<slug:slug>/team/rename/", teams.rename, name="team-rename"),
    path("c/<slug:slug>/team/hand-over/", teams.hand_over, name="team-hand-over"),
    path("c/<slug:slug>/team/members/<int:user>/remove/", teams.remove, name="team-remove"),
    path("c/<slug:slug>/team/leave/", teams.leave, name="team-leave"),
    path("c/<slug:slug>/team/research/", teams.research, name="team-research"),
    path("c/<slug:slug>/team/merges/", team_merges.propose, name="team-propose"),
    path("c/<slug:slug>/team/merges/<int:proposal>/", team_merges.merge, name="merge"),
    path(
        "c/<slug:slug>/team/merges/<int:proposal>/accept/", team_merges.accept, name="merge-accept"
    ),
    path(
        "c/<slug:slug>/team/merges/<int:proposal>/decline/",
        team_merges.decline,
        name="merge-decline",
    ),
    path(
        "c/<slug:slug>/team/merges/<int:proposal>/withdraw/",
        team_merges.withdraw,
        name="merge-withdraw",
    ),
    path("c/<slug:slug>/teams/<slug:team_slug>/", teams.team, name="team"),
    path("c/<slug:slug>/teams/<slug:team_slug>/result/", results.result, name="team-result"),
    path("join/<str:token>/", teams.join, name="join"),
]
