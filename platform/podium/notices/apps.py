from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "podium.notices"

    def ready(self) -> None:
        """Register the listeners that notify people at once."""
        from podium.catalog import signals as catalog
        from podium.discussions import signals as discussions
        from podium.notices import actions, telling
        from podium.submissions import signals as submissions
        from podium.teams import signals as teams

        catalog.editor_changed.append(telling.on_editor_changed)
        submissions.evaluation_stored.append(telling.on_evaluation_stored)
        submissions.submission_ended.append(telling.on_submission_ended)
        discussions.question_asked.append(telling.on_question_asked)
        discussions.answer_given.append(telling.on_answer_given)
        discussions.message_sent.append(telling.on_message_sent)
        teams.account_deleted.append(actions.forget)
