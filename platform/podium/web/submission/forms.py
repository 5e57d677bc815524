"""What a team writes about a submission."""

from django import forms

from podium.refusals import RefusalForm
from podium.submissions.actions import MOST_METHOD, MOST_NOTE


class DescribeForm(RefusalForm):
    """A team's own words about a submission."""

    method = forms.CharField(
        label="Method",
        required=False,
        max_length=MOST_METHOD,
        help_text="Shown next to your team on the leaderboard.",
    )
    note = forms.CharField(
        label="Note",
        required=False,
        max_length=MOST_NOTE,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Private note: settings, seed, what changed. The organizers see it, too.",
    )
