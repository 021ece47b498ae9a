"""Signals for the apps above, sent inside the transaction."""

from django.dispatch import Signal

# Sign-ups wait for approval. ``when``: notify the moderators not before this time.
sign_ups_waiting = Signal()
