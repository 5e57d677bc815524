"""What sign-up asks beside e-mail and password."""

from typing import Any

from django import forms
from django.http import HttpRequest


class SignupForm(forms.Form):
    """Asks for the name that others see."""

    name = forms.CharField(
        max_length=80,
        label="Name",
        help_text="Shown to others beside your team. No title needed.",
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )

    def signup(self, request: HttpRequest, user: Any) -> None:
        """Keep the name on the user that sign-up has just made."""
        user.name = self.cleaned_data["name"].strip()
        user.save(update_fields=["name"])
