"""Development, plus ``/slow`` and ``/cured``."""

from microblog.settings.development import *

ROOT_URLCONF = "benchmarks.slow_page"
