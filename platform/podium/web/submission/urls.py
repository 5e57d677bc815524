"""Addresses of submissions."""

from django.urls import path

from podium.web.submission import comparison, my_submissions, sent_files, views

urlpatterns = [
    path("c/<slug:slug>/submissions/", my_submissions.my_submissions, name="my-submissions"),
    path("c/<slug:slug>/submissions/finals/", my_submissions.finals, name="finals"),
    path("c/<slug:slug>/submissions/compare/", my_submissions.compare_two, name="compare-two"),
    path("submissions/<int:pk>/", views.submission, name="submission"),
    path("submissions/<int:pk>/status/", views.status, name="submission-status"),
    path(
        "submissions/<int:pk>/against/<int:number>/",
        comparison.submission_compare,
        name="submission-compare",
    ),
    path("submissions/<int:pk>/file/", sent_files.submission_file, name="submission-file"),
    path("submissions/<int:pk>/describe/", views.describe, name="describe"),
    path("submissions/<int:pk>/withdraw/", views.withdraw, name="withdraw"),
    path("submissions/<int:pk>/restore/", views.restore, name="restore"),
    path("submissions/<int:pk>/select/", views.select, name="select"),
    path("submissions/<int:pk>/unselect/", views.unselect, name="unselect"),
]
