"""Every list of posts that depends on who is looking."""
