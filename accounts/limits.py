"""How often one person may do what costs the site something or reaches others."""

from allauth.core import ratelimit

from accounts.http import SignedInRequest


def within_rate(request: SignedInRequest, action: str) -> bool:
    """Count one use of ``action``; return False when its rate is exceeded.

    The rates stand in ``ACCOUNT_RATE_LIMITS``, beside those of signing in.
    """
    allowed: bool = ratelimit.consume(request, action=action, user=request.user)
    return allowed
