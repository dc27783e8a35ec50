"""A PostgreSQL server of a test's own: a new cluster in a temporary folder, on a unix socket and a free loopback port.

The server refuses to run as root, so for root it runs as `nobody`. It ends with the thread that started it, however
that dies.
"""

import ctypes
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time

USER, DATABASE = "baton", "baton"
PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent(signal_number):
    """This process is sent the signal when the thread that started it ends."""
    _libc.prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0)


def programs():
    """The folder of the newest server that is installed; none: there is none."""
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda p: float(p.parts[4]))
    if found:
        return found[-1].parent
    on_path = shutil.which("postgres")
    return pathlib.Path(on_path).parent if on_path else None


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Postgres:
    """A running server; close() stops it and removes all of it."""

    def __init__(self, settings=None):
        self.programs = programs()
        if self.programs is None:
            raise RuntimeError("no PostgreSQL server is installed: install the package `postgresql`")
        self.account = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        # Short, and not below a test's own folder: the path of a unix socket has room for 107 bytes.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="baton-pg-", dir="/tmp"))
        if self.account:
            os.chown(self.folder, self.account.pw_uid, self.account.pw_gid)
        self.data = self.folder / "data"
        self.port = free_port()
        self.settings = {
            "listen_addresses": "127.0.0.1", "unix_socket_directories": str(self.folder), "max_connections": "200",
            "shared_buffers": "64MB", "log_min_messages": "warning", **(settings or {}),
        }
        self.server = None
        try:
            self._run("initdb", "--pgdata", self.data, "--username", USER, "--auth", "trust", "--encoding", "UTF8",
                      "--locale", "C", "--no-instructions")
            self.start()
            self.sql(f"CREATE DATABASE {DATABASE}", database="postgres")
        except BaseException:
            self.close()
            raise

    @property
    def url(self):
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{DATABASE}"

    def _as_server(self):
        if self.account:
            os.setgroups([])
            os.setgid(self.account.pw_gid)
            os.setuid(self.account.pw_uid)
        die_with_parent(signal.SIGINT)  # after the change of user, which would take it back

    def _run(self, program, *arguments):
        done = subprocess.run([self.programs / program, *arguments], preexec_fn=self._as_server, cwd=self.folder,
                              env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"}, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"{program}: {done.stdout}{done.stderr}")
        return done.stdout

    def start(self):
        assert self.server is None
        options = [word for name, value in self.settings.items() for word in ("-c", f"{name}={value}")]
        with open(self.folder / "log", "ab") as log:
            self.server = subprocess.Popen(
                [self.programs / "postgres", "-D", self.data, "-p", str(self.port), *options], stdout=log, stderr=log,
                stdin=subprocess.DEVNULL, preexec_fn=self._as_server, cwd=self.folder,
                env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"}, start_new_session=True)
        until = time.monotonic() + 60
        while time.monotonic() < until and self.server.poll() is None:
            ready = subprocess.run([self.programs / "pg_isready", "-q", "-h", self.folder, "-p", str(self.port)],
                                   check=False)
            if ready.returncode == 0:
                return
            time.sleep(0.05)
        raise RuntimeError(f"PostgreSQL did not start: {(self.folder / 'log').read_text()[-2000:]}")

    def _end(self, signal_number):
        if self.server is None:
            return
        if self.server.poll() is None:
            self.server.send_signal(signal_number)
            try:
                self.server.wait(20)
            except subprocess.TimeoutExpired:
                self.server.send_signal(signal.SIGQUIT)
                self.server.wait(20)
        self.server = None

    def stop(self):
        """Connections are cut; what was committed is written."""
        self._end(signal.SIGINT)

    def crash(self):
        """As a power cut ends it: nothing is written any more, and the next start recovers from the log."""
        self._end(signal.SIGQUIT)

    def restart(self):
        self.stop()
        self.start()

    def save(self):
        """Keeps a copy of all there is now."""
        self.stop()
        self._run("/bin/cp", "-a", self.data, self.folder / "saved")
        self.start()

    def put_back(self):
        """What save() kept is all there is, as after a restored backup."""
        self.stop()
        shutil.rmtree(self.data)
        (self.folder / "saved").rename(self.data)
        self.start()

    def sql(self, text, database=DATABASE, user=USER):
        """What psql prints: rows a line, columns between '|'."""
        return self._run("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", self.folder,
                         "-p", str(self.port), "-U", user, "-d", database, "-c", text)

    def close(self):
        try:
            self.stop()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
