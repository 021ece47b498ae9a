"""What accounts announces to the apps above it; sent inside the transaction."""

from django.dispatch import Signal

person_suspended = Signal()  # keyword: person
person_reinstated = Signal()  # keyword: person
