"""What moderation does outside the request."""

from django_tasks import task

from accounts.models import SignUpRequest, User
from moderation.emails import send_sign_ups_waiting
from moderation.groups import MODERATORS


@task()
def notify_moderators_of_sign_ups() -> None:
    """Write to the moderators, or to the superusers of a site without any.

    Only if somebody waits still.
    """
    if not SignUpRequest.objects.filter(approved=None).exists():
        return
    staff = User.objects.filter(is_staff=True, is_active=True)
    moderators = staff.filter(groups__name=MODERATORS)
    for user in moderators or staff.filter(is_superuser=True):
        send_sign_ups_waiting(user)
