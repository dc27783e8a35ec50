"""How soon a run of 10,000 tasks goes on after kill -9: from the start of `baton resume` to the first byte of its first call.

The run is a real one, made against the stand-in and killed when that many requests had come. What is resumed is a copy,
each time; the provider it then meets only looks when it is called. The journal is in the page cache, as after a crash of
the program, not of the machine.
"""

import json
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

import journal

TASKS = 10_000
WAIT = 120  # seconds that nothing here takes


def requests_at(url):
    with urllib.request.urlopen(f"{url}/__bill", timeout=WAIT) as answer:
        return json.load(answer)["requests"]


def interrupted_run(command, environment, url, folder, requests):
    """Starts a review and kills it once so many requests have reached the stand-in. How many tasks had ended."""
    with open(folder / "stderr", "wb") as err:
        review = subprocess.Popen(command, cwd=folder, env=os.environ | environment, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL, stderr=err)
        while review.poll() is None and requests_at(url) < requests:
            time.sleep(0.002)
        review.send_signal(signal.SIGKILL)
        review.wait()
    with sqlite3.connect(folder / "state" / "baton.db") as database:
        count = dict(database.execute("SELECT type, count(*) FROM events GROUP BY type"))
    added, ended = count.get("task_added", 0), count.get("task_finished", 0)
    if added <= TASKS or ended > TASKS:
        sys.exit(f"bench: the review was killed with {added} tasks planned and {ended} ended: not what is to be measured")
    return ended


def first_call(baton, state, run):
    """Seconds from the start of the process to the first byte of a call."""
    with socket.create_server(("127.0.0.1", 0)) as provider, tempfile.TemporaryFile() as err:
        provider.settimeout(WAIT)
        environment = {"ANTHROPIC_API_KEY": "bench", "ANTHROPIC_BASE_URL": f"http://127.0.0.1:{provider.getsockname()[1]}"}
        begin = time.monotonic()
        process = subprocess.Popen([baton, "resume", run, "--state", state], env=os.environ | environment,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=err)
        try:
            caller, _ = provider.accept()
            with caller:
                caller.settimeout(WAIT)
                caller.recv(1)
                return time.monotonic() - begin
        finally:
            process.kill()
            process.wait()


def main(build, scratch, runs, start_review):
    """`start_review(folder)` is a context: the URL of a fresh stand-in, the command and environment of the review."""
    print(f"\n### resume: a run of {TASKS:,} tasks after kill -9, to its first new call ({journal.load()})\n")
    print("| tasks ended | events | state folder, MiB | to the first call, s: median | least | most |\n|---:|---:|---:|---:|---:|---:|")
    for requests in (TASKS // 2, TASKS - 200):
        with tempfile.TemporaryDirectory(dir=scratch) as name:
            folder = pathlib.Path(name)
            with start_review(folder) as (url, command, environment):
                ended = interrupted_run(command, environment, url, folder, requests)
            state = folder / "state"
            size = sum(path.stat().st_size for path in state.rglob("*") if path.is_file())
            run = journal.only_run(state)
            with sqlite3.connect(f"file:{state / 'baton.db'}?mode=ro", uri=True) as database:
                events = database.execute("SELECT count(*) FROM events").fetchone()[0]
            times = []
            for _ in range(max(runs, 5)):
                copy = folder / "copy"
                shutil.copytree(state, copy)
                times.append(first_call(build / "baton", copy, run))
                shutil.rmtree(copy)
        print(f"| {ended:,} | {events:,} | {size / 1024**2:.0f} | {statistics.median(times):.2f} | {min(times):.2f} | {max(times):.2f} |")
