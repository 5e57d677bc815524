"""Addresses of the user's account."""

from django.urls import path

from podium.web.account import offers, tokens
from podium.web.account import views as account

urlpatterns = [
    path("account/", account.account, name="account"),
    path("account/name/", account.change_name, name="account-name"),
    path("account/zone/", account.change_zone, name="account-zone"),
    path("account/data.zip", account.data, name="account-data"),
    path("account/delete/", account.delete, name="account-delete"),
    path("account/offers/<int:pk>/", offers.offer, name="offer"),
    path("account/tokens/", tokens.tokens, name="tokens"),
    path("account/tokens/make/", tokens.make, name="token-make"),
    path("account/tokens/<int:pk>/revoke/", tokens.revoke, name="token-revoke"),
]
