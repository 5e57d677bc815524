from django.apps import AppConfig
from django.db.backends.signals import connection_created

from podium.database import read_times_quickly


class AuditConfig(AppConfig):
    name = "podium.audit"

    def ready(self) -> None:
        connection_created.connect(read_times_quickly)
