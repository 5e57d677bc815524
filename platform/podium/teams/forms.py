"""Forms about teams. Actions validate; these forms keep the input and show the errors."""

from django import forms
from django.http import QueryDict

from podium.accounts.models import User
from podium.challenges.models import Challenge
from podium.refusals import RefusalForm, Refused
from podium.teams.merging import candidates
from podium.teams.models import MAX_AFFILIATION, ResearchUse, Team
from podium.teams.names import MAX_NAME


class RulesForm(RefusalForm):
    """Asks to accept the rules, unless they were accepted or there are none."""

    field_of = {"rules_changed": "accept_rules", "name_taken": "name"}

    accept_rules = forms.BooleanField(
        label="I have read the rules and accept them.",
        error_messages={"required": "Read the rules and tick this to take part."},
    )

    rules_version = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, data: QueryDict | None = None, *, challenge: Challenge, ask_rules: bool
    ) -> None:
        super().__init__(data)
        self._version = challenge.rules_hash
        self.fields["rules_version"].initial = self._version
        if not ask_rules:
            del self.fields["accept_rules"]
            del self.fields["rules_version"]

    def refuse(self, refused: Refused) -> None:
        super().refuse(refused)
        if refused.code == "rules_changed":
            # Shown again with the rules as they are now, which the person has not accepted yet.
            typed = {name: text for name, text in self.data.items() if name != "accept_rules"}
            self.data = {**typed, "rules_version": self._version}


class CreateForm(RulesForm):
    """Asks for the name of a new team."""

    name = forms.CharField(max_length=MAX_NAME, label="Team name", help_text="Shown on the boards.")
    field_order = ("name", "accept_rules", "rules_version")


class RenameForm(RefusalForm):
    """Asks for a team's new name."""

    field_of = {"name_taken": "name"}

    name = forms.CharField(
        max_length=MAX_NAME, label="Team name", help_text="The team's address stays as it is."
    )
    affiliation = forms.CharField(
        max_length=MAX_AFFILIATION, required=False, help_text="Shown on the boards."
    )

    def __init__(self, data: QueryDict | None = None, *, team: Team) -> None:
        super().__init__(data, auto_id="rename_%s")
        self.initial = {name: getattr(team, name) for name in self.fields}
        if not team.challenge.show_affiliations:
            del self.fields["affiliation"]


class InviteForm(RefusalForm):
    """Asks whom to invite; nobody in particular makes a link for everybody who gets it."""

    field_of = {"already_member": "email"}

    email = forms.EmailField(
        required=False,
        label="E-mail address",
        help_text="Leave empty to get a shareable link.",
    )


class HandOverForm(RefusalForm):
    """Asks which other member shall be captain."""

    field_of = {"not_a_member": "to"}

    to = forms.ModelChoiceField(
        queryset=User.objects.none(), label="New captain", empty_label="Choose a member"
    )

    def __init__(self, data: QueryDict | None = None, *, team: Team) -> None:
        super().__init__(data, auto_id="hand_over_%s")
        field = self.fields["to"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  (for the type checker)
        members = User.objects.filter(memberships__team=team, is_active=True)
        field.queryset = members.exclude(pk=team.captain_id) if team.captain_id else members


class ProposeForm(RefusalForm):
    """Asks which other team shall become part of this one."""

    other = forms.ModelChoiceField(
        queryset=Team.objects.none(), label="The other team", empty_label="Choose a team"
    )

    def __init__(self, data: QueryDict | None = None, *, team: Team) -> None:
        super().__init__(data, auto_id="propose_%s")
        field = self.fields["other"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  (for the type checker)
        field.queryset = candidates(team)


class ResearchForm(RefusalForm):
    """Asks whether the team's submissions may be kept for research."""

    answer = forms.ChoiceField(
        choices=[
            (ResearchUse.YES, "Yes, they may be kept and studied"),
            (ResearchUse.NO, "No"),
            (ResearchUse.UNSAID, "Undecided"),
        ],
        label="May the organizers keep your submissions for research?",
        widget=forms.RadioSelect,
        help_text="It changes no score and no rank, and you can change it at any time.",
    )
