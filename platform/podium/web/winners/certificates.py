"""Certificates: members download their own, and everybody with a code can check one."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from podium.accounts.requests import SignedInRequest
from podium.refusals import refusals_shown
from podium.web.base.access import get_challenge
from podium.web.base.presenters import crumb
from podium.winners.certificates import holds, issue, offers, pdf_of, result_of
from podium.winners.models import Certificate


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def certificates(request: SignedInRequest, slug: str) -> HttpResponse:
    """Show which certificates the reader can have, and make one."""
    challenge = get_challenge(request, slug)
    if request.method == "POST":
        with refusals_shown(request):
            wanted = {name: request.POST.get(name, "") for name in ("track", "kind")}
            made = issue(challenge=challenge, by=request.user, **wanted)
            return redirect("certificate-file", made.code)
        return redirect("certificates", slug)
    context = {
        "challenge": challenge,
        "crumbs": [crumb(challenge)],
        "offers": offers(request.user, challenge),
    }
    return render(request, "winners/certificates.html", context)


@require_safe
@never_cache
def certificate(request: HttpRequest, code: str) -> HttpResponse:
    """Show what a certificate says, and whether it still holds."""
    found = _get(code)
    context = {
        "certificate": found,
        "challenge": found.track.challenge,
        "result": result_of(found.rank, found.ranked),
        "holds": holds(found),
        "is_own": found.user_id == request.user.pk,
    }
    return render(request, "winners/certificate.html", context)


@require_safe
@never_cache
@login_required
def certificate_file(request: SignedInRequest, code: str) -> HttpResponse:
    """Send a certificate to the person whom it names, while it holds."""
    found = _get(code)
    if found.user_id != request.user.pk or not holds(found):
        raise Http404
    name = f"certificate-{found.track.challenge.slug}-{found.code}.pdf"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(pdf_of(found), "application/pdf", headers=headers)


def _get(code: str) -> Certificate:
    rows = Certificate.objects.select_related("track__challenge", "team")
    return get_object_or_404(rows, code=code)
