"""Background tasks of moderation."""

from django_tasks import task

from accounts.models import SignUpRequest, User
from moderation.emails import send_sign_ups_waiting
from moderation.groups import MODERATORS


@task()
def notify_moderators_of_sign_ups() -> None:
    """Mail the moderators, or the superusers of a site without any.

    Only if sign-ups still wait.
    """
    if not SignUpRequest.objects.filter(approved=None).exists():
        return
    staff = User.objects.filter(is_staff=True, is_active=True)
    moderators = staff.filter(groups__name=MODERATORS)
    for user in moderators or staff.filter(is_superuser=True):
        send_sign_ups_waiting(user)
