"""Mutation testing: does a test fail when a behaviour breaks? See docs/testing.md."""
