"""Address of the winners' page."""

from django.urls import path

from podium.web.winners.views import winners

urlpatterns = [path("c/<slug:slug>/winners/", winners, name="winners")]
