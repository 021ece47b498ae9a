"""A process inside a project that tells how much processor time its pages take.

Reads lines ``SESSION PATH COUNT`` and writes the median of so many requests, in
milliseconds of processor time. The WSGI application is called directly, as a server
does. ``lean`` as an argument: prints the key of a session of the lean project first.
"""

from __future__ import annotations

import io
import statistics
import sys
import time
from http import HTTPStatus
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402

application = get_wsgi_application()


def request(session: str, path: str) -> tuple[float, int]:
    """Return the milliseconds of processor time of a request, and the answer's size."""
    path, _mark, query = path.partition("?")
    status = []

    def start_response(line: str, *_rest: Any) -> None:
        status.append(int(line.split(maxsplit=1)[0]))

    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_ACCEPT_LANGUAGE": "en",
        "HTTP_ACCEPT_ENCODING": "gzip, deflate, br",
        "HTTP_COOKIE": f"{settings.SESSION_COOKIE_NAME}={session}",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.url_scheme": "http",
    }
    start = time.thread_time()
    response = application(environ, start_response)
    size = sum(len(chunk) for chunk in response)
    response.close()
    taken = (time.thread_time() - start) * 1000
    assert status == [HTTPStatus.OK], (path, status)
    return taken, size


def lean_session() -> str:
    """Make the lean project's tables, a user and a session; return its key."""
    from importlib import import_module  # noqa: PLC0415

    from django.contrib.auth import get_user_model, login  # noqa: PLC0415
    from django.core.management import call_command  # noqa: PLC0415
    from django.http import HttpRequest  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    user, _created = get_user_model().objects.get_or_create(username="reader")
    fake = HttpRequest()
    fake.session = import_module(settings.SESSION_ENGINE).SessionStore()
    login(fake, user)
    fake.session.save()
    return str(fake.session.session_key)


def main() -> None:
    if "lean" in sys.argv:
        print(lean_session(), flush=True)
    for line in sys.stdin:
        session, path, count = line.split()
        taken = [request(session, path) for _number in range(int(count))]
        median = statistics.median(milliseconds for milliseconds, _size in taken)
        print(f"{median:.3f} {taken[-1][1]}", flush=True)


main()
