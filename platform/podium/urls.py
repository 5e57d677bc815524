"""All addresses of the site."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

from podium.accounts import single_sign_on

# The site's own sign-in also for the admin: it counts failures and asks for the second factor.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

handler400 = "podium.api.middleware.bad_request"

# They are tried one after the other: first those that are asked for most.
urlpatterns = [
    path("", include("podium.web.urls")),
    path("admin/", admin.site.urls),
    path("accounts/oidc/<slug:provider_id>/login/", single_sign_on.login),
    path("accounts/", include("allauth.urls")),
    path("api/v1/", include("podium.api.urls")),
    path("", include("podium.web.console.urls")),
]
