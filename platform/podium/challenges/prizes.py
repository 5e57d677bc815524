"""What teams win: the prizes of a track, by rank."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

LAST_RANK = 100


class Prize(models.Model):
    """What the team on a rank of a track gets."""

    track = models.ForeignKey("challenges.Track", on_delete=models.CASCADE, related_name="prizes")
    rank = models.PositiveIntegerField(
        validators=[MinValueValidator(1), MaxValueValidator(LAST_RANK)]
    )
    text = models.CharField(max_length=200)
    value = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ["rank"]
        constraints = [
            models.UniqueConstraint(fields=["track", "rank"], name="prize_once"),
        ]

    def __str__(self) -> str:
        return f"{self.text} ({self.value})" if self.value else self.text
