"""What becomes of the private thread of a team that goes into another."""

from podium.discussions.models import Message
from podium.teams.models import Team


def described(surviving: Team, absorbed: Team) -> list[str]:
    """Return what would become of the thread, in a sentence, if anybody has written in it."""
    last = Message.objects.filter(team=absorbed).order_by("sent_at", "pk").last()
    if last is None:
        return []
    open_end = "" if last.by_organizer else " The last message waits for an answer: send it first."
    return [
        f"The messages between {absorbed} and the organizers stay where they are, and only "
        f"organizers can read them. {surviving} writes in its own thread.{open_end}"
    ]
