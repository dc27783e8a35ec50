"""What dying workers cost: calls a second of eight workers on one PostgreSQL, undisturbed, and with one of the eight
killed (-9) each second and begun again at once.

Work waits in the queue all the time, so every call slot of every worker is in use. A killed worker takes with it what its
calls had got done so far, which no program can save: of calls that take L seconds, their mean age, mean(L²) / (2 mean(L)).
What that leaves is the ceiling, and what is lost below it is baton's own.
"""

import contextlib
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

import fleet
import journal

WORKERS = 8
RUNS_AT_ONCE, CALLS_AT_ONCE = 2, 4  # of a worker, of a run
TASKS = 60   # of a run
RUNS = 72   # more than are ended, or wait for the lease of a dead worker, at any time
LEASE = "5"
WARM_UP, WINDOW = 6.0, 12.0  # seconds
LATENCIES = [(250, 750), (1000, 3000)]  # ms of a call


def write_change(file):
    lines = [f"+int part_{number}(int a) {{ return a + {number}; }}\n" for number in range(200)]
    file.write_text(f"--- /dev/null\n+++ b/src/parts.cc\n@@ -0,0 +1,{len(lines)} @@\n" + "".join(lines))


class Site:
    """A store, a stand-in and a folder: all that a fleet of one measurement needs."""

    def __init__(self, build, server, folder, latency):
        self.baton, self.server, self.folder = build / "baton", server, folder
        self.database = f"chaos_{time.monotonic_ns()}"
        self.least, self.most = latency
        write_change(folder / "change.diff")

    def __enter__(self):
        self.server.sql(f"CREATE DATABASE {self.database}", database="postgres")
        command = [self.baton, "mock-api", "--port", "0", "--no-record", "--plan-tasks", str(TASKS), "--latency-ms",
                   f"{self.least}:{self.most}"]
        self.stand_in = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        url = self.stand_in.stdout.readline().removeprefix("listening on ").strip()
        self.environment = os.environ | {
            "ANTHROPIC_API_KEY": "bench", "ANTHROPIC_BASE_URL": url,
            "BATON_STORE": self.server.url.rsplit("/", 1)[0] + f"/{self.database}"}
        return self

    def __exit__(self, *_):
        self.stand_in.terminate()
        self.stand_in.wait()
        self.stand_in.stdout.close()
        self.server.sql(f"DROP DATABASE {self.database} WITH (FORCE)", database="postgres")

    def submit(self):
        command = [self.baton, "review", "--submit", "--mode", "orchestrate", "--diff", "change.diff", "--state", "state",
                   "--budget", "100000", "--parallel", str(CALLS_AT_ONCE), "--max-tasks", "1000"]
        for first in range(0, RUNS, 8):
            begun = [subprocess.Popen(command, cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                     for _ in range(first, min(first + 8, RUNS))]
            if any(process.wait() != 0 for process in begun):
                raise RuntimeError("a run could not be submitted")

    def begin_worker(self):
        command = [self.baton, "worker", "--state", "state", "--runs", str(RUNS_AT_ONCE), "--lease-seconds", LEASE,
                   "--max-deaths", "100"]
        with open(self.folder / "workers.log", "ab") as log:
            return subprocess.Popen(command, cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, stdout=log,
                                    stderr=log)

    def count(self, what):
        return int(self.server.sql(f"SELECT count(*) FROM baton.{what}", database=self.database))

    def ended_calls(self):
        return self.count("ledger WHERE state = 'settled'")


@contextlib.contextmanager
def workers_of(site):
    workers = [site.begin_worker() for _ in range(WORKERS)]
    try:
        yield workers
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()


def rate(site, is_disturbed):
    """Calls a second."""
    site.submit()
    with workers_of(site) as workers:
        begun = time.monotonic()
        next_kill, victim, first = begun + 1, 0, None
        while True:
            now = time.monotonic()
            if first is None and now - begun >= WARM_UP:
                first, since = site.ended_calls(), time.monotonic()
            if first is not None and now - since >= WINDOW:
                break
            if is_disturbed and now >= next_kill:
                workers[victim].kill()
                workers[victim].wait()
                workers[victim] = site.begin_worker()
                victim, next_kill = (victim + 1) % WORKERS, next_kill + 1
            time.sleep(0.02)
        ended, took = site.ended_calls() - first, time.monotonic() - since
        if site.count("queue WHERE state = 'waiting'") == 0:
            raise RuntimeError("the queue ran empty: give it more runs")
    return ended / took


def ceiling(least, most):
    """Of the undisturbed rate: each worker dies once in WORKERS seconds."""
    mean = (least + most) / 2
    mean_of_squares = (least**2 + least * most + most**2) / 3
    return 1 - mean_of_squares / (2 * mean) / 1000 / WORKERS


def main(build, repeats):
    print(f"\n### chaos: {WORKERS} workers, {RUNS_AT_ONCE} runs of {CALLS_AT_ONCE} calls at once each, one killed a second, "
          f"lease {LEASE} s ({journal.load()})\n")
    print("| a call takes, s | undisturbed, calls/s | disturbed, calls/s | kept | the ceiling | kept of it |")
    print("|---:|---:|---:|---:|---:|---:|")
    with fleet.Postgres(fleet.SETTINGS) as server:
        for latency in LATENCIES:
            rates = {False: [], True: []}
            for _ in range(repeats):
                for is_disturbed in rates:  # in turns: the machine's mood is the same for both
                    with tempfile.TemporaryDirectory() as name, Site(build, server, pathlib.Path(name), latency) as site:
                        rates[is_disturbed].append(rate(site, is_disturbed))
            calm, disturbed = (statistics.median(rates[key]) for key in (False, True))
            kept, possible = disturbed / calm, ceiling(*latency)
            print(f"| {latency[0] / 1000:g} to {latency[1] / 1000:g} | {calm:.1f} | {disturbed:.1f} | {kept:.1%} | "
                  f"{possible:.1%} | {kept / possible:.1%} |", flush=True)
