"""gunicorn's configuration, which it loads from the working directory."""

import gc
import sys
from pathlib import Path

# gunicorn reads this before it goes to the folder that --chdir names.
sys.path.insert(0, str(Path(__file__).parent))

from core.gunicorn_worker import BufferingWorker
from microblog.settings.environment import Environment

env = Environment()
bind = f"{env.given('HOST')}:{env.given('PORT')}"
workers = env.int("WEB_CONCURRENCY", minimum=1)
# Reads requests whole before a thread answers, so that slow clients hold none.
worker_class = BufferingWorker
worker_class.request_seconds = env.float("REQUEST_SECONDS")
worker_connections = 1000
threads = env.int("WEB_THREADS", minimum=1)
# The site, and with it what it loads at its start, is in memory once for all workers.
preload_app = True
# A request that takes longer has failed, and its worker is replaced
# (core.gunicorn_worker); Heroku's router gives up after 30 s.
timeout = 30
keepalive = 5
# The site's own requests are far below.
limit_request_line = 4094
limit_request_fields = 50
limit_request_field_size = 8190
# SCRIPT_NAME comes from the environment; a header of that name, which a proxy would
# pass on from any client, is dropped like all others with an underscore.
forwarder_headers = ""
header_map = "drop"
accesslog = "-"
# URLs may contain keys that reset a password or confirm an address.
logger_class = "core.gunicorn_logs.RedactingLogger"
# No socket for gunicorn's control tool: it would be created in the home folder.
control_socket_disable = True


def when_ready(server: object) -> None:
    """Load the language model before the workers are forked, so that they share it."""
    from posts.language_detection import load_identifier  # noqa: PLC0415  (after the app is set up)

    load_identifier()
    # Keep the garbage collector of the workers from touching, and so copying, this
    # memory.
    gc.collect()
    gc.freeze()
