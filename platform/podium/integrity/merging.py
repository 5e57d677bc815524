"""What organizers should look at before they make two teams one: cases that name them."""

from podium.integrity.models import Case, CaseState
from podium.teams.models import Team


def described(surviving: Team, absorbed: Team) -> list[str]:
    """Return a sentence that counts the open cases of the two teams, if there are any."""
    cases = Case.objects.filter(state=CaseState.OPEN, entries__team__in=(surviving, absorbed))
    count = cases.distinct().count()
    if not count:
        return []
    named = "One open integrity case names" if count == 1 else f"{count} open integrity cases name"
    return [f"{named} these teams, and will still show them apart. Decide before you merge."]
