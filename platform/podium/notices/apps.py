from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "podium.notices"

    def ready(self) -> None:
        """Register the listeners that notify people at once."""
        from podium.catalog import signals as catalog
        from podium.discussions import signals as discussions
        from podium.notices import actions, editing, telling
        from podium.submissions import signals as submissions
        from podium.teams import signals as teams

        catalog.editing_offered.append(editing.on_offered)
        catalog.editing_declined.append(editing.on_declined)
        catalog.editor_removed.append(editing.on_removed)
        submissions.evaluation_stored.append(telling.on_evaluation_stored)
        submissions.submission_ended.append(telling.on_submission_ended)
        discussions.question_asked.append(telling.on_question_asked)
        discussions.answer_given.append(telling.on_answer_given)
        discussions.message_sent.append(telling.on_message_sent)
        teams.account_deleted.append(actions.forget)
