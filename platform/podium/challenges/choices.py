"""What owners choose for a whole challenge: its readers, and what others see of its teams."""

from django.db import models


class VisibleTo(models.TextChoices):
    """The readers of an announced challenge, in addition to its organizers and teams."""

    EVERYBODY = "everybody", "everybody"
    SIGNED_IN = "signed_in", "everybody who is signed in"
    ADMITTED = "admitted", "only people who may take part"


class ShowMembers(models.TextChoices):
    """Access to the names of a team's members. Its members and the organizers always see them."""

    EVERYBODY = "everybody", "everybody"
    CHALLENGE = "challenge", "people in its teams and organizers"
    ORGANIZERS = "organizers", "only organizers"


class DeletedAccounts(models.TextChoices):
    """What becomes of a team's submissions when its last member deletes their account."""

    KEEP = "keep", "they stay, as those of a former participant"
    REMOVE = "remove", "until the reveal they are withdrawn and their files deleted"
