"""Background tasks of this app."""

from django.core.cache import cache
from django.db import transaction
from django_tasks import task

from accounts.address_changes import is_confirmed
from accounts.models import User
from social.emails import send_new_follower
from social.models import Follow

ONE_DAY = 24 * 3600


@task()
def notify_of_new_follower(follower_id: int, followed_id: int) -> None:
    """Mail the followed user, at most once a day about the same follower.

    Nothing goes to an address that its owner has not confirmed.
    """
    if not Follow.objects.filter(follower=follower_id, followed=followed_id).exists():
        return
    users = User.objects.visible().in_bulk([follower_id, followed_id])
    if len(users) < 2 or not is_confirmed(users[followed_id]):
        return
    # The cache is a table of the same database: its entry and the mail are stored
    # together or, if the worker dies between them, not at all.
    with transaction.atomic():
        if cache.add(f"new-follower:{follower_id}:{followed_id}", True, ONE_DAY):
            send_new_follower(users[follower_id], users[followed_id])
