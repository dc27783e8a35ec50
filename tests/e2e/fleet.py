"""Stories of several processes on one store: a PostgreSQL server for all tests of a class, a database for each."""

import itertools
import json
import os
import re
import signal
import subprocess

from harness import BATON, DONE, BatonTest, EventsOf, wait_until
from postgres import Postgres

PASSWORD = f"pg-test-{os.getpid()}-41c8d0e7"  # what leaks is searched for by this


class SharedJournalOf(EventsOf):
    """A run's events, read from the database."""

    def __init__(self, server, database, run):
        rows = server.sql(f"SELECT type, body FROM baton.events WHERE run = '{run}' ORDER BY seq", database=database)
        super().__init__(run, [line.split("|", 1) for line in rows.splitlines()])


class FleetTest(BatonTest):
    numbers = itertools.count(1)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = Postgres()
        cls.addClassCleanup(cls.server.close)

    def setUp(self):
        super().setUp()
        self.database = f"fleet_{next(self.numbers)}"
        self.server.sql(f"CREATE DATABASE {self.database}", database="postgres")
        # The server trusts whoever comes by this socket or address: the password is there to leak.
        self.store = self.server.url.rsplit("/", 1)[0].replace("@", f":{PASSWORD}@") + f"/{self.database}"

    def sql(self, text):
        return self.server.sql(text, database=self.database)

    def environment(self, mock=None, key=None, **more):
        keys = {} if key is None else {"key": key}
        return super().environment(mock, **keys, **{"BATON_STORE": self.store, **more})

    def journal(self, run):
        return SharedJournalOf(self.server, self.database, run)

    # ---- workers ---------------------------------------------------------------------------------

    def worker(self, *arguments, mock=None, **more):
        """A worker process; its standard error is in the file `log`."""
        log = self.folder / f"worker-{next(self.numbers)}.log"
        with open(log, "wb") as out:
            process = subprocess.Popen([BATON, "worker", *map(str, arguments)], cwd=self.folder / "work",
                                       env=self.environment(mock, **more), stdin=subprocess.DEVNULL, stdout=out,
                                       stderr=out)
        process.log = log
        self.addCleanup(self.kill, process)
        wait_until(lambda: process.poll() is not None or "taking up to" in log.read_text(), what="the worker")
        self.assertIsNone(process.poll(), log.read_text())
        return process

    @staticmethod
    def kill(process):
        if process.poll() is None:
            process.kill()
        process.wait()

    def drain(self, process, timeout=30):
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(timeout), DONE, process.log.read_text())

    def submit(self, *arguments, mock=None, repository=None, **more):
        """The run's id."""
        where = ["--repo", repository.folder] if repository is not None else []
        done = self.baton("review", "--submit", *where, *arguments, mock=mock, **more)
        self.assertEqual(done.code, DONE, done.err)
        self.assertRegex(done.out, r"^r-[0-9a-z]{12}\n$")
        return done.out.strip()

    def wait(self, run, *arguments, code=DONE, timeout=60):
        done = self.baton("wait", run, "--format", "json", *arguments, timeout=timeout)
        if code is not None:
            self.assertEqual(done.code, code, done.err + done.out[:1500])
        return json.loads(done.out)

    def standing(self):
        """What `baton runs` says of each run."""
        return {run["run_id"]: run for run in self.runs()}

    def assert_no_secret(self, *texts):
        for text in texts:
            self.assertNotIn(PASSWORD, text)

    def drivers(self, run):
        """How many processes have driven it."""
        return len(self.journal(run).of("run_resumed"))


def process_id(name):
    """Of a worker as the store names it: "host/4711"."""
    return int(re.fullmatch(r".*/(\d+)", name).group(1))
