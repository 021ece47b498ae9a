"""Views of timelines, lists of users and the page about feeds."""
