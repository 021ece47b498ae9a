"""What accounts announces to the apps above it; sent inside the transaction."""

from django.dispatch import Signal

# Before anything is written, so that a receiver can lock what it will change.
person_state_changing = Signal()  # keyword: person
person_suspended = Signal()  # keyword: person
person_reinstated = Signal()  # keyword: person
