"""Addresses of notices, questions, write-ups and finalists."""

from podium.web.talk import message_urls, notice_urls, question_urls, writeup_urls

urlpatterns = [
    *message_urls.urlpatterns,
    *notice_urls.urlpatterns,
    *question_urls.urlpatterns,
    *writeup_urls.urlpatterns,
]
