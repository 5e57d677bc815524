"""Questions about a challenge and its tasks, and answers to them."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from podium_client.cli import text
from podium_client.cli.command import command
from podium_client.cli.options import SubjectName, SubjectOption, given_text
from podium_client.cli.session import Session

Message = Annotated[
    str | None, typer.Option("-m", "--message", metavar="TEXT", help="The text, in Markdown.")
]
TextFile = Annotated[
    str, typer.Option("-f", "--file", metavar="FILE", help="A file with the text; - reads input.")
]


@command(csv=True)
def questions(
    session: Session,
    subject: SubjectName = "",
    number: Annotated[
        int | None, typer.Option("--id", metavar="ID", help="This one, with its answers.")
    ] = None,
    faq: Annotated[bool, typer.Option("--faq", help="Only frequently asked questions.")] = False,
    mine: Annotated[bool, typer.Option("--mine", help="Only your own.")] = False,
) -> None:
    """List the questions of a challenge or task, or show one with its answers."""
    discussion = session.client.discussion(subject)
    if number is not None:
        asked, answers = discussion.question(number), discussion.answers(number)
        session.result({**asked, "answers": answers}, _thread(asked, answers))
        return
    found = discussion.questions(faq=True if faq else None, mine=mine)
    rows = [_row(each) for each in found]
    shown = [{**row, "active": text.moment(row["active"])} for row in rows]
    session.rows(found, rows, shown=shown, empty="No questions yet.")


def _row(found: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": found["id"],
        "title": found["title"],
        "task": found["task"] or "",
        "author": found["author"],
        "answers": found["answers"],
        "by organizers": found["organizer_answers"],
        "faq": found["is_faq"],
        "active": found["active_at"],
    }


def _thread(asked: Mapping[str, Any], answers: list[Any]) -> list[str]:
    about = "/".join(filter(None, (asked["challenge"], asked["task"] or asked["team"])))
    when = text.moment(asked["asked_at"])
    lines = [
        f"{text.plain(asked['title'])}{' (FAQ)' if asked['is_faq'] else ''}",
        f"Question {asked['id']} about {about}, by {text.plain(asked['author'])}, {when}",
        "",
        *text.prose(asked["body"]),
    ]
    for each in answers:
        lines += ["", _head(each), *text.prose(each["body"])]
    return lines if answers else [*lines, "", "No answer yet."]


def _head(answer: Mapping[str, Any]) -> str:
    marks = [
        *(["organizer"] if answer["by_organizer"] else []),
        *(["of the team"] if answer["by_team"] else []),
        *(["hidden"] if answer["is_hidden"] else []),
    ]
    who = text.plain(answer["author"]) + (f" ({', '.join(marks)})" if marks else "")
    return f"Answer {answer['id']}, by {who}, {text.moment(answer['answered_at'])}"


@command()
def ask(
    session: Session,
    title: Annotated[str, typer.Argument(metavar="TITLE", help="The question in one sentence.")],
    message: Message = None,
    file: TextFile = "",
    subject: SubjectOption = "",
    team: Annotated[
        str, typer.Option("--team", help="Ask this finalist, from the reveal on.")
    ] = "",
    edit: Annotated[
        int | None,
        typer.Option("--edit", metavar="ID", help="Change this question of yours instead."),
    ] = None,
) -> None:
    """Ask about a challenge or one of its tasks. Everybody who sees the challenge can read it."""
    discussion, body = session.client.discussion(subject), given_text(message, file)
    if edit is None:
        found = discussion.ask(title, body, team=team)
    else:
        found = discussion.edit(edit, title=title, body=body)
    _told(session, found, f"Question {found['id']}")


@command()
def answer(
    session: Session,
    number: Annotated[int, typer.Argument(metavar="ID", help="The question's id.", min=1)],
    message: Message = None,
    file: TextFile = "",
    subject: SubjectOption = "",
    edit: Annotated[
        int | None, typer.Option("--edit", metavar="ID", help="Change this answer of yours.")
    ] = None,
) -> None:
    """Answer a question."""
    discussion, body = session.client.discussion(subject), given_text(message, file)
    if edit is None:
        found = discussion.answer(number, body)
    else:
        found = discussion.edit_answer(number, edit, body)
    _told(session, found, f"Answer {found['id']}")


def _told(session: Session, found: Mapping[str, Any], what: str) -> None:
    url = session.client.site.url
    session.result(found, [f"{what}: {url}{text.plain(found['url'])}"])
