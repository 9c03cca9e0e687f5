"""Runs the API under gunicorn: threads, and nothing shared across a fork."""

from contextlib import ExitStack
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.workers.base import Worker

from infrastructure.bootstrap import api_parts
from infrastructure.log_lines import configure_logging
from infrastructure.settings import Settings
from interfaces.http.app import create_app
from interfaces.http.assembly import api_service
from interfaces.http.patient_worker import PatientWorker

GRACE = 30
"""Seconds that requests under way may take when the server stops."""
LONGEST_HEADER = 64 * 1024
"""Bytes. What is shorter reaches the application, which refuses in the catalogue's words."""


class ApiServer(BaseApplication):
    """Opens databases in each worker, after the fork."""

    def __init__(self, settings: Settings, workers: int) -> None:
        self._settings = settings
        self._workers = workers
        self._opened = ExitStack()
        super().__init__()

    def load_config(self) -> None:
        for name, value in {
            "bind": self._settings.bind,
            "workers": self._workers,
            "worker_class": PatientWorker,
            "threads": self._settings.threads,
            "graceful_timeout": GRACE,
            "keepalive": 75,
            "control_socket_disable": True,
            "limit_request_field_size": LONGEST_HEADER,
            "accesslog": None,
            "loglevel": "warning",
            "worker_exit": self._close,
        }.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        configure_logging(self._settings.log_level, "api")
        parts = self._opened.enter_context(api_parts(self._settings, self._workers))
        return create_app(api_service(parts))

    def is_proxy(self, address: str) -> bool:
        """Asked by the worker, before the application has anything of a request."""
        return self._settings.access.is_proxy(address)

    def _close(self, _: Any, __: Worker) -> None:
        self._opened.close()


def serve(settings: Settings, workers: int = 1) -> None:
    """Serve until SIGTERM; requests under way are finished."""
    ApiServer(settings, workers).run()
