"""Rate limits of actions that are expensive or reach other users."""

from allauth.core import ratelimit

from accounts.http import SignedInRequest


def within_rate(request: SignedInRequest, action: str) -> bool:
    """Count one use of ``action``; return False when its rate is exceeded.

    The rates are in ``ACCOUNT_RATE_LIMITS``, beside those of django-allauth.
    """
    allowed: bool = ratelimit.consume(request, action=action, user=request.user)
    return allowed
