"""Benchmarks: ratios and counts within one run (docs/performance.md)."""
