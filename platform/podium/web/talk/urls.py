"""Addresses of notices, questions, write-ups and finalists."""

from podium.web.talk import notice_urls, question_urls, writeup_urls

urlpatterns = [
    *notice_urls.urlpatterns,
    *question_urls.urlpatterns,
    *writeup_urls.urlpatterns,
]
