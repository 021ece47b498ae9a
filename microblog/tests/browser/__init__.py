"""The site in a real browser: needs Chromium and ``BROWSER_TESTS=1``."""
