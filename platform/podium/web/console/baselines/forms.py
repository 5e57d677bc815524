"""What organizers choose of a series of baseline runs."""

from django import forms
from django.conf import settings
from django.http import QueryDict

from podium.baseline_runs.methods import AGAIN, offered
from podium.baseline_runs.series import MOST_SEEDS, Wish, seeds_of
from podium.challenges.models import Challenge
from podium.refusals import RefusalForm, Refused


class SeriesForm(RefusalForm):
    """Asks for a method, tasks, a time limit and seeds."""

    method = forms.ChoiceField(
        choices=lambda: [(name, method.title) for name, method in offered().items()],
        label="Baseline",
    )
    tasks = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one task."},
    )
    seconds = forms.IntegerField(
        required=False, label="Time limit of a run, in seconds", min_value=1
    )
    seeds = forms.CharField(
        max_length=200,
        initial="1",
        help_text=f"Whole numbers with commas between them, such as 1, 2, 3 or 1-3; at most "
        f"{MOST_SEEDS}. Boards show the first one.",
    )

    def __init__(self, data: QueryDict | None, challenge: Challenge) -> None:
        super().__init__(data)
        self.challenge = challenge
        listed = [(task.slug, task.title) for task in challenge.tasks.all()]
        self.fields["tasks"].choices = listed  # type: ignore[attr-defined]
        self.fields["tasks"].initial = [slug for slug, _ in listed]
        seconds, most = settings.BASELINE_SECONDS, settings.MOST_BASELINE_SECONDS
        self.fields["seconds"].widget.attrs["max"] = most
        self.fields["seconds"].help_text = (
            f"At most {most:,}. Without one: {seconds:,} s, and {min(AGAIN * seconds, most):,} s "
            "for a method that starts from another baseline’s predictions."
        )

    def clean_seeds(self) -> tuple[int, ...]:
        try:
            return seeds_of(self.cleaned_data["seeds"])
        except Refused as refused:
            raise forms.ValidationError(refused.message) from refused

    @property
    def wish(self) -> Wish:
        """What was chosen, once the form is valid."""
        data = self.cleaned_data
        return Wish(
            challenge=self.challenge,
            method=data["method"],
            seeds=data["seeds"],
            tasks=data["tasks"],
            seconds=data["seconds"],
        )
