"""What people type about teams. The verbs judge it; these forms keep it and stand errors beside."""

from typing import Any

from django import forms

from podium.accounts.models import User
from podium.teams.actions import MAX_NAME, Refused
from podium.teams.models import Team

# Refusals that speak of one field; all others stand above the form.
_FIELD_OF = {
    "bad_name": "name",
    "name_taken": "name",
    "bad_email": "email",
    "already_member": "email",
    "not_a_member": "to",
}


class TeamForm(forms.Form):
    """A form that can carry the refusal of a verb."""

    def refuse(self, refused: Refused) -> None:
        """Stand the refusal beside the field that it speaks of."""
        field = _FIELD_OF.get(refused.code)
        self.add_error(field if field in self.fields else None, refused.message)


class RulesForm(TeamForm):
    """Asks to accept the rules, unless they were accepted or there are none."""

    accept_rules = forms.BooleanField(
        label="I have read the rules and accept them.",
        error_messages={"required": "Read the rules and tick this to take part."},
    )

    def __init__(self, *args: Any, ask_rules: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not ask_rules:
            del self.fields["accept_rules"]


class CreateForm(RulesForm):
    """Asks for the name of a new team."""

    name = forms.CharField(
        max_length=MAX_NAME, label="Team name", help_text="Shown on the boards. No title needed."
    )
    field_order = ("name", "accept_rules")


class RenameForm(TeamForm):
    """Asks for a team's new name."""

    name = forms.CharField(
        max_length=MAX_NAME, label="Team name", help_text="The team's address stays as it is."
    )


class InviteForm(TeamForm):
    """Asks whom to invite; nobody in particular makes a link for everybody who gets it."""

    email = forms.EmailField(
        required=False,
        label="E-mail address",
        help_text="Leave it empty for a link that you pass on yourself.",
    )


class HandOverForm(TeamForm):
    """Asks which other member shall be captain."""

    to = forms.ModelChoiceField(
        queryset=User.objects.none(), label="New captain", empty_label="Choose a member"
    )

    def __init__(self, *args: Any, team: Team, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["to"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  (tells the type checker)
        members = User.objects.filter(memberships__team=team)
        field.queryset = members.exclude(pk=team.captain_id) if team.captain_id else members
