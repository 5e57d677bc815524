"""The way to the organization's own sign-in page."""

import requests
from allauth.socialaccount.providers.openid_connect import views
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

UNAVAILABLE = 503


def login(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Lead to the provider by a page of its own.

    A form may lead nowhere but to this site (its Content-Security-Policy), redirects included.
    """
    try:
        answer: HttpResponse = views.login(request, provider_id)
    except requests.RequestException:
        return render(request, "socialaccount/authentication_error.html", status=UNAVAILABLE)
    if request.method == "POST" and "Location" in answer:
        led = {"redirect_to": answer["Location"]}
        return render(request, "socialaccount/login_redirect.html", led)
    return answer
