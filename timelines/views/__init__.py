"""Pages that depend on who is looking."""
