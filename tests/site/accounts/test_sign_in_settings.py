"""The variables of sign-in: what they switch on, and what cannot be switched off."""

from pathlib import Path

from tests.site.test_settings import manage, production

OIDC = {"PODIUM_OIDC_URL": "https://login.example.org", "PODIUM_OIDC_CLIENT_ID": "podium"}


def test_without_a_provider_passwords_stay_on(tmp_path: Path) -> None:
    done = manage(tmp_path, "check", PODIUM_PASSWORD_SIGN_IN="false")
    assert done.returncode != 0
    assert "set PODIUM_OIDC_URL, or nobody can" in done.stderr


def test_a_provider_needs_the_name_of_this_site(tmp_path: Path) -> None:
    done = manage(tmp_path, "check", PODIUM_OIDC_URL=OIDC["PODIUM_OIDC_URL"])
    assert done.returncode != 0
    assert "PODIUM_OIDC_CLIENT_ID" in done.stderr


def test_production_passes_its_checks_with_a_provider_alone(tmp_path: Path) -> None:
    given = production(tmp_path, **OIDC, PODIUM_PASSWORD_SIGN_IN="false")
    done = manage(tmp_path, "check", "--deploy", "--fail-level", "WARNING", **given)
    assert done.returncode == 0, done.stderr


def test_what_the_variables_say_is_what_the_site_does(tmp_path: Path) -> None:
    secret = tmp_path / "oidc"
    secret.write_text("hush\n")
    code = (
        "from django.conf import settings\n"
        "from allauth.socialaccount.adapter import get_adapter\n"
        "(app,) = get_adapter().list_apps(None)\n"
        "print(app.provider_id, app.name, app.client_id, app.secret, app.settings['server_url'])\n"
        "print(settings.EMAIL_DOMAINS)"
    )
    given = {**OIDC, "PODIUM_OIDC_SECRET_FILE": str(secret), "PODIUM_OIDC_NAME": "Lab login"}
    assert manage(tmp_path, "migrate", "socialaccount", "-v0").returncode == 0
    domains = {"PODIUM_EMAIL_DOMAINS": "Example.org,@lab.example"}
    done = manage(tmp_path, "shell", "-v0", "-c", code, **given, **domains)
    assert done.stdout.splitlines() == [
        "sso Lab login podium hush https://login.example.org",
        "['example.org', 'lab.example']",
    ], done.stderr


def test_refused_domains_come_from_a_list_or_from_a_file_with_comments(tmp_path: Path) -> None:
    code = "from django.conf import settings\nprint(sorted(settings.REFUSED_EMAIL_DOMAINS))"
    file = tmp_path / "domains"
    file.write_text("# thrown away\nThrown.example\n\n.other.example  # also\n@third.example\n")
    expected = "['other.example', 'third.example', 'thrown.example']"
    for given in (
        {"PODIUM_REFUSED_EMAIL_DOMAINS_FILE": str(file)},
        {"PODIUM_REFUSED_EMAIL_DOMAINS": "thrown.example, other.example,@third.example"},
    ):
        done = manage(tmp_path, "shell", "-v0", "-c", code, **given)
        assert done.stdout.strip() == expected, done.stderr
