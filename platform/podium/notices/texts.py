"""The text of a notice, made when it is read or mailed: only then is it known what may be shown.

Scores come only from `standings.feedback` and public boards.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils import timezone

from figures.words import number
from podium.accounts.models import User
from podium.accounts.zones import in_words
from podium.audit.models import Event
from podium.audit.verbs import Verb
from podium.catalog.models import DataEditor, DatasetVersion
from podium.challenges.definition import TIMES_IN_WORDS
from podium.challenges.models import Challenge, Phase
from podium.notices.finals import Choice
from podium.notices.material import Material
from podium.notices.models import Kind, Notice
from podium.submissions.models import State, Submission
from podium.teams.models import Team


@dataclass(frozen=True)
class RenderedNotice:
    """A notice in words. `url` is a path on the site, empty where there is nothing to open.

    `is_moot`: nothing in it still holds for the reader, so it is not mailed.
    """

    title: str
    body: str
    url: str = ""
    is_moot: bool = False


_GONE = RenderedNotice(
    "A notice about something deleted", "Its subject no longer exists.", "", True
)
_NOT_YOURS = RenderedNotice(
    "A submission of a team that you were in",
    "You are no longer in the team, so nothing more is shown.",
    "",
    True,
)
# Which time of a challenge a notice of the kind `deadline` is of.
TIMES = {"close": "closes_at", "freeze": "team_freeze_at"}


def text(notice: Notice, viewer: User) -> RenderedNotice:
    """Return what the notice tells its reader now."""
    return texts([notice], viewer)[0]


def texts(notices: Sequence[Notice], viewer: User) -> list[RenderedNotice]:
    """Return what each of these notices tells their reader now, by as few queries as for one."""
    material = Material(notices, viewer)
    return [_text(notice, material) for notice in notices]


def _text(notice: Notice, material: Material) -> RenderedNotice:
    # An earlier release may have notified of something this one does not know.
    made = _TEXTS.get(notice.kind)
    if made is None or material.is_secret(notice.challenge):
        return _GONE
    return made(notice, material)


def when(at: datetime, viewer: User) -> str:
    """Return a time in the zone that the reader chose, and in UTC."""
    return in_words(at, viewer.time_zone)


# Submissions -----------------------------------------------------------------------------------


def _of_submission(notice: Notice, material: Material) -> RenderedNotice:
    sent = material.submissions.get(notice.facts["submission"])
    if sent is None or sent.team_id not in material.teams.values():
        return _NOT_YOURS
    name, url = f"Submission {sent.number} to {sent.task}", sent.get_absolute_url()
    if sent.state != notice.kind:
        is_now = "waits to be scored again" if not sent.is_final else f"is {sent.state}"
        return RenderedNotice(
            f"{name} was {notice.kind}", f"Since then that has changed: it {is_now}.", url, True
        )
    return RenderedNotice(
        f"{name} is {_STATES[sent.state]}", _OUTCOMES[sent.state](sent, material), url
    )


def _score(sent: Submission, material: Material) -> str:
    """Return the headline score as the task's feedback lets the reader see it."""
    shown = material.headlines.get(sent.pk)
    if shown is None:
        return "Its page tells more."
    if shown.value is None:
        return f"{shown.metric.title}: {shown.reason}"
    said = f"{shown.metric.title} on the public part: {number(shown.value, shown.decimals)}"
    if shown.low is None or shown.high is None:
        return f"{said}."
    low, high = number(shown.low, shown.decimals), number(shown.high, shown.decimals)
    return f"{said}, 95 % interval {low} to {high}."


def _problems(sent: Submission, _material: Material) -> str:
    """Return the first problem of the file, and that there are more."""
    first = sent.problems[0]["message"] if sent.problems else "The file is invalid."
    more = f" {len(sent.problems) - 1} more on its page." if len(sent.problems) > 1 else ""
    return (
        f"{first}{more} It does not count against today's quota: fix the file and upload it again."
    )


def _failure(_sent: Submission, _material: Material) -> str:
    return (
        "The fault is ours, not your file's, and the attempt is not counted. The organizers see it "
        "and can score it again; you do not need to upload it again."
    )


_STATES: dict[str, str] = {
    State.SCORED: "scored",
    State.REJECTED: "rejected",
    State.FAILED: "not scored",
}
_OUTCOMES: dict[str, Callable[[Submission, Material], str]] = {
    State.SCORED: _score,
    State.REJECTED: _problems,
    State.FAILED: _failure,
}

# Challenges ------------------------------------------------------------------------------------


def _challenge_of(notice: Notice) -> Challenge:
    """Return the challenge, which every notice has but those of accounts."""
    if notice.challenge is None:
        raise ValueError(f"Notice {notice.pk} has no challenge.")
    return notice.challenge


def _announced(notice: Notice, material: Material) -> RenderedNotice:
    news = material.announcements.get(notice.facts["announcement"])
    if news is None or news.challenge_id != notice.challenge_id:
        return RenderedNotice(
            "An announcement that was taken back", "It is not shown any more.", "", True
        )
    return RenderedNotice(news.title, news.body, _challenge_of(notice).get_absolute_url())


def _deadline(notice: Notice, material: Material) -> RenderedNotice:
    challenge, which, viewer = _challenge_of(notice), notice.facts["which"], material.viewer
    at: datetime = getattr(challenge, TIMES[which])
    if at.isoformat() != notice.facts["at"]:
        body = f"The time was changed. Now it is {when(at, viewer)}."
        return RenderedNotice(
            f"A deadline of {challenge}", body, challenge.get_absolute_url(), True
        )
    is_over = timezone.now() >= at or challenge.phase() != Phase.OPEN
    if which == "close":
        title = f"{challenge} {'closed' if is_over else 'closes'} on {when(at, viewer)}"
        body = (
            "A file is in time if its first byte comes before the close. What counts is chosen "
            "until then, too."
        )
    else:
        title = (
            f"Teams of {challenge} {'were locked on' if is_over else 'lock on'} {when(at, viewer)}"
        )
        body = "Until then people can join and leave teams, and teams can merge."
    return RenderedNotice(title, "" if is_over else body, challenge.get_absolute_url(), is_over)


def _moved(notice: Notice, material: Material) -> RenderedNotice:
    """Return where the times are now that were moved."""
    challenge = _challenge_of(notice)
    lines = []
    for name in notice.facts["times"]:
        at: datetime | None = getattr(challenge, name)
        said = f"now {when(at, material.viewer)}" if at else "taken away"
        lines.append(f"- {TIMES_IN_WORDS[name]}: {said}")
    url = challenge.get_absolute_url()
    return RenderedNotice(f"{challenge} has new dates", "\n".join(lines), url)


def _standing(notice: Notice, material: Material) -> RenderedNotice:
    """Return what organizers did with the reader's team, and why."""
    challenge, team = _challenge_of(notice), material.standing.get(notice.facts["team"])
    event = material.events.get(notice.facts.get("event", 0))  # older notices name none
    if event is None or team is None or team.pk not in material.teams.values():
        return _GONE
    if event.verb in {Verb.HID_WRITE_UP, Verb.SHOWED_WRITE_UP}:
        return _writeup(event, team)
    url, why = team.get_absolute_url(), f"The organizers give this reason:\n\n{event.facts['why']}"
    if event.verb == Verb.GRANTED_ATTEMPTS:
        count, task = event.facts["attempts"], event.facts["task"]
        more = f"{count} more attempt{'' if count == 1 else 's'}"
        body = f"They can be used on {event.at:%Y-%m-%d} (UTC). {why}"
        return RenderedNotice(f"{team} has {more} at {task}", body, url)
    if event.verb == Verb.CHANGED_ELIGIBILITY:
        title = f"{team} is {event.facts['after']} for prizes in {challenge}"
        return RenderedNotice(title, f"Its rank stays. {why}", url)
    if event.verb == Verb.MOVED_MEMBER:
        way = "out of" if event.facts["left"] == team.pk else "into"
        return RenderedNotice(f"The organizers moved a member {way} {team}", why, url)
    if event.verb == Verb.MERGED_TEAMS:
        return _merged(event, team, why)
    is_out = bool(team.disqualified_at)
    if is_out != (event.verb == Verb.DISQUALIFIED_TEAM):
        now = "disqualified" if is_out else "on the boards"
        return RenderedNotice(f"The standing of {team}", f"The team is {now} now.", url, True)
    if not is_out:
        body = f"It is back on the boards, and can submit as before. {why}"
        return RenderedNotice(f"{team} was reinstated in {challenge}", body, url)
    body = (
        f"{why}\n\nThe team is on no board and cannot submit. If you think that this is a "
        "mistake, write to the organizers."
    )
    return RenderedNotice(f"{team} was disqualified in {challenge}", body, url)


def _merged(event: Event, team: Team, why: str) -> RenderedNotice:
    body = (
        f"They are one team now, {team}, with the submissions of both. What {event.facts['name']} "
        "had chosen as final does not count any more: check the final selections. It cannot be "
        f"undone. {why}"
    )
    url = reverse("my-team", args=[team.challenge.slug])
    title = f"The organizers merged {event.facts['name']} into {team}"
    return RenderedNotice(title, body, url)


def _writeup(event: Event, team: Team) -> RenderedNotice:
    url = reverse("write-up", args=[team.challenge.slug, event.facts["track"], team.slug])
    if event.verb == Verb.SHOWED_WRITE_UP:
        return RenderedNotice(f"The write-up of {team} is visible again", "", url)
    body = (
        "Only your team and the organizers can read it now. "
        f"The organizers give this reason:\n\n{event.facts['why']}"
    )
    return RenderedNotice(f"The organizers hid the write-up of {team}", body, url)


def _ruling(notice: Notice, material: Material) -> RenderedNotice:
    """Return what organizers did with submissions of the reader's team, and why."""
    sent, event = (
        material.submissions.get(notice.facts["submission"]),
        material.events.get(notice.facts["event"]),
    )
    if event is None or sent is None or sent.team_id not in material.teams.values():
        return _NOT_YOURS
    count, done = notice.facts["count"], _RULED[event.verb]
    what = f"submission {sent.number} to {sent.task}" if count == 1 else f"{count} submissions"
    url = sent.get_absolute_url()
    if count > 1:
        url = reverse("my-submissions", args=[sent.task.challenge.slug])
    body = f"They give this reason:\n\n{event.facts['why']}"
    return RenderedNotice(f"The organizers {done.format(what)}", body, url)


_RULED: dict[str, str] = {
    Verb.WITHDREW_SUBMISSION: "withdrew {}",
    Verb.RESTORED_SUBMISSION: "put {} back on the boards",
    Verb.REFUNDED_SUBMISSION: "gave back the attempt of {}",
}


def _rescored(notice: Notice, material: Material) -> RenderedNotice:
    task = material.tasks.get(notice.facts["task"])
    if task is None:
        return _GONE
    body = (
        "All its submissions were scored again, with corrected labels or a newer scorer, and the "
        "boards have the new scores. Earlier boards stay available by date."
    )
    event = material.events.get(notice.facts.get("event", 0))  # older notices name none
    if event and event.facts.get("why"):
        body += f"\n\nThe organizers write:\n\n{event.facts['why']}"
    url = reverse("task-board", args=[task.challenge.slug, task.slug])
    return RenderedNotice(f"{task} was scored again", body, url)


def _winners(notice: Notice, material: Material) -> RenderedNotice:
    """Return what the reader's team wins now, and why the list changed if it did."""
    challenge, event = _challenge_of(notice), material.events.get(notice.facts["event"])
    team = material.teams.get(challenge.pk)
    if event is None or team not in event.facts["teams"]:
        return _GONE
    url = reverse("winners", args=[challenge.slug])
    why = f"\n\nThe organizers give this reason:\n\n{event.facts['why']}"
    why = why if event.facts["why"] else ""
    if places := material.wins(challenge):
        lines = "\n".join(
            f"- {place.track}: rank {place.rank}"
            + (f", {place.prize}" if place.prize else "")
            + (f" ({place.value})" if place.value else "")
            for place in places
        )
        return RenderedNotice(f"Your team is a winner of {challenge}", lines + why, url)
    body = f"Your team is not on the list of winners now.{why}"
    return RenderedNotice(f"The winners of {challenge} changed", body, url)


def _revealed(notice: Notice, material: Material) -> RenderedNotice:
    challenge = _challenge_of(notice)
    url = reverse("finalists", args=[challenge.slug])
    if not challenge.is_revealed():
        return RenderedNotice(f"The reveal of {challenge}", "It was moved to later.", url, True)
    body = "Ranks are now made from the private part of the test rows. See who finished where."
    if team := material.slugs.get(challenge.pk):
        url = reverse("team-result", args=[challenge.slug, team])
    return RenderedNotice(f"The final boards of {challenge} are public", body, url)


def _role(notice: Notice, material: Material) -> RenderedNotice:
    """Return what the reader may do in a challenge now."""
    if "data_set" in notice.facts:
        return _editing(notice, material)
    challenge, role = _challenge_of(notice), notice.facts["role"]
    now = material.roles.get(challenge.pk, "")
    if role != now:
        said = f"You are {now} of it now." if now else "You have no role in it now."
        return RenderedNotice(f"Your role in {challenge}", said, challenge.get_absolute_url(), True)
    if not role:
        said, url = "An owner took your role.", challenge.get_absolute_url()
        return RenderedNotice(f"You no longer organize {challenge}", said, url)
    url = reverse("console", args=[challenge.slug])
    body = "Its console shows how it runs. As an organizer you cannot be in one of its teams."
    return RenderedNotice(f"You are {role} of {challenge}", body, url)


def _editing(notice: Notice, material: Material) -> RenderedNotice:
    """Return an offer to edit a data set, what became of it, or whether the reader edits it."""
    version = material.data_sets.get(notice.facts["data_set"])
    if version is None:
        return _GONE
    if "offer" in notice.facts:
        return _offer(material.offers.get(notice.facts["offer"]), version, material)
    is_editor = version.pk in material.edited
    url = reverse("console-dataset", args=[version.name, version.number]) if is_editor else ""
    if "declined" in notice.facts:
        row = material.offers.get(notice.facts["declined"])
        if not is_editor or row is None or row.declined_at is None:
            return _GONE
        title = f"{row.email} declined to edit the data set {version.name}"
        return RenderedNotice(title, "You can offer it to another person.", f"{url}#editors")
    if is_editor != notice.facts["is_editor"]:
        said = "You are a data editor of it now." if is_editor else "You do not edit it now."
        return RenderedNotice(f"Your role in the data set {version.name}", said, "", True)
    if not is_editor:
        body = "You know its labels, so you still cannot compete in challenges that use it."
        return RenderedNotice(f"You are no longer a data editor of {version.name}", body)
    return RenderedNotice(f"You are a data editor of {version.name}", "You see its labels.", url)


def _offer(row: DataEditor | None, version: DatasetVersion, material: Material) -> RenderedNotice:
    """Return what accepting means while the offer is open, else what became of it."""
    title = f"You are asked to be a data editor of {version.name}"
    if row is None or (row.user_id and row.user_id != material.viewer.pk):
        return RenderedNotice(title, "The offer was withdrawn.", "", True)
    if row.user_id or row.declined_at:
        done = "accepted" if row.user_id else "declined"
        return RenderedNotice(title, f"You {done} the offer.", "", True)
    body = (
        "If you accept, you can read the labels of all its versions, and can never compete on this "
        "data, even if you stop editing it. Nothing changes until you accept."
    )
    return RenderedNotice(title, body, reverse("offer", args=[row.pk]))


def _selection(notice: Notice, material: Material) -> RenderedNotice:
    challenge, viewer = _challenge_of(notice), material.viewer
    at = challenge.closes_at
    url = reverse("my-submissions", args=[challenge.slug])
    if not challenge.takes_choices() or at.isoformat() != notice.facts["at"]:
        verb = "closed" if at <= timezone.now() else "closes"
        body = f"Final selection {verb} at {when(at, viewer)}."
        return RenderedNotice(f"Final selection in {challenge}", body, url, True)
    found = material.choices(challenge)
    if not found:
        return _GONE
    lines = "\n".join(f"- {choice.task}: {_choice(choice)}" for choice in found)
    body = (
        "After the reveal the private part of the test rows decides: of the submissions that you "
        "choose as final the best on the private part counts.\n\n" + lines
    )
    return RenderedNotice(f"Choose what counts in {challenge} until {when(at, viewer)}", body, url)


def _choice(choice: Choice) -> str:
    """Return in words what is chosen of a task, and what counts if nothing is."""
    if choice.chosen:
        names = " and ".join(
            f"submission {each.number}"
            + (" (withdrawn, so it does not count)" if each.withdrawn_at else "")
            for each in choice.chosen
        )
        more = f" You may choose {choice.left} more." if choice.left else ""
        return f"you chose {names}.{more}"
    if choice.default is None:
        return "none is chosen, and nothing counts yet: no submission has a displayed score."
    best = (
        "the last score you were shown"
        if choice.is_ladder
        else "your best displayed public score, of equals the earlier one"
    )
    return (
        f"none is chosen, so submission {choice.default.number} counts. It has {best} "
        f"({choice.score})."
    )


def _leader(notice: Notice, material: Material) -> RenderedNotice:
    """Return who has taken the lead, as everybody saw it on the public board."""
    board = material.boards.get(notice.facts["board"])
    listed = [material.leaders.get(pk) for pk in notice.facts["teams"]]
    teams = [team for team in listed if team is not None]
    subject = board and (board.task or board.track)
    if not subject or not teams:
        return _GONE
    url = subject.get_absolute_url()
    if board and board.task:
        url = reverse("task-board", args=[board.task.challenge.slug, board.task.slug])
    others = [team.name for team in teams if team.pk not in material.teams.values()]
    names = " and ".join([*(["Your team"] if len(others) < len(teams) else []), *others])
    took = "has" if len(teams) == 1 else "have"
    body = f"That was on the public board at {when(notice.at, material.viewer)}."
    return RenderedNotice(f"{names} {took} taken the lead on {subject}", body, url)


# Questions and answers -------------------------------------------------------------------------


def _question(notice: Notice, material: Material) -> RenderedNotice:
    asked = material.questions.get(notice.facts["question"])
    if asked is None:
        return _GONE
    if asked.challenge_id not in material.moderated and (
        asked.team_id not in material.teams.values()
    ):
        return _GONE
    subject = asked.task or asked.team
    about = f"{subject} in {asked.challenge}" if subject else str(asked.challenge)
    title = f"A question about {subject or asked.challenge}"
    return RenderedNotice(
        title, f"{asked.author} asks about {about}:\n\n{asked.title}", asked.get_absolute_url()
    )


def _answer(notice: Notice, material: Material) -> RenderedNotice:
    given = material.answers.get(notice.facts["answer"])
    if given is None:
        return _GONE
    challenge, mark = given.question.challenge, ", an organizer," if given.by_organizer else ""
    body = f"{given.author}{mark} has answered your question:\n\n{given.question.title}"
    return RenderedNotice(
        f"An answer to your question in {challenge}", body, given.get_absolute_url()
    )


def _message(notice: Notice, material: Material) -> RenderedNotice:
    """Return who wrote. The text is only on the page of the thread."""
    message = material.messages.get(notice.facts["message"])
    if message is None:
        return _GONE
    team, body = message.team, "Read the message and answer it on its page."
    if not message.by_organizer and team.challenge_id in material.moderated:
        url = reverse("console-messages", args=[team.challenge.slug, team.slug])
        return RenderedNotice(f"{team} wrote to the organizers of {team.challenge}", body, url)
    if message.by_organizer and team.pk in material.teams.values():
        url = reverse("team-messages", args=[team.challenge.slug])
        return RenderedNotice(f"The organizers of {team.challenge} wrote to {team}", body, url)
    return _GONE


_TEXTS: dict[str, Callable[[Notice, Material], RenderedNotice]] = {
    Kind.SCORED: _of_submission,
    Kind.REJECTED: _of_submission,
    Kind.FAILED: _of_submission,
    Kind.NEW_LEADER: _leader,
    Kind.ANNOUNCEMENT: _announced,
    Kind.DEADLINE: _deadline,
    Kind.MOVED: _moved,
    Kind.STANDING: _standing,
    Kind.RESCORED: _rescored,
    Kind.REVEALED: _revealed,
    Kind.WINNERS: _winners,
    Kind.ROLE: _role,
    Kind.RULING: _ruling,
    Kind.SELECTION: _selection,
    Kind.ANSWER: _answer,
    Kind.QUESTION: _question,
    Kind.MESSAGE: _message,
}
