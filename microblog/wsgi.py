"""The WSGI application for gunicorn and mod_wsgi; production settings by default."""

import logging
import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from core.databases.timeouts import limit_waiting

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "microblog.settings.production")

application = get_wsgi_application()
limit_waiting(settings.DATABASES["default"])
logging.getLogger("microblog").info("microblog starts")
