"""The WSGI application for gunicorn and mod_wsgi; production settings by default."""

import logging
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "microblog.settings.production")

application = get_wsgi_application()
logging.getLogger("microblog").info("microblog starts")
