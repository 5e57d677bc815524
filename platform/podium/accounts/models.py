"""People who sign in."""

from typing import ClassVar

from django.contrib.auth.models import AbstractUser, AnonymousUser, BaseUserManager
from django.db import models
from django.utils import timezone


class UserManager(BaseUserManager["User"]):
    """Makes users, who are known by their e-mail address."""

    use_in_migrations = True

    def create_user(self, email: str, password: str | None = None, **extra: object) -> "User":
        """Return a saved user. Raises ValueError without an e-mail address."""
        if not email:
            raise ValueError("A user needs an e-mail address.")
        user = self.model(email=self.normalize_email(email).lower(), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **extra: object) -> "User":
        """Return a saved user who may repair rows in the admin."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **extra)


class User(AbstractUser):
    """A person. Others see the name; the e-mail address is for signing in and for mails."""

    username = None  # type: ignore[assignment]
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    email = models.EmailField("e-mail address", unique=True)
    name = models.CharField(max_length=80)
    time_zone = models.CharField(
        max_length=64,
        blank=True,
        help_text="Time zone for display, such as Europe/Berlin; empty: the browser's.",
    )

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    objects = UserManager()  # type: ignore[assignment,misc]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name


# A person who reads a page, signed in or not.
Viewer = User | AnonymousUser


class Scope(models.TextChoices):
    """What a program may do with a token, within its owner's rights."""

    READ = "read", "read: everything that you may see"
    SUBMIT = (
        "submit",
        "submit: accept rules; upload, check, describe, withdraw and select submissions",
    )
    TEAM = "team", "team: run a team, ask and answer, write up, change your account"
    ORGANIZE = (
        "organize",
        "organize: set up, run, reveal and archive the challenges that you organize, "
        "for at most 30 days",
    )


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    """Questions that more than one place asks about tokens."""

    def working(self) -> "ApiTokenQuerySet":
        return self.filter(revoked_at=None, expires_at__gt=timezone.now())


class ApiToken(models.Model):
    """A key with which a program acts for a person. Only its hash is stored."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=60, help_text="What it is for, in its owner's words.")
    prefix = models.CharField(max_length=12, help_text="How it begins, to tell it from others.")
    digest = models.CharField(max_length=64, unique=True, help_text="sha256 of the token.")
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True, help_text="To about a minute.")
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def is_working(self) -> bool:
        return self.revoked_at is None and timezone.now() < self.expires_at


class Sighting(models.Model):
    """An address from which a person signed up or sent their first file, as a keyed hash."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sightings")
    address = models.CharField(max_length=32, db_index=True)
    at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "address"], name="sighting_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user} on {self.at:%Y-%m-%d}"
