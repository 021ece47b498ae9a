"""Background tasks of moderation."""

from django_tasks import task

from accounts.address_changes import is_confirmed
from accounts.models import SignUpRequest, User
from moderation.emails import send_sign_ups_waiting
from moderation.groups import MODERATORS


@task()
def notify_moderators_of_sign_ups() -> None:
    """Mail the moderators, or the superusers of a site without any.

    Only if sign-ups still wait, and only at confirmed addresses.
    """
    if not SignUpRequest.objects.filter(approved=None).exists():
        return
    staff = User.objects.filter(is_staff=True, is_active=True)
    moderators = filter(is_confirmed, staff.filter(groups__name=MODERATORS))
    superusers = filter(is_confirmed, staff.filter(is_superuser=True))
    for user in list(moderators) or superusers:
        send_sign_ups_waiting(user)
