"""The tests' own PostgreSQL: durable, unprivileged, one database for each test, nothing left."""

import os
from pathlib import Path

import psycopg
import pytest

from tests.postgres_cluster import Cluster


def setting(url: str, name: str) -> str:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT current_setting(%s)", (name,)).fetchone()
    assert row is not None
    return str(row[0])


def test_a_commit_is_on_disk_when_it_is_said(postgres: Cluster) -> None:
    url = postgres.url("postgres")
    assert (setting(url, "fsync"), setting(url, "synchronous_commit")) == ("on", "on")


def test_only_this_machine_reaches_it(postgres: Cluster) -> None:
    assert setting(postgres.url("postgres"), "listen_addresses") == "127.0.0.1"


def test_it_does_not_run_as_root(postgres: Cluster) -> None:
    data = Path(setting(postgres.url("postgres"), "data_directory"))
    owner = (data / "postmaster.pid").stat().st_uid
    assert owner != 0
    assert os.geteuid() in (0, owner)


def test_each_database_is_a_new_one(postgres: Cluster) -> None:
    one, other = postgres.fresh_database(), postgres.fresh_database()
    with psycopg.connect(one) as connection:
        connection.execute("CREATE TABLE mine (id integer)")
    with psycopg.connect(other) as connection:
        row = connection.execute("SELECT to_regclass('mine')").fetchone()
    assert row == (None,)


def test_a_stopped_cluster_leaves_nothing() -> None:
    cluster = Cluster()
    cluster.start()
    url, folder = cluster.url("postgres"), cluster.folder
    cluster.stop()
    assert not folder.exists()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url, connect_timeout=2)
