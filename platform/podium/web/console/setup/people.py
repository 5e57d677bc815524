"""The sheet of the people that organize a challenge."""

from typing import Any

from django import forms

from podium.challenges.models import Role
from podium.challenges.organizers import roles_of
from podium.challenges.permissions import Permission
from podium.files import Json
from podium.web.console.setup.sheets import Sheet


class OrganizersSheet(Sheet):
    """A field for the role of each address, and two for one more."""

    heading = "Organizers"
    lead = "Owners set up the challenge, managers run it, viewers see its console."
    permission = Permission.MANAGE_ORGANIZERS

    email = forms.EmailField(
        required=False,
        label="E-mail address of one more person",
        help_text="Without an account they get the role when they sign up and confirm the address. "
        "Tell them: no mail goes to addresses that nobody has confirmed.",
    )
    role = forms.ChoiceField(
        choices=Role.choices,
        initial=Role.VIEWER,
        label="Their role",
        help_text="People in a team of the challenge cannot get one.",
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.present = roles_of(self.challenge)
        waiting = set(self.challenge.pending_roles.values_list("email", flat=True))
        for number, (email, role) in enumerate(self.present.items()):
            self.fields[f"role_{number}"] = forms.ChoiceField(
                choices=[*Role.choices, ("", "No role")],
                required=False,
                initial=role,
                label=email,
                help_text="Nobody has confirmed the address yet." if email in waiting else "",
            )
        self.order_fields([*(f"role_{n}" for n in range(len(self.present))), "email", "role"])

    def stored(self) -> Json:
        return {}

    def document(self) -> Json:
        chosen = (self.cleaned_data[f"role_{number}"] for number in range(len(self.present)))
        roles = {email: role for email, role in zip(self.present, chosen, strict=True) if role}
        if email := self.cleaned_data["email"]:
            roles[email.lower()] = self.cleaned_data["role"]
        return {"organizers": roles}

    def labels(self) -> dict[str, str]:
        asked = self.cleaned_data.get("email", "").lower()
        return {f"organizers.{email}": email for email in [*self.present, asked]}
