"""Addresses of the user's account; `podium.web.urls` includes them."""

from django.urls import path

from podium.web.account import views as account

urlpatterns = [
    path("account/", account.account, name="account"),
    path("account/name/", account.change_name, name="account-name"),
    path("account/zone/", account.change_zone, name="account-zone"),
    path("account/data.zip", account.data, name="account-data"),
    path("account/delete/", account.delete, name="account-delete"),
]
