"""Demo data, for trying the site out and for benchmarks."""
