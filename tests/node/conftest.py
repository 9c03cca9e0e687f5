"""`make test-node` says at once what it lacks; `make test` runs nothing of this folder."""

import pytest

from tests.real_node import missing


def pytest_collection_finish(session: pytest.Session) -> None:
    wanted = any(item.get_closest_marker("node") for item in session.items)
    if wanted and (names := missing()):
        raise pytest.UsageError(f"make test-node needs {', '.join(names)}")
