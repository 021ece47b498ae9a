"""Production's log handlers in a test."""

import logging
import logging.config
import unittest
from pathlib import Path

from microblog.settings.logs import logging_config


def install_handlers(
    test: unittest.TestCase, folder: Path, mail_backend: str, *loggers: logging.Logger
) -> dict[str, logging.Handler]:
    """Add production's handlers to ``loggers`` until the end of a test.

    Log files are made in ``folder``; returns the handlers by name.
    """
    config = logging.config.DictConfigurator(logging_config(folder, mail_backend))
    filters = {
        name: config.configure_filter(one)
        for name, one in config.config["filters"].items()
    }
    config.config["filters"] = filters
    config.config["formatters"]["line"] = config.configure_formatter(
        config.config["formatters"]["line"]
    )
    handlers = {
        name: config.configure_handler(one)
        for name, one in config.config["handlers"].items()
    }
    for handler in handlers.values():
        test.addCleanup(handler.close)
        for logger in loggers:
            logger.addHandler(handler)
            test.addCleanup(logger.removeHandler, handler)
    return handlers
