"""What is compared with: the library's stock application, and a handler that does nothing.

Under the same server with as many threads: `python -m tests.benchmarks.stock BIND THREADS URL`.
"""

import os
import sys
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import falcon
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate
from gunicorn.app.base import BaseApplication


class Wish(Aggregate):
    def __init__(self, terms: dict[str, str]) -> None:
        self.terms = terms


class Nothing:
    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        req.get_media()
        resp.status = falcon.HTTP_202
        resp.media = {"id": str(uuid4())}


class Stock:
    def __init__(self, application: "Application[Any]") -> None:
        self._application = application

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        wish = Wish(req.get_media())
        self._application.save(wish)
        resp.status = falcon.HTTP_202
        resp.media = {"id": str(wish.id)}


def environment(url: str) -> dict[str, str]:
    if url.startswith("sqlite"):
        return {
            "PERSISTENCE_MODULE": "eventsourcing.sqlite",
            "SQLITE_DBNAME": url.removeprefix("sqlite:///"),
            "SQLITE_LOCK_TIMEOUT": "30",
        }
    at = urlsplit(url)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": at.path[1:],
        "POSTGRES_HOST": at.hostname or "",
        "POSTGRES_PORT": str(at.port),
        "POSTGRES_USER": at.username or "",
        "POSTGRES_PASSWORD": at.password or "",
        "POSTGRES_POOL_SIZE": "4",
        "POSTGRES_MAX_OVERFLOW": "12",
    }


class Server(BaseApplication):
    def __init__(self, bind: str, threads: str, url: str) -> None:
        self._options = (bind, threads, url)
        super().__init__()

    def load_config(self) -> None:
        bind, threads, _ = self._options
        for name, value in {
            "bind": bind,
            "worker_class": "gthread",
            "threads": int(threads),
            "control_socket_disable": True,
            "loglevel": "error",
        }.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        app = falcon.App()
        app.add_route("/nothing", Nothing())
        app.add_route("/stock", Stock(Application(env=os.environ | environment(self._options[2]))))
        return app


if __name__ == "__main__":
    arguments = sys.argv[1:]
    sys.argv = sys.argv[:1]
    Server(*arguments).run()
