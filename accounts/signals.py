"""What accounts announces to the apps above it; sent inside the transaction."""

from django.dispatch import Signal

# The moderators are to be told that people wait; keyword when: not before this time.
sign_ups_waiting = Signal()
