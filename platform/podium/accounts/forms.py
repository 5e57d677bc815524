"""What sign-up asks for in addition to e-mail and password."""

from unicodedata import category

from django import forms
from django.http import HttpRequest

from podium.accounts.models import User

# Marks that turn the direction of what follows them. Scripts need other invisible marks in names.
TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def breaks_line(text: str) -> bool:
    """Return whether a text would break its line or reverse the direction of its surroundings."""
    return any(category(mark) in {"Cc", "Zl", "Zp"} or mark in TURNING for mark in text)


def clean_person_name(name: str) -> str:
    """Return the name without spaces around it.

    Raises ValidationError for what would break lines or turn text around in pages and mails.
    """
    name = name.strip()
    if breaks_line(name):
        raise forms.ValidationError("The name contains an invisible character. Retype it.")
    if not any(mark.isalnum() for mark in name):
        raise forms.ValidationError("The name needs a letter or a digit.")
    return name


class SignupForm(forms.Form):
    """Asks for the name that others see."""

    name = forms.CharField(
        max_length=80,
        label="Name",
        help_text="Shown to others next to your team.",
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )

    def clean_name(self) -> str:
        return clean_person_name(self.cleaned_data["name"])

    def signup(self, request: HttpRequest, user: User) -> None:
        """Keep the name on the user that sign-up has just made."""
        user.name = self.cleaned_data["name"]
        user.save(update_fields=["name"])
