"""Questions about a challenge and its tasks, and answers to them."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from podium_client.cli import text
from podium_client.cli.options import Csv, Json, Quiet, SubjectName, SubjectOption, given_text, one
from podium_client.cli.session import Session, running

Message = Annotated[
    str | None, typer.Option("-m", "--message", metavar="TEXT", help="The text, in Markdown.")
]
TextFile = Annotated[
    str, typer.Option("-f", "--file", metavar="FILE", help="A file with the text; - reads input.")
]


def questions(
    context: typer.Context,
    subject: SubjectName = "",
    subject_option: SubjectOption = "",
    number: Annotated[
        int | None, typer.Option("--id", metavar="ID", help="This one, with its answers.")
    ] = None,
    faq: Annotated[bool, typer.Option("--faq", help="Only frequently asked questions.")] = False,
    mine: Annotated[bool, typer.Option("--mine", help="Only your own.")] = False,
    as_json: Json = False,
    as_csv: Csv = False,
    quiet: Quiet = False,
) -> None:
    """List the questions of a challenge or task, or show one with its answers."""
    with running(context, as_json=as_json, as_csv=as_csv, quiet=quiet) as session:
        discussion = session.client.discussion(one(subject, subject_option))
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


def ask(
    context: typer.Context,
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
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Ask about a challenge or one of its tasks. Everybody who sees the challenge can read it."""
    with running(context, as_json=as_json, quiet=quiet) as session:
        discussion, body = session.client.discussion(subject), given_text(message, file)
        if edit is None:
            found = discussion.ask(title, body, team=team)
        else:
            found = discussion.edit(edit, title=title, body=body)
        _told(session, found, f"Question {found['id']}")


def answer(
    context: typer.Context,
    number: Annotated[int, typer.Argument(metavar="ID", help="The question's id.", min=1)],
    message: Message = None,
    file: TextFile = "",
    subject: SubjectOption = "",
    edit: Annotated[
        int | None, typer.Option("--edit", metavar="ID", help="Change this answer of yours.")
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Answer a question."""
    with running(context, as_json=as_json, quiet=quiet) as session:
        discussion, body = session.client.discussion(subject), given_text(message, file)
        if edit is None:
            found = discussion.answer(number, body)
        else:
            found = discussion.edit_answer(number, edit, body)
        _told(session, found, f"Answer {found['id']}")


def _told(session: Session, found: Mapping[str, Any], what: str) -> None:
    url = session.client.site.url
    session.result(found, [f"{what}: {url}{text.plain(found['url'])}"])
