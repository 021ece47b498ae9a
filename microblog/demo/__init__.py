"""A lively community for trying the site out, and for measuring it."""
