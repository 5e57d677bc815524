"""The Podium site: stores, schedules and shows what the pure packages compute."""

from podium.celery import app as celery_app

__all__ = ["celery_app"]
