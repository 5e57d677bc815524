"""Addresses of questions and answers; `podium.web.urls` includes them."""

from django.urls import path

from podium.web.talk import questions

urlpatterns = [
    path("c/<slug:slug>/questions/", questions.questions, name="questions"),
    path("c/<slug:slug>/questions/ask/", questions.ask, name="question-ask"),
    path("c/<slug:slug>/questions/<int:pk>/", questions.question, name="question"),
    path("c/<slug:slug>/questions/<int:pk>/answer/", questions.answer, name="question-answer"),
    path("c/<slug:slug>/questions/<int:pk>/edit/", questions.edit, name="question-edit"),
    path(
        "c/<slug:slug>/questions/<int:pk>/moderate/<str:verb>/",
        questions.moderate,
        name="question-moderate",
    ),
    path(
        "c/<slug:slug>/questions/<int:pk>/answers/<int:answer>/edit/",
        questions.edit_answer,
        name="answer-edit",
    ),
    path(
        "c/<slug:slug>/questions/<int:pk>/answers/<int:answer>/moderate/<str:verb>/",
        questions.moderate_answer,
        name="answer-moderate",
    ),
]
