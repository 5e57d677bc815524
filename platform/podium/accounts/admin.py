"""People in the admin: known by e-mail address, with Django's password forms."""

# The admin's classes take type arguments only in the stubs.
# mypy: disable-error-code="type-arg"

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialApp, SocialToken
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.contrib.auth.forms import UserChangeForm as DjangoUserChangeForm
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from podium.accounts.models import ApiToken, Sighting, User
from podium.accounts.tokens import revoke_all
from podium.audit.admin import ReadOnlyAdmin
from podium.files import Json

admin.site.site_header = admin.site.site_title = "Podium staff"


class LowerCaseEmail:
    """Keeps addresses in lower case, as signing up does, so that sign-in finds them."""

    cleaned_data: dict[str, str]

    def clean_email(self) -> str:
        return self.cleaned_data["email"].lower()


class UserAddForm(LowerCaseEmail, AdminUserCreationForm):
    class Meta:
        model = User
        fields = ("email", "name")


class UserChangeForm(LowerCaseEmail, DjangoUserChangeForm):
    """Makes nobody staff who competes: staff may see hidden rows."""

    class Meta:
        model = User
        fields = "__all__"

    def clean(self) -> Json:
        data: Json = super().clean() or self.cleaned_data
        for right in {"is_staff", "is_superuser"} & set(self.changed_data):
            if data.get(right) and (challenge := _competes_in(self.instance)):
                said = f"{self.instance} is in a team of “{challenge}”. They must leave it first, "
                self.add_error(right, said + "or wait for its reveal.")
        return data


def _competes_in(user: User) -> object:
    """Return a challenge before its reveal in which the user is in a team, or None."""
    memberships = user.memberships.filter(challenge__revealed_at=None)
    return next((row.challenge for row in memberships.select_related("challenge")), None)


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    form = UserChangeForm
    add_form = UserAddForm
    list_display = ["email", "name", "is_active", "is_staff", "date_joined", "last_login"]
    list_filter = ["is_active", "is_staff", "is_superuser"]
    search_fields = ["email", "name"]
    ordering = ["email"]
    date_hierarchy = "date_joined"
    readonly_fields = ["date_joined", "last_login"]
    fieldsets = [
        (None, {"fields": ["email", "name", "password"]}),
        (
            "May",
            {"fields": ["is_active", "is_staff", "is_superuser", "groups", "user_permissions"]},
        ),
        ("Times", {"fields": ["date_joined", "last_login"]}),
    ]
    add_fieldsets = [
        (None, {"fields": ["email", "name", "usable_password", "password1", "password2"]}),
    ]

    def user_change_password(
        self,
        request: HttpRequest,
        id: str,  # noqa: A002  (Django's name)
        form_url: str = "",
    ) -> HttpResponse:
        """Set or disable a password; then the person's API tokens are revoked."""
        before = User.objects.filter(pk=id).values_list("password", flat=True).first()
        with transaction.atomic():
            response = super().user_change_password(request, id, form_url)
            for user in User.objects.filter(pk=id).exclude(password=before or ""):
                revoke_all(user=user, by=request.user)
        return response


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnlyAdmin):
    """Shows tokens without their hash."""

    list_display = ["user", "name", "prefix", "created_at", "expires_at", "revoked_at"]
    list_select_related = ["user"]
    search_fields = ["user__email", "user__name", "name", "prefix"]
    date_hierarchy = "created_at"
    fields = [
        "user", "name", "prefix", "scopes",
        "created_at", "expires_at", "last_used_at", "revoked_at",
    ]  # fmt: skip


# The provider of single sign-on is a setting, and tokens of it are not kept.
admin.site.unregister([SocialApp, SocialToken, Authenticator])


@admin.register(Authenticator)
class AuthenticatorAdmin(ReadOnlyAdmin):
    """Shows who has a second factor, without its secret. Deleting it lets in who lost it."""

    list_display = ["user", "type", "created_at", "last_used_at"]
    list_filter = ["type"]
    list_select_related = ["user"]
    search_fields = ["user__email", "user__name"]
    date_hierarchy = "created_at"
    fields = ["user", "type", "created_at", "last_used_at"]

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return admin.ModelAdmin.has_delete_permission(self, request, obj)

    def delete_model(self, request: HttpRequest, obj: Authenticator) -> None:
        """Delete the recovery codes too: sign-in would still ask for them."""
        Authenticator.objects.filter(user=obj.user).delete()

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Authenticator]) -> None:
        users = list(queryset.values_list("user", flat=True))
        Authenticator.objects.filter(user__in=users).delete()


@admin.register(Sighting)
class SightingAdmin(ReadOnlyAdmin):
    """Shows when addresses were seen, and none of their hashes."""

    list_display = ["user", "at"]
    list_select_related = ["user"]
    search_fields = ["user__email"]
    fields = ["user", "at"]
