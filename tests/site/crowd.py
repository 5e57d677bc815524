"""`python -m tests.site.crowd NUMBER` is a web process that is asked to sign up that many people.

It prints how many sign-ups, API requests and other things it granted, in how many seconds.
"""

import json
import sys
import time

import django


def main(number: int) -> None:
    django.setup()
    from allauth.core.internal.ratelimit import consume
    from django.contrib.auth.models import AnonymousUser
    from django.test import RequestFactory, override_settings

    from podium.api.base import limits
    from podium.shared_cache import counted, share_of

    request = RequestFactory().post("/accounts/signup/")
    request.user = AnonymousUser()
    begun = time.monotonic()
    taken = [bool(consume(request, app="allauth.account", action="signup")) for _ in range(number)]
    with override_settings(API_REQUESTS_A_MINUTE=20):
        asked = [not limits.requests_of(request).is_over for _ in range(number)]
    counts = [counted("crowd", 60) <= share_of(20) for _ in range(number)]
    print(
        json.dumps(
            {
                "sign-ups": sum(taken),
                "requests": sum(asked),
                "counts": sum(counts),
                "seconds": time.monotonic() - begun,
            }
        )
    )


if __name__ == "__main__":
    main(int(sys.argv[1]))
