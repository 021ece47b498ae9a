"""A process of a site that handles requests and reports their times.

Reads lines ``SESSION PATH``, writes milliseconds: without a network between, so that
several sites can be measured in turns.
"""

from __future__ import annotations

import sys
import time

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.test import Client  # noqa: E402


def main() -> None:
    client = Client()
    for line in sys.stdin:
        key, path = line.split()
        client.cookies[settings.SESSION_COOKIE_NAME] = key
        start = time.perf_counter()
        response = client.get(path)
        taken = (time.perf_counter() - start) * 1000
        assert response.status_code == 200, (path, response.status_code)
        print(f"{taken:.3f}", flush=True)


main()
