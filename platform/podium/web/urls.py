"""Addresses of the pages that teams and visitors see."""

from django.urls import include, path

from podium.web.account import tokens
from podium.web.base import health, mails
from podium.web.board import views as boards
from podium.web.challenge import views as challenges
from podium.web.dataset import raw_files
from podium.web.dataset import views as datasets
from podium.web.gallery.views import gallery
from podium.web.submission import comparison as submission_compare
from podium.web.submission import my_submissions, sent_files
from podium.web.submission import views as submissions
from podium.web.task import checks, metrics, starter
from podium.web.task import chunks as parts
from podium.web.task import upload as uploading
from podium.web.task import views as tasks

# Tried one after the other, here and in the modules named below: the boards come first.
urlpatterns = [
    path("c/<slug:slug>/tasks/<slug:task>/board/", boards.task_board, name="task-board"),
    path("c/<slug:slug>/tracks/<slug:kind>/", boards.track, name="track"),
    path("", challenges.home, name="home"),
    path("healthz", health.healthz, name="healthz"),
    path("datasets/", datasets.datasets, name="datasets"),
    path("datasets/<slug:name>/<int:number>/", datasets.dataset, name="dataset"),
    path("datasets/<slug:name>/<int:number>/files/<str:file>", datasets.download, name="download"),
    path(
        "datasets/<slug:name>/<int:number>/images/<path:file>",
        datasets.image,
        name="dataset-image",
    ),
    path(
        "datasets/<slug:name>/<int:number>/profile/<path:file>",
        datasets.figure,
        name="dataset-figure",
    ),
    path(
        "datasets/<slug:name>/<int:number>/rows/<slug:table>/", datasets.rows, name="dataset-rows"
    ),
    path(
        "datasets/<slug:name>/<int:number>/thumbnails/<path:file>",
        datasets.small_image,
        name="dataset-thumbnail",
    ),
    path(
        "datasets/<slug:name>/<int:number>/diagnostics.json",
        datasets.diagnostics,
        name="dataset-diagnostics",
    ),
    path("datasets/<slug:name>/<int:number>/licence/", datasets.accept, name="accept-licence"),
    path("datasets/<slug:name>/<int:number>/raw/<path:file>", raw_files.raw_file, name="raw-file"),
    path("metrics/", metrics.metrics, name="metrics"),
    path("c/<slug:slug>/", challenges.challenge, name="challenge"),
    path("c/<slug:slug>/submissions/", my_submissions.my_submissions, name="my-submissions"),
    path("c/<slug:slug>/submissions/compare/", my_submissions.compare_two, name="compare-two"),
    path("c/<slug:slug>/tasks/<slug:task>/", tasks.task, name="task"),
    path(
        "c/<slug:slug>/tasks/<slug:task>/starter.<str:form>", starter.starter, name="task-starter"
    ),
    path("c/<slug:slug>/tasks/<slug:task>/submit/", uploading.upload, name="submit"),
    path("c/<slug:slug>/tasks/<slug:task>/check/", uploading.check, name="check"),
    path("c/<slug:slug>/tasks/<slug:task>/parts/", parts.begin, name="parts"),
    path("parts/<uuid:pk>/", parts.part, name="part"),
    path("checks/<uuid:pk>/", checks.validation, name="validation"),
    path("checks/<uuid:pk>/status/", checks.validation_status, name="validation-status"),
    path("submissions/<int:pk>/", submissions.submission, name="submission"),
    path("submissions/<int:pk>/status/", submissions.status, name="submission-status"),
    path(
        "submissions/<int:pk>/against/<int:number>/",
        submission_compare.submission_compare,
        name="submission-compare",
    ),
    path("submissions/<int:pk>/file/", sent_files.submission_file, name="submission-file"),
    path("submissions/<int:pk>/describe/", submissions.describe, name="describe"),
    path("submissions/<int:pk>/withdraw/", submissions.withdraw, name="withdraw"),
    path("submissions/<int:pk>/restore/", submissions.restore, name="restore"),
    path("submissions/<int:pk>/select/", submissions.select, name="select"),
    path("submissions/<int:pk>/unselect/", submissions.unselect, name="unselect"),
    path("account/tokens/", tokens.tokens, name="tokens"),
    path("account/tokens/make/", tokens.make, name="token-make"),
    path("account/tokens/<int:pk>/revoke/", tokens.revoke, name="token-revoke"),
    path("mails/", mails.mails, name="mails"),
    path("gallery/", gallery, name="gallery"),
    path("", include("podium.web.account.urls")),
    path("", include("podium.web.board.urls")),
    path("", include("podium.web.talk.notice_urls")),
    path("", include("podium.web.talk.question_urls")),
    path("", include("podium.web.board.study_urls")),
    path("", include("podium.web.team.urls")),
    path("", include("podium.web.talk.writeup_urls")),
]
