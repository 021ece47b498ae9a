"""What posts announces to the apps above it; sent inside the transaction."""

from django.dispatch import Signal

post_published = Signal()  # keyword: post
post_deleted = Signal()  # keyword: post
