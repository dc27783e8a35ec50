"""What a shared store costs: claims and reservations a second by the number of workers, and the CPU of a call beside SQLite's.

PostgreSQL runs on this machine, with what it acknowledges on the disk; the CPU of its processes is told apart from that of
the program. A whole review is run on either store, and the difference of the program's CPU is what the shared one adds to a call.
"""

import collections
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

import journal

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests" / "e2e"))
from postgres import Postgres  # noqa: E402

WORKERS = (1, 4, 16)
SECONDS = "2"  # of each measurement
RUNS = "6000"  # that wait before claims are measured
SETTINGS = {"shared_buffers": "256MB", "max_wal_size": "4GB"}
TICKS = os.sysconf("SC_CLK_TCK")
ROWS = [
    ("claim", "runs claimed, with their leases", "plain-claim"),
    ("reserve", "reservations durable, one caller a worker", "plain-reserve"),
    ("reserve-16", "the same, 16 callers a worker", None),
    ("call-16", "calls (five events, a text), 16 callers a worker", None),
]


def cpu_of(pid, fields):
    stat = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(stat[field]) for field in fields) / TICKS


def server_cpu(server):
    """Seconds that the server's processes have used, those that have ended included."""
    postmaster = server.server.pid
    while True:
        children = pathlib.Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        try:
            living = sum(cpu_of(child, (11, 12)) for child in children)
        except FileNotFoundError:
            continue  # one has just ended: it is among the postmaster's then
        return living + cpu_of(postmaster, (11, 12, 13, 14))  # utime, stime, and those of children that have ended


def rates(build, runs):
    told = collections.defaultdict(list)
    with Postgres(SETTINGS) as server:
        def bench(*words):
            command = [build / "bench" / "fleet_bench", server.url, *words]
            return subprocess.run(command, check=True, capture_output=True, text=True).stdout

        for _ in range(runs):
            for workers in WORKERS:
                bench("prepare", RUNS)
                for ours, _, plain in ROWS:
                    for what in filter(None, (ours, plain)):
                        before = server_cpu(server)
                        sample = json.loads(bench(what, str(workers), SECONDS))
                        sample["server_us"] = (server_cpu(server) - before) * 1e6 / (sample["rate"] * float(SECONDS))
                        told[what, workers].append(sample)
    return told


def rate_table(build, runs):
    load = journal.load()
    told = rates(build, runs)

    def middle(what, workers, value):
        return statistics.median(sample[value] for sample in told[what, workers]) if what else None

    print(f"\n### fleet: a second on one PostgreSQL, by the number of workers ({load})\n")
    print("| | " + " | ".join(f"{n} workers" for n in WORKERS) + " | CPU at 4: program, us | server, us |")
    print("|---|" + "---:|" * (len(WORKERS) + 2))
    for ours, title, plain in ROWS:
        for what, name in ((ours, title), (plain, "likewise by plain transactions")):
            if what:
                cells = [f"{middle(what, n, 'rate'):,.0f}" for n in WORKERS]
                cells += [f"{middle(what, 4, value):,.0f}" for value in ("cpu_us", "server_us")]
                print(f"| {name} | " + " | ".join(cells) + " |")


def reviewed(server, runs, calls, run_review):
    """Per store: what the program and the server used, review by review."""
    samples = collections.defaultdict(list)
    for _ in range(runs):
        for store, more in (("SQLite", []), ("PostgreSQL", ["--store", server.url])):
            before = server_cpu(server)
            with tempfile.TemporaryDirectory() as name:
                sample = run_review(pathlib.Path(name), more)
            samples[store].append((sample.wall, sample.cpu * 1e6 / calls, (server_cpu(server) - before) * 1e6 / calls))
    return samples


def call_table(runs, workloads, run_review):
    """`run_review(workload, folder, more arguments)` runs a review, and gives its Sample."""
    print(f"\n### fleet: a review by its store ({journal.load()})\n")
    print("| calls | at once | store | wall, s | CPU of the program, us a call | CPU of the server, us a call |")
    print("|---:|---:|---|---:|---:|---:|")
    with Postgres(SETTINGS) as server:
        for workload in workloads:
            taken = reviewed(server, runs, workload.calls, lambda folder, more: run_review(workload, folder, more))
            for store, samples in taken.items():
                wall, cpu, served = (statistics.median(values) for values in zip(*samples))
                print(f"| {workload.calls:,} | {workload.parallel} | {store} | {wall:.2f} | {cpu:.1f} | {served:.1f} |")


def main(build, runs, workloads, run_review):
    rate_table(build, runs)
    call_table(runs, workloads, run_review)
