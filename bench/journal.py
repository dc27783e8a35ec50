"""What the journal costs: events made durable a second, how fast a run is read back, bytes a turn of a tool loop.

The events are appended by journal_bench, to baton's journal and to plain SQLite in turns. Replay reads a review of 10,000
tasks that was made against the stand-in. The loop is that of agents.py, whose reads are one tool call a turn.
"""

import collections
import json
import os
import pathlib
import re
import sqlite3
import statistics
import subprocess
import tempfile

import agents

CODE_WRITER = pathlib.Path(__file__).resolve().parents[1] / "workers" / "code-writer.md"
TURNS = 100
SECONDS = "1.5"  # of each measurement
COLUMNS = [("baton", "event"), ("baton", "event, own runs"), ("baton", "call"), ("plain, WAL", "event"), ("plain", "event")]


def load():
    return f"load {os.getloadavg()[0]:.1f}"


def printed(command):
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True).stdout


# ---- appends ---------------------------------------------------------------------------------------


def append_table(build, scratch, runs):
    samples = collections.defaultdict(list)
    for _ in range(runs):
        with tempfile.TemporaryDirectory(dir=scratch) as name:
            for line in printed([build / "bench" / "journal_bench", f"{name}/journal", SECONDS]).splitlines():
                sample = json.loads(line)
                samples[sample["callers"], sample["store"], sample["workload"]].append(sample)

    def cells(callers, value, form):
        return " | ".join(form.format(statistics.median(sample[value] for sample in samples[callers, *column]))
                          for column in COLUMNS)

    print(f"\n### journal: events made durable, a second ({load()})\n")
    print("| callers | baton, an event an append | likewise, each caller its own run | baton, as a driver appends | "
          "SQLite (WAL), a transaction an event | SQLite as it comes, likewise |\n|---|---:|---:|---:|---:|---:|")
    for callers in (1, 16, 64):
        print(f"| {callers} | {cells(callers, 'rate', '{:,.0f}')} |")
    print(f"| CPU of 64, us an event | {cells(64, 'cpu_us', '{:.1f}')} |")


# ---- replay ----------------------------------------------------------------------------------------


def only_run(state):
    with sqlite3.connect(f"file:{state / 'baton.db'}?mode=ro", uri=True) as journal:
        return journal.execute("SELECT run FROM runs").fetchone()[0]


def replay_table(build, scratch, review):
    with tempfile.TemporaryDirectory(dir=scratch) as name:
        folder = pathlib.Path(name)
        review(folder)
        told = json.loads(printed([build / "bench" / "replay_bench", folder / "state", only_run(folder / "state")]))
    events, read, fold = told["events"], told["read_s"], told["fold_s"]
    print(f"\n### journal: a review of 10,000 tasks read back ({load()})\n")
    print("| events | read and chain checked, s | folded, s | events a second, together |\n|---:|---:|---:|---:|")
    print(f"| {events:,} | {read:.3f} | {fold:.3f} | {events / (read + fold):,.0f} |")


# ---- bytes a turn ----------------------------------------------------------------------------------


def bytes_by_turn(database):
    """What each turn of the worker's loop adds: its events as they are stored, and the texts they are first to name."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as journal:
        texts = dict(journal.execute("SELECT id, length(id) + length(data) FROM blobs"))
        events = journal.execute("SELECT type, body, length(run) + length(type) + length(body) + length(hash) + 8"
                                 " FROM events ORDER BY seq").fetchall()
    turns = []
    for kind, body, size in events:
        fields = json.loads(body)
        if kind == "turn_started":
            turns.append([0, 0])
        if not turns:
            continue
        turns[-1][0] += size
        for name in ("answer", "content", "reply", "result"):
            turns[-1][1] += texts.pop(fields.get(name), 0)
    return turns[:TURNS - 1]  # the last is finish and what follows it


def turns_table(build, scratch, measured):
    with tempfile.TemporaryDirectory(dir=scratch) as name:
        repository = pathlib.Path(name) / "repository"
        repository.mkdir()
        agents.make_repository(repository)
        # The same worker, but for the number of turns it may take, which the recipe of a feature would bound.
        workers = pathlib.Path(name) / "config" / "baton" / "workers"
        workers.mkdir(parents=True)
        (workers / CODE_WRITER.name).write_text(re.sub(r"maxTurns: \d+", f"maxTurns: {TURNS + 1}", CODE_WRITER.read_text()))
        turns = []
        agents.one_run(build / "baton", repository, agents.read, TURNS, scratch, measured, job=("run",),
                       look=lambda folder: turns.extend(bytes_by_turn(folder / "state" / "baton.db")),
                       environment={"XDG_CONFIG_HOME": str(workers.parents[1])})
    print(f"\n### journal: bytes a turn, in a loop of {TURNS} turns of one read each\n")
    print("| turns | events | texts | together |\n|---|---:|---:|---:|")
    for first, last in ((2, 50), (51, 100)):
        part = turns[first - 2:last - 1]
        events, texts = (sum(turn[i] for turn in part) / len(part) for i in (0, 1))
        print(f"| {first} to {last} | {events:,.0f} | {texts:,.0f} | {events + texts:,.0f} |")


def main(build, scratch, runs, measured, review):
    append_table(build, scratch, runs)
    replay_table(build, scratch, review)
    turns_table(build, scratch, measured)
