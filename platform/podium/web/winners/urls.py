"""Addresses of the winners' page and of certificates."""

from django.urls import path

from podium.web.winners import certificates
from podium.web.winners.views import winners

urlpatterns = [
    path("c/<slug:slug>/winners/", winners, name="winners"),
    path("c/<slug:slug>/certificates/", certificates.certificates, name="certificates"),
    path("certificates/<slug:code>/", certificates.certificate, name="certificate"),
    path(
        "certificates/<slug:code>/certificate.pdf",
        certificates.certificate_file,
        name="certificate-file",
    ),
]
