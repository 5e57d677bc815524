"""Addresses of the team's side of its thread with the organizers."""

from django.urls import path

from podium.web.talk import messages

urlpatterns = [
    path("c/<slug:slug>/team/messages/", messages.team_messages, name="team-messages"),
]
