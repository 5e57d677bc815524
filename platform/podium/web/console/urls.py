"""Addresses of the organizers' pages."""

from django.urls import path

from podium.web.console import (
    archive,
    consoles,
    private,
    readiness,
    rescoring,
    taking_in,
    teams_file,
    views,
)
from podium.web.console.alerts import views as alerts
from podium.web.console.baselines import views as baselines
from podium.web.console.datasets import files as dataset_files
from podium.web.console.datasets import formats as dataset_formats
from podium.web.console.datasets import sharing as dataset_sharing
from podium.web.console.datasets import views as dataset_views
from podium.web.console.integrity import views as integrity
from podium.web.console.labels import views as labels
from podium.web.console.lists import events, messages, ruling, submissions, teams
from podium.web.console.people import views as people
from podium.web.console.preview import views as preview
from podium.web.console.rehearsal import views as rehearsal
from podium.web.console.setup import removals
from podium.web.console.setup import views as setup
from podium.web.console.submission import views as submission
from podium.web.console.winners import views as winners

_VERSION = "console/datasets/<slug:name>/<int:number>/"

urlpatterns = [
    path("console/", consoles.consoles, name="consoles"),
    path("console/new/", setup.new, name="console-new"),
    path("console/import/", taking_in.take_in, name="console-import"),
    path("console/people/", people.people, name="console-people"),
    path("console/people/<int:pk>/", people.person, name="console-person"),
    path("console/people/<int:pk>/data.zip", people.person_data, name="console-person-data"),
    path("console/people/<int:pk>/delete/", people.person_delete, name="console-person-delete"),
    path("console/datasets/", dataset_views.datasets, name="console-datasets"),
    path("console/datasets/new/", dataset_views.new, name="console-dataset-new"),
    path(_VERSION, dataset_views.dataset, name="console-dataset"),
    path(f"{_VERSION}files/", dataset_files.send_files, name="console-dataset-files"),
    path(f"{_VERSION}files/remove/", dataset_files.remove_file, name="console-dataset-remove"),
    path(f"{_VERSION}draft/", dataset_views.save_draft, name="console-dataset-draft"),
    path(f"{_VERSION}draft.json", dataset_views.draft_file, name="console-dataset-draft-file"),
    path(f"{_VERSION}draft/upload/", dataset_files.send_draft, name="console-dataset-draft-upload"),
    path(f"{_VERSION}publish/", dataset_views.publish_version, name="console-dataset-publish"),
    path(f"{_VERSION}access/", dataset_views.set_access, name="console-dataset-access"),
    path(f"{_VERSION}format/", dataset_formats.change, name="console-dataset-format"),
    path(f"{_VERSION}editors/", dataset_sharing.offer_editing, name="console-dataset-editors"),
    path(
        f"{_VERSION}editors/<slug:who>/remove/",
        dataset_sharing.remove_editor,
        name="console-dataset-editor-remove",
    ),
    path(f"{_VERSION}discard/", dataset_views.discard, name="console-dataset-discard"),
    path(f"{_VERSION}do/<slug:verb>/", dataset_views.act, name="console-dataset-act"),
    path("c/<slug:slug>/console/", views.console, name="console"),
    path(
        "c/<slug:slug>/console/submissions/<int:pk>/",
        submission.submission,
        name="console-submission",
    ),
    path(
        "c/<slug:slug>/console/submissions/<int:submission>/retry/",
        views.retry,
        name="console-retry",
    ),
    path("c/<slug:slug>/console/baselines/", baselines.baselines, name="console-baselines"),
    path(
        "c/<slug:slug>/console/baselines/<int:run>/restart/",
        baselines.restart,
        name="console-restart",
    ),
    path(
        "c/<slug:slug>/console/baselines/<int:run>/cancel/",
        baselines.cancel,
        name="console-cancel",
    ),
    path("c/<slug:slug>/console/tasks/<slug:task>/", rescoring.task, name="console-task"),
    path(
        "c/<slug:slug>/console/tasks/<slug:task>/rescore/<slug:verb>/",
        rescoring.act,
        name="console-rescore",
    ),
    path("c/<slug:slug>/console/tasks/<slug:task>/labels/", labels.labels, name="console-labels"),
    path(
        "c/<slug:slug>/console/tasks/<slug:task>/labels/send/",
        labels.send,
        name="console-labels-send",
    ),
    path(
        "c/<slug:slug>/console/tasks/<slug:task>/labels/<int:pk>/<slug:verb>/",
        labels.act,
        name="console-labels-act",
    ),
    path("c/<slug:slug>/console/announcements/", setup.announcements, name="console-announcements"),
    path(
        "c/<slug:slug>/console/announcements/new/",
        setup.announcement,
        name="console-new-announcement",
    ),
    path(
        "c/<slug:slug>/console/announcements/<int:pk>/",
        setup.announcement,
        name="console-announcement",
    ),
    path(
        "c/<slug:slug>/console/announcements/<int:pk>/take-back/",
        setup.announcement,
        {"verb": "take back"},
        name="console-take-back",
    ),
    path("c/<slug:slug>/console/setup/", setup.setup, name="console-setup"),
    path("c/<slug:slug>/console/setup/challenge.yaml", setup.export, name="console-export"),
    path("c/<slug:slug>/console/setup/remove/", removals.challenge, name="console-remove"),
    path("c/<slug:slug>/console/setup/<slug:name>/", setup.sheet, name="console-sheet"),
    path("c/<slug:slug>/console/setup/tracks/new/", setup.track, name="console-new-track"),
    path("c/<slug:slug>/console/setup/tracks/<slug:kind>/", setup.track, name="console-track"),
    path(
        "c/<slug:slug>/console/setup/tracks/<slug:kind>/new/",
        setup.new_task,
        name="console-new-task",
    ),
    path(
        "c/<slug:slug>/console/setup/tracks/<slug:kind>/prizes/",
        setup.prizes,
        name="console-prizes",
    ),
    path("c/<slug:slug>/console/setup/tasks/<slug:task>/", setup.task, name="console-setup-task"),
    path(
        "c/<slug:slug>/console/setup/tracks/<slug:kind>/remove/",
        setup.track,
        {"verb": "remove"},
        name="console-remove-track",
    ),
    path(
        "c/<slug:slug>/console/setup/tasks/<slug:task>/remove/",
        setup.task,
        {"verb": "remove"},
        name="console-remove-task",
    ),
    path("c/<slug:slug>/console/events/", events.events, name="console-events"),
    path("c/<slug:slug>/console/submissions/", submissions.submissions, name="console-submissions"),
    path("c/<slug:slug>/console/teams/", teams.teams, name="console-teams"),
    path(
        "c/<slug:slug>/console/teams/<slug:team>/messages/",
        messages.console_messages,
        name="console-messages",
    ),
    path("c/<slug:slug>/console/<slug:kind>/act/", ruling.rule, name="console-rule"),
    path("c/<slug:slug>/console/readiness/", readiness.readiness, name="console-readiness"),
    path(
        "c/<slug:slug>/console/readiness/<slug:check>/overrule/",
        readiness.overrule,
        name="console-overrule",
    ),
    path(
        "c/<slug:slug>/console/readiness/<slug:check>/take-back/",
        readiness.take_back,
        name="console-take-back-overruling",
    ),
    path("c/<slug:slug>/console/alerts/", alerts.alerts, name="console-alerts"),
    path("c/<slug:slug>/console/alerts/test/", alerts.try_alerts, name="console-alerts-try"),
    path(
        "c/<slug:slug>/console/alerts/remove/", alerts.remove_alerts, name="console-alerts-remove"
    ),
    path("c/<slug:slug>/console/rehearsal/", rehearsal.rehearsal, name="console-rehearsal"),
    path("c/<slug:slug>/console/preview/", preview.preview, name="console-preview"),
    path("c/<slug:slug>/console/preview/stop/", preview.stop, name="console-preview-stop"),
    path("c/<slug:slug>/console/private/", private.private, name="console-private"),
    path("c/<slug:slug>/console/winners/", winners.winners, name="console-winners"),
    path(
        "c/<slug:slug>/console/winners/take-back/",
        winners.take_back,
        name="console-take-back-winners",
    ),
    path(
        "c/<slug:slug>/console/winners/eligibility/",
        winners.eligibility,
        name="console-eligibility",
    ),
    path("c/<slug:slug>/console/archive/", archive.archive, name="console-archive"),
    path(
        "c/<slug:slug>/console/archive/<int:pk>/",
        archive.archive_file,
        name="console-archive-file",
    ),
    path("c/<slug:slug>/console/integrity/", integrity.integrity, name="console-integrity"),
    path("c/<slug:slug>/console/integrity/files/", integrity.name_file, name="console-known-file"),
    path("c/<slug:slug>/console/integrity/<int:pk>/", integrity.case, name="console-case"),
    path("c/<slug:slug>/console/teams.csv", teams_file.teams_file, name="console-teams-file"),
    path("c/<slug:slug>/console/reveal/now/", views.reveal, {"verb": "now"}, name="console-reveal"),
    path(
        "c/<slug:slug>/console/reveal/stop/",
        views.reveal,
        {"verb": "stop"},
        name="console-reveal-stop",
    ),
    path(
        "c/<slug:slug>/console/reveal/resume/",
        views.reveal,
        {"verb": "resume"},
        name="console-reveal-resume",
    ),
]
