"""Signing in, and the configuration."""

import os
import sys
from typing import Annotated

import typer

from podium_client import addresses, config
from podium_client.cli.command import command
from podium_client.cli.session import RETRIES, Session
from podium_client.cli.text import moment, plain
from podium_client.client import Client
from podium_client.errors import NotAllowedError, UsageError
from podium_client.shapes import Me

# Kaggle's names for the same settings.
ALIASES = {"competition": "task"}

config_app = typer.Typer(help="Show and change the configuration.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help=", ".join(config.SETTINGS))]
ValueArgument = Annotated[str, typer.Argument(metavar="VALUE")]
NameOption = Annotated[str, typer.Option("-n", "--name", hidden=True)]
ValueOption = Annotated[str, typer.Option("-v", "--value", hidden=True)]


@command()
def login(
    session: Session,
    url: Annotated[
        str,
        typer.Argument(
            metavar="URL", help="The site's address; if left out, you are asked for it."
        ),
    ] = "",
    with_token: Annotated[
        bool, typer.Option("--with-token", help="Read the token from standard input.")
    ] = False,
    insecure: Annotated[
        bool, typer.Option("--insecure", help="Allow http:// beyond this machine.")
    ] = False,
) -> None:
    """Store a token of the site, made on its page /account/tokens/."""
    file = config.config_file()
    stored = config.read(file)
    insecure = insecure or session.insecure
    address = addresses.normal(
        url or _asked_url(os.environ.get("PODIUM_URL") or stored.get("url", "")),
        insecure=insecure,
    )
    token = _asked_token(session, address, with_token=with_token)
    with Client(address, token, insecure=insecure, retries=RETRIES) as client:
        me = client.me()
    own = stored if stored.get("url") == address else {"path": stored.get("path", "")}
    new = {"url": address, "token": token, "insecure": "yes" if insecure else ""}
    config.write(file, {**own, **new})
    for name in ("PODIUM_URL", "PODIUM_TOKEN"):
        if os.environ.get(name):
            session.note(f"{name} is set and overrides the stored value.")
    session.result(
        {**_person(address, me), "config": str(file)},
        [f"Signed in to {address} as {plain(me['name'])}.", *_about_token(me)],
    )


def _asked_url(usual: str) -> str:
    if not sys.stdin.isatty() and usual:
        return usual
    return str(typer.prompt("Address of the site", default=usual or None, err=True))


def _asked_token(session: Session, address: str, *, with_token: bool) -> str:
    """Return the token, typed without echo or read from standard input."""
    if with_token or not sys.stdin.isatty():
        return config.checked_token(sys.stdin.readline().strip())
    session.errors.print(f"Create a token on {address}/account/tokens/ and paste it here.")
    return config.checked_token(typer.prompt("Token", hide_input=True, err=True).strip())


@command()
def logout(session: Session) -> None:
    """Delete the token from this machine."""
    file = config.config_file()
    stored = config.read(file)
    url, had = stored.get("url", ""), "token" in stored
    if had:
        config.write(file, {name: value for name, value in stored.items() if name != "token"})
    lines = [
        f"The token was deleted here. It still works: revoke it on {url}/account/tokens/."
        if had
        else "There was no token here."
    ]
    if os.environ.get("PODIUM_TOKEN"):
        session.note("PODIUM_TOKEN is set, so you are still signed in.")
    session.result({"url": url, "removed": had}, lines)


@command()
def whoami(
    session: Session,
    rename: Annotated[
        str, typer.Option("--rename", metavar="NAME", help="First change your name to this.")
    ] = "",
) -> None:
    """Show who is signed in, with which rights, in which teams."""
    if not config.load(insecure=session.insecure).token:
        raise NotAllowedError("Nobody is signed in. Run `podium login`, or set PODIUM_TOKEN.")
    me = session.client.rename(rename) if rename else session.client.me()
    teams = [
        f"Team {plain(team['name'])} in {plain(team['challenge'])}"
        + (" (captain)" if team.get("is_captain") else "")
        for team in me.get("teams") or []
    ]
    url = session.client.site.url
    session.result(
        {"url": url, **me},
        [f"{plain(me['name'])} <{plain(me['email'])}> on {url}", *_about_token(me), *teams],
    )


def _person(url: str, me: Me) -> dict[str, object]:
    token = me.get("token")
    return {
        "url": url,
        "name": me["name"],
        "email": me["email"],
        "scopes": token["scopes"] if token else [],
        "expires_at": token["expires_at"] if token else None,
    }


def _about_token(me: Me) -> list[str]:
    token = me.get("token")
    if not token:
        return []
    until = f" until {moment(token['expires_at'])}" if token.get("expires_at") else ""
    return [f"Token {plain(token['name'])}: {', '.join(token['scopes'])}{until}"]


@command(config_app, "view")
def view(session: Session) -> None:
    """Show the settings and where each comes from. The token is not shown."""
    current = config.load(insecure=session.insecure)
    shown = {**current.settings, **({"url": current.url} if current.url else {})}
    lines = [f"{name}: {plain(value)} ({current.sources[name]})" for name, value in shown.items()]
    signed = f"a token ({current.sources['token']})" if current.token else "no token"
    session.result(
        {
            "file": str(current.file),
            "has_token": bool(current.token),
            "values": shown,
            "sources": dict(current.sources),
        },
        [f"file: {current.file}", *lines, signed],
    )


@command(config_app, "set")
def set_(
    session: Session,
    name: NameArgument = "",
    value: ValueArgument = "",
    name_option: NameOption = "",
    value_option: ValueOption = "",
) -> None:
    """Set a default: url, challenge, task or path."""
    key, given = _known(name or name_option), value or value_option
    if not given:
        raise UsageError(f"Give the value: podium config set {key} VALUE.")
    file = config.config_file()
    stored = config.read(file)
    if key == "url":
        given = addresses.normal(given, insecure=session.insecure)
        if given != stored.get("url") and stored.pop("token", ""):
            session.note("The token belonged to the other site and was deleted: log in again.")
        stored["insecure"] = "yes" if session.insecure else ""
    config.write(file, {**stored, key: given})
    session.result({key: given}, [f"{key}: {plain(given)}"])


@command(config_app, "unset")
def unset(session: Session, name: NameArgument = "", name_option: NameOption = "") -> None:
    """Remove a default."""
    key = _known(name or name_option)
    file = config.config_file()
    gone = {key, "token"} if key == "url" else {key}
    stored = config.read(file)
    config.write(file, {name: kept for name, kept in stored.items() if name not in gone})
    session.result({key: None}, [f"{key} is not set."])


def _known(name: str) -> str:
    key = ALIASES.get(name, name)
    if key not in config.SETTINGS:
        choice = "; ".join(f"{each} ({words})" for each, words in config.SETTINGS.items())
        raise UsageError(f"There is no setting `{plain(name)}`. There are: {choice}.")
    return key
