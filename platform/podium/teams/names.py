"""What teams are called: clean, free, and taken by one request at a time."""

import unicodedata

from django.utils.text import slugify

from podium.accounts.models import User
from podium.challenges.models import Challenge
from podium.refusals import Refused
from podium.teams.models import Team

MAX_NAME = 60


def clean_name(name: str) -> str:
    """Return the normalized name: NFKC, single spaces. Raises Refused if it is not valid."""
    text = clean_label(name, "name", MAX_NAME)
    if not any(mark.isalnum() for mark in text):
        raise Refused("bad_name", "The name needs a letter or a digit.")
    if text.casefold().startswith("baseline"):
        raise Refused("bad_name", "Names that begin with “baseline” are for reference methods.")
    return text


def clean_label(text: str, what: str, most: int) -> str:
    """Return the normalized text: NFKC, single spaces. Raises Refused, which calls it `what`."""
    text = unicodedata.normalize("NFKC", text)
    if any(unicodedata.category(mark)[0] == "C" for mark in text):
        raise Refused(f"bad_{what}", f"The {what} contains an invisible character. Retype it.")
    text = " ".join(text.split())
    if len(text) > most:
        length = f"The {what} has {len(text)} characters. It may have up to {most}."
        raise Refused(f"bad_{what}", length)
    return text


def name_of_one(user: User) -> str:
    """Return what a team of one is called that nobody named, before any number."""
    try:
        return clean_name(user.name[: MAX_NAME - 5])
    except Refused:
        return f"Team of {user.pk}"


def free_name(challenge: Challenge, user: User) -> str:
    """Return a free team name made from the person's."""
    base = name_of_one(user)
    taken = _names(challenge)
    name, number = base, 1
    while name.casefold() in taken:
        number += 1
        name = f"{base} {number}"
    return name


def lock_names(challenge: Challenge) -> None:
    """Order all who choose a name in the challenge until this transaction ends."""
    Challenge.objects.select_for_update(no_key=True).get(pk=challenge.pk)


def _names(challenge: Challenge, except_team: Team | None = None) -> set[str]:
    teams = Team.objects.filter(challenge=challenge)
    if except_team:
        teams = teams.exclude(pk=except_team.pk)
    # Compared here, because SQLite's LOWER only knows ASCII.
    return {name.casefold() for name in teams.values_list("name", flat=True)}


def refuse_taken(challenge: Challenge, name: str, except_team: Team | None = None) -> None:
    """Raise Refused if another team of the challenge has the name. Names are locked."""
    if name.casefold() in _names(challenge, except_team):
        raise Refused("name_taken", f"There is a team “{name}” already. Choose another name.")


def free_slug(challenge: Challenge, name: str) -> str:
    """Return the part of an address that a new team of this name gets."""
    base = slugify(name)[:MAX_NAME] or "team"
    taken = set(
        Team.objects.filter(challenge=challenge, slug__startswith=base).values_list(
            "slug", flat=True
        )
    )
    slug, number = base, 1
    while slug in taken:
        number += 1
        slug = f"{base}-{number}"
    return slug
