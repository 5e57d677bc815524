"""What can go wrong, each with a text for the participant and an exit code for scripts."""

from collections.abc import Mapping, Sequence
from typing import Any

DONE = 0
INTERRUPTED = 130  # the shells' code for Ctrl-C


class PodiumError(Exception):
    """An error for the participant: `title`, `detail` and further facts from the site. `code` is
    the site's machine-readable code, `status` the HTTP status (0 without an answer), `errors` what
    is wrong with which field, `problems` what is wrong with a file, `retry_at` an ISO 8601 time or
    empty. None of them contains the token.
    """

    exit_code = 6
    code = "error"

    def __init__(
        self,
        detail: str,
        *,
        title: str = "",
        code: str = "",
        status: int = 0,
        errors: Sequence[Mapping[str, Any]] = (),
        problems: Sequence[Mapping[str, Any]] = (),
        retry_at: str = "",
    ) -> None:
        super().__init__(detail or title)
        self.title = title
        self.detail = detail
        self.code = code or type(self).code
        self.status = status
        self.errors = [dict(error) for error in errors]
        self.problems = [dict(problem) for problem in problems]
        self.retry_at = retry_at

    def as_json(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        return {
            "error": {
                "title": self.title,
                "detail": self.detail or self.title,
                "code": self.code,
                "status": self.status,
                "exit_code": self.exit_code,
                "errors": self.errors,
                "problems": self.problems,
                "retry_at": self.retry_at or None,
            }
        }


class FileError(PodiumError):
    """The file is invalid."""

    exit_code = 1
    code = "file"


class UsageError(PodiumError):
    """The command or the call is wrong."""

    exit_code = 2
    code = "usage"


class SeveralTasksError(UsageError):
    """A challenge is named where a task is needed; `tasks` are the names to choose from."""

    def __init__(self, challenge: str, tasks: Sequence[str]) -> None:
        super().__init__(f"{challenge} has several tasks: choose one of {', '.join(tasks)}.")
        self.challenge, self.tasks = challenge, tasks


class NotAllowedError(PodiumError):
    """Not signed in, or without the right to do this."""

    exit_code = 3
    code = "not_allowed"


class NotFoundError(PodiumError):
    """It does not exist, or you may not see it."""

    exit_code = 4
    code = "not_found"


class RefusedError(PodiumError):
    """Not now: a quota, a deadline, a limit on requests."""

    exit_code = 5
    code = "refused"


class SiteError(PodiumError):
    """The site failed or cannot be reached."""

    exit_code = 6
    code = "site"


class StillWaitingError(PodiumError):
    """The wait timed out; the work itself continues."""

    exit_code = 7
    code = "still_waiting"


# Codes of the site that say more than their status.
_OF_THE_FILE = ("bad_name", "empty_file", "not_a_table", "too_large", "too_long")
_OF_RIGHTS = (
    "baseline", "disqualified", "knows_labels", "licence", "licence_changed", "not_a_member",
    "not_admitted", "not_allowed", "not_captain", "not_yours", "organizer", "other_address",
    "other_team", "rules", "rules_changed", "staff",
)  # fmt: skip
_OF_THE_SITE = ("damaged", "no_room", "not_readable", "too_slow")
_OF_USAGE = (
    "bad_email", "bad_key", "bad_seconds", "bad_seeds", "bad_sha256", "bad_text", "bad_title",
    "long_text", "long_title", "no_method", "no_tasks", "no_text",
)  # fmt: skip
_BY_CODE: dict[str, type[PodiumError]] = {
    **dict.fromkeys(_OF_THE_FILE, FileError),
    **dict.fromkeys(_OF_RIGHTS, NotAllowedError),
    **dict.fromkeys(_OF_THE_SITE, SiteError),
    **dict.fromkeys(_OF_USAGE, UsageError),
    "gone": NotFoundError,
}
_BY_STATUS: dict[int, type[PodiumError]] = {
    401: NotAllowedError,
    403: NotAllowedError,
    404: NotFoundError,
    409: RefusedError,
    410: NotFoundError,
    413: FileError,
    415: FileError,
    423: RefusedError,
    429: RefusedError,
}


def refusal(status: int, problem: Mapping[str, Any]) -> PodiumError:
    """Return the error for an answer with this status and this problem+json body."""
    code = str(problem.get("code") or "")
    problems = _mappings(problem.get("problems"))
    kind = _BY_STATUS.get(status, SiteError if status >= 500 else UsageError)
    if status not in (401, 404) and status < 500:
        kind = FileError if problems else _BY_CODE.get(code, kind)
    return kind(
        str(problem.get("detail") or ""),
        title=str(problem.get("title") or f"The site answered with {status}."),
        code=code,
        status=status,
        errors=_mappings(problem.get("errors")),
        problems=problems,
        retry_at=str(problem.get("retry_at") or ""),
    )


def _mappings(value: object) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []
