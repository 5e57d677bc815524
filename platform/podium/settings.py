"""Every setting of the site. Values come from environment variables or from files named by
``<NAME>_FILE``; docs/running.md lists them all."""

import contextlib
import os
import random
import secrets
import tempfile
from pathlib import Path

import structlog
from csp.constants import NONE, SELF
from structlog.typing import EventDict, Processor

from podium.environment import domains, env, words
from podium.schedules import BEAT_SCHEDULE
from podium.shared_cache import SharedRates

ROOT = Path(__file__).resolve().parents[2]
VAR = Path(env("PODIUM_VAR", default=str(ROOT / "var"))).resolve()
if VAR.is_relative_to("/usr"):  # which programs on data can read, for its libraries
    raise RuntimeError(f"PODIUM_VAR is {VAR}; set it to a folder that is not below /usr.")
MODE = env("PODIUM_MODE", default="embedded")
if MODE not in {"embedded", "production"}:
    raise RuntimeError(f"PODIUM_MODE is {MODE!r}; set it to 'embedded' or 'production'.")
PRODUCTION = MODE == "production"
DEBUG = False
# Nobody else on the machine may enter: a database in it holds private scores, a mail a way in.
VAR.mkdir(mode=0o700, parents=True, exist_ok=True)


def _embedded_secret() -> str:
    """Return the secret key of this installation, made at the first start."""
    file = VAR / "secret_key"
    if not file.exists():
        # Several processes may start at once: only the first key is linked into place.
        with tempfile.NamedTemporaryFile("w", dir=VAR) as made:
            made.write(secrets.token_urlsafe(50))
            made.flush()
            with contextlib.suppress(FileExistsError):
                os.link(made.name, file)
    return file.read_text()


# Workers in production do without these two; `podium.starting` refuses to start the others.
SECRET_KEY = env("PODIUM_SECRET_KEY", default="") if PRODUCTION else _embedded_secret()
EMAIL_URL = env("PODIUM_EMAIL_URL", default="")
BASE_URL = env("PODIUM_BASE_URL", default="http://127.0.0.1:8000").rstrip("/")
ALLOWED_HOSTS = env.list("PODIUM_ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = [BASE_URL]

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "csp",
    "django_htmx",
    "django_structlog",
    "podium.audit",
    "podium.accounts",
    "podium.catalog",
    "podium.challenges",
    "podium.teams",
    "podium.discussions",
    "podium.corrections",
    "podium.submissions",
    "podium.standings",
    "podium.analysis",
    "podium.baseline_runs",
    "podium.winners",
    "podium.integrity",
    "podium.notices",
    "podium.writeups",
    "podium.watch",
    "podium.archives",
    "podium.rehearsals",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.http.ConditionalGetMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "podium.api.middleware.Api",
    "podium.web.base.preview.Previews",
    "podium.web.base.access.SignIn",
]

ROOT_URLCONF = "podium.urls"
WSGI_APPLICATION = "podium.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

WEB = ROOT / "platform" / "podium" / "web"
DOCS = ROOT / "docs"  # guides that the site shows
CLIENT = ROOT / "client"  # sources of the client that it offers
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # A template is in the folder of its feature: "board/track.html" is web/board/track.html.
        "DIRS": [WEB, WEB / "base", WEB / "account"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "podium.web.base.context.site",
            ],
            "builtins": ["podium.web.base.templatetags.podium"],
        },
    }
]

# Database --------------------------------------------------------------------------------------

DATABASES = {
    "default": env.db_url("DATABASE_URL", default=f"sqlite:///{VAR / 'podium.sqlite3'}"),
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        # A writer takes its lock at BEGIN, so that two writers queue instead of failing midway.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
else:
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"]["CONN_MAX_AGE"] = 60  # opening one takes longer than most queries

# Files -----------------------------------------------------------------------------------------
# Public and private files have different roots: no path inside one names a file of the other.

STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": VAR / "files" / "public"},
    },
    "private": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {
            "location": VAR / "files" / "private",
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
STATICFILES_DIRS = [ROOT / "platform" / "podium" / "static"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
# Only the upload page takes files, by a handler of its own; what else is sent fills no disk.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_TEMP_DIR = VAR / "tmp"

# Queue -----------------------------------------------------------------------------------------

REDIS_URL = env("REDIS_URL", default=f"unix://{VAR / 'redis.sock'}")
# Celery names the same Unix socket by another scheme than the Redis client does.
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_DEFAULT_QUEUE = "control"  # what beat starts: short, and never behind the rest
_QUEUES = {
    "scoring": "submissions.score submissions.validate",
    # resampling, and reading the rows of many files: only while nobody waits for a score
    "studies": "analysis.study analysis.compare analysis.bundle integrity.look",
    # only while nobody waits in `scoring`
    "rescoring": "submissions.rescore_batch submissions.make_rows submissions.tidy",
    "baselines": "baseline_runs.run baseline_runs.diagnose",
    "datasets": (
        "catalog.work catalog.profile archives.write archives.read corrections.compare "
        "rehearsals.play"
    ),
}
CELERY_TASK_ROUTES = {
    task: {"queue": queue} for queue, tasks in _QUEUES.items() for task in tasks.split()
}
CELERY_TASK_TIME_LIMIT = 3600
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # Above the hard limit, so that no running task is delivered a second time.
    "visibility_timeout": 2 * CELERY_TASK_TIME_LIMIT,
    # A worker with several queues empties the first before the next: sweeps never wait.
    "queue_order_strategy": "priority",
    # A page that enqueues must not wait for a Redis that is away.
    "socket_connect_timeout": 2,
    "max_retries": 1,
    "interval_start": 0.2,
    "interval_step": 0,
    "interval_max": 0.2,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# A web request must not hang while Redis is away: the row stays queued and the sweep enqueues it.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = BEAT_SCHEDULE

# Caches ----------------------------------------------------------------------------------------

# Limits count in the default cache, which all processes share. Pages are cached in the
# memory of each process, finished tables and figures of boards this long; 0: no caching.
_MEMORY = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
_SECONDS = env.int("PODIUM_BOARD_CACHE_SECONDS", default=600)
CACHES = {
    "default": {"BACKEND": "podium.shared_cache.SharedCache", "LOCATION": REDIS_URL},
    "pages": {**_MEMORY, "LOCATION": "pages"},
    "boards": {**_MEMORY, "LOCATION": "boards", "TIMEOUT": _SECONDS},
}
# While Redis is away each web process counts by itself, up to its share of every limit.
WEB_PROCESSES = env.int("PODIUM_WEB_PROCESSES", default=2)
if WEB_PROCESSES < 1:
    raise RuntimeError(f"PODIUM_WEB_PROCESSES is {WEB_PROCESSES}; set it to 1 or more.")

# Scoring ---------------------------------------------------------------------------------------

SCORING_PROCESSES = env.int("PODIUM_SCORING_PROCESSES", default=2)
SCORING_MEMORY_BYTES = env.int("PODIUM_SCORING_MEMORY_MB", default=2048) * 1024 * 1024
SCORING_WALL_SECONDS = env.int("PODIUM_SCORING_WALL_SECONDS", default=120)
# How long uploads are kept: rejected ones, and all of an archived challenge (None: for good).
REJECTED_UPLOAD_DAYS = env.int("PODIUM_REJECTED_UPLOAD_DAYS", default=30)
ARCHIVED_UPLOAD_DAYS = env.int("PODIUM_ARCHIVED_UPLOAD_DAYS", default=None)
BASELINE_SECONDS = env.int("PODIUM_BASELINE_SECONDS", default=30)
# With what a run may take beyond it, it has to fit into the hard limit of a task.
MOST_BASELINE_SECONDS = 3000
if not 0 < BASELINE_SECONDS <= MOST_BASELINE_SECONDS:
    raise RuntimeError(f"PODIUM_BASELINE_SECONDS is {BASELINE_SECONDS}; set it from 1 to 3000.")
BASELINE_MEMORY_BYTES = env.int("PODIUM_BASELINE_MEMORY_MB", default=6144) * 1024 * 1024
# Pretrained networks for the baselines that start from some, as the baseline worker finds them.
TEXT_BACKBONE = env("PODIUM_TEXT_BACKBONE", default="")
IMAGE_BACKBONE = env("PODIUM_IMAGE_BACKBONE", default="")

# Data sets -------------------------------------------------------------------------------------

DATASET_UPLOAD_BYTES = env.int("PODIUM_DATASET_UPLOAD_MB", default=10240) * 1024 * 1024
DATASET_MEMORY_BYTES = env.int("PODIUM_DATASET_MEMORY_MB", default=6144) * 1024 * 1024
DATASET_FILE_BYTES = env.int("PODIUM_DATASET_FILE_MB", default=20480) * 1024 * 1024
# Three of them in a row (reading, checking, building) would not fit into the hard limit of a task.
DATASET_SECONDS = env.int("PODIUM_DATASET_SECONDS", default=1100)
# Where the proxy finds the public files, such as /files/; without it this process sends them.
X_ACCEL_PREFIX = env("PODIUM_X_ACCEL_PREFIX", default="")
DOWNLOAD_REDIRECT = env.bool("PODIUM_DOWNLOAD_REDIRECT", default=False)

# Accounts --------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_REDIRECT_URL = "home"
LOGIN_URL = "account_login"
ACCOUNT_ADAPTER = "podium.accounts.adapter.Adapter"
MFA_ADAPTER = "podium.accounts.adapter.SecondFactor"
MFA_TOTP_ISSUER = "Podium"
MFA_TOTP_TOLERANCE = 1  # clocks of telephones are some seconds wrong
MFA_ALLOW_UNVERIFIED_EMAIL = not PRODUCTION
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_SIGNUP_FORM_CLASS = "podium.accounts.forms.SignupForm"
ACCOUNT_FORMS = {
    "login": "podium.accounts.wording.LoginForm",
    "signup": "podium.accounts.wording.SignupForm",
    "reset_password": "podium.accounts.wording.ResetPasswordForm",
    "reset_password_from_key": "podium.accounts.wording.ResetPasswordKeyForm",
    "change_password": "podium.accounts.wording.ChangePasswordForm",
    "set_password": "podium.accounts.wording.SetPasswordForm",
    "add_email": "podium.accounts.wording.AddEmailForm",
}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory" if PRODUCTION else "optional"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = "Podium: "
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True  # a mail about each change of how one signs in
# For each network address, person or e-mail address (`key`): m is a minute.
ACCOUNT_RATE_LIMITS = SharedRates(
    {
        "login": "30/m/ip",
        "login_failed": "10/m/ip,5/300s/key",
        "signup": "20/m/ip",
        "confirm_email": "1/180s/key",
        "reset_password": "20/m/ip,5/m/key",
        "reset_password_from_key": "20/m/ip",
        "change_password": "5/m/user",
        "manage_email": "10/m/user",
        "reauthenticate": "10/m/user",
    }
)
# How many people a network (IPv4 /24, IPv6 /48) may bring on one day; 0: any number.
SIGNUPS_PER_NETWORK = env.int("PODIUM_SIGNUPS_PER_NETWORK", default=20)
FIRST_UPLOADS_PER_NETWORK = env.int("PODIUM_FIRST_UPLOADS_PER_NETWORK", default=20)
# For these hours an account sends only a few files a day for the same data; 0 hours: no limit.
NEW_ACCOUNT_HOURS = env.int("PODIUM_NEW_ACCOUNT_HOURS", default=24)
NEW_ACCOUNT_FILES = env.int("PODIUM_NEW_ACCOUNT_FILES", default=2)
if NEW_ACCOUNT_FILES < 1:
    raise RuntimeError(f"PODIUM_NEW_ACCOUNT_FILES is {NEW_ACCOUNT_FILES}; set it to 1 or more.")
# New accounts need an address of one of these domains; none: any address.
EMAIL_DOMAINS = domains(env("PODIUM_EMAIL_DOMAINS", default=""))
# Nor of these and their subdomains, such as those that give out throw-away addresses.
REFUSED_EMAIL_DOMAINS = frozenset(domains(env("PODIUM_REFUSED_EMAIL_DOMAINS", default="")))

# Sign-in by an OpenID Connect provider, which is believed about the addresses it has verified.
OIDC_URL = env("PODIUM_OIDC_URL", default="")
OIDC_NAME = env("PODIUM_OIDC_NAME", default="single sign-on")
SOCIALACCOUNT_PROVIDERS = {}
if OIDC_URL:
    SOCIALACCOUNT_PROVIDERS["openid_connect"] = {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "sso",
                "name": OIDC_NAME,
                "client_id": env("PODIUM_OIDC_CLIENT_ID"),
                "secret": env("PODIUM_OIDC_SECRET", default=""),
                "settings": {"server_url": OIDC_URL},
            }
        ],
    }
PASSWORD_SIGN_IN = env.bool("PODIUM_PASSWORD_SIGN_IN", default=True)
if not (PASSWORD_SIGN_IN or OIDC_URL):
    raise RuntimeError(
        "PODIUM_PASSWORD_SIGN_IN is off; set PODIUM_OIDC_URL, or nobody can sign in."
    )
SOCIALACCOUNT_ADAPTER = "podium.accounts.adapter.SingleSignOn"
SOCIALACCOUNT_FORMS = {"signup": "podium.accounts.wording.SingleSignOnSignupForm"}
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_REAUTHENTICATION_REQUIRED = True

# Mail: the embedded site keeps mails as files.
if PRODUCTION:
    globals().update(**env.email_url_config(EMAIL_URL) if EMAIL_URL else {})
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = VAR / "mail"
DEFAULT_FROM_EMAIL = env("PODIUM_FROM_EMAIL", default="podium@localhost")
EMAIL_TIMEOUT = 10  # seconds: sweeps wait behind a mail that does not go out
NOTICE_DAYS = env.int("PODIUM_NOTICE_DAYS", default=180)
if NOTICE_DAYS < 7:
    raise RuntimeError(f"PODIUM_NOTICE_DAYS is {NOTICE_DAYS}; keep notices for 7 days or more.")
DIGEST_HOUR = env.int("PODIUM_DIGEST_HOUR", default=7)  # of the UTC day
if not 0 <= DIGEST_HOUR <= 23:
    raise RuntimeError(f"PODIUM_DIGEST_HOUR is {DIGEST_HOUR}; set it to an hour from 0 to 23.")
# A person mails this many invitations in 24 hours, over all teams and challenges.
INVITATION_MAILS_A_DAY = env.int("PODIUM_INVITATION_MAILS_A_DAY", default=10)
# An address is mailed this many invitations within a week, by all senders together.
INVITATION_MAILS_TO_ADDRESS_A_WEEK = env.int("PODIUM_INVITATION_MAILS_TO_ADDRESS_A_WEEK", default=3)
# A person proposes this many merges in 24 hours; each is mailed to the other team's captain.
MERGE_PROPOSALS_A_DAY = env.int("PODIUM_MERGE_PROPOSALS_A_DAY", default=5)
# Alerts are also posted to this address, if its host is one of these; none: no webhook at all.
WEBHOOK_HOSTS = frozenset(words(env("PODIUM_WEBHOOK_HOSTS", default="")))
ALERT_WEBHOOK = env("PODIUM_ALERT_WEBHOOK", default="")
ALERT_WEBHOOK_FORM = env("PODIUM_ALERT_WEBHOOK_FORM", default="plain")
ALERT_WEBHOOK_SECRET = env("PODIUM_ALERT_WEBHOOK_SECRET", default="")

# API -------------------------------------------------------------------------------------------

# Of each person over all tokens, or of each address without one; uploads are counted apart.
API_REQUESTS_A_MINUTE = 600
API_UPLOADS_AN_HOUR = 60

# Security --------------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
# Two copies on one host (other ports) must not sign each other's users out.
SESSION_COOKIE_NAME = f"podium_session_{BASE_URL.rsplit(':', 1)[-1].strip('/')}"
if PRODUCTION:
    SECURE_SSL_REDIRECT = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
    # Failed sign-ins are counted by the address that the proxy saw, not by the proxy's own.
    ALLAUTH_TRUSTED_PROXY_COUNT = 1

# Language and time -----------------------------------------------------------------------------

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True

# Logs ------------------------------------------------------------------------------------------

LOG_REQUESTS = env.float("PODIUM_LOG_REQUESTS", default=0.0)


def _sampled(_logger: object, method: str, event: EventDict) -> EventDict:
    """Return the event, but of answered requests a share; refused and failed ones all stay."""
    if method == "info" and event["event"] in {"request_started", "request_finished"}:
        is_chosen = random.random() < LOG_REQUESTS  # noqa: S311  (a sample, no secret)
        if event["event"] == "request_started" or not is_chosen:
            raise structlog.DropEvent
    return event


_renderer = (
    structlog.processors.JSONRenderer()
    if PRODUCTION
    else structlog.dev.ConsoleRenderer(colors=False)
)
_shared: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": structlog.stdlib.ProcessorFormatter,
            "foreign_pre_chain": _shared,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                _renderer,
            ],
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "podium": {"level": "INFO"},
        "celery.apps.worker": {"level": "INFO"},  # says when a worker is ready
        "celery.app.trace": {"level": "WARNING"},
        "django_structlog": {"level": "INFO" if LOG_REQUESTS else "WARNING"},
    },
}
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.filter_by_level,
        _sampled,
        *_shared[1:],
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)

FILE_UPLOAD_TEMP_DIR.mkdir(exist_ok=True)
