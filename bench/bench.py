"""What a call, a stream and a plan cost `baton review`, beside what a user would pick instead.

Each program runs as a whole process against a stand-in of its own that answers at once. CPU is the
user and system time of that process alone, memory its peak resident set, both as the kernel counts
them. baton does its whole work: plan, journal (durable before each call), ledger, report. The
yardsticks do less: the official TypeScript SDK reads the same streams and keeps nothing, bare
libcurl moves the same bytes and reads none. `cost` (cost.py) is about dollars instead, `agents`
(agents.py) about a turn of a tool loop, `journal`, `resume`, `fleet` and `chaos` about the stores.
"""

import argparse
import contextlib
import dataclasses
import json
import os
import pathlib
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib

import agents
import chaos
import cost
import fleet
import journal
import resume

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent

LINES_A_FILE = 8
SYNTHESIS = "You write the report of a code review"  # how the stand-in knows the last call
KIB = 1024


@dataclasses.dataclass
class Workload:
    name: str
    title: str
    calls: int  # of workers; baton adds its plan and its synthesis
    parallel: int
    files: int  # in the change: with the task types, enough that no two planned tasks are the same
    stand_in: list[str]
    deltas: int = 0
    sdk_plans: bool = False  # the SDK asks for the plan, too, and waits for its end
    curl: bool = True
    runs: int | None = None  # instead of --runs, where the wall time is all that is looked at


WORKLOADS = [
    Workload("calls-1000", "plan, then 1,000 workers, 64 at once", 1000, 64, 101, ["--instant"]),
    Workload("calls-10000", "plan, then 10,000 workers, 64 at once", 10000, 64, 1009, ["--instant"]),
    Workload("streams-2000", "2,000 streams together, 100 deltas each over 5 s", 2000, 20000, 211,
             ["--stream-seconds", "5", "--plan-seconds", "0", "--deltas", "100"], deltas=100),
    Workload("streams-10000", "10,000 streams together, 20 deltas each over 10 s", 10000, 20000, 1009,
             ["--stream-seconds", "10", "--plan-seconds", "0", "--deltas", "20"], deltas=20),
    Workload("plan", "20 tasks planned over 10 s, workers of 2 s, 4 at once", 20, 4, 101,
             ["--stream-seconds", "2", "--plan-seconds", "10"], sdk_plans=True, curl=False, runs=1),
    Workload("faults", "1,000 calls, 64 at once, 10 % 429 (retry-after 1 s) and 5 % 529", 1000, 64, 101,
             ["--instant", "--rate-429", "0.10", "--rate-529", "0.05"], curl=False),
]


@dataclasses.dataclass
class Sample:
    """One run of one program."""

    finished: int
    wall: float  # seconds
    cpu: float  # seconds, user and system
    peak: int  # bytes
    together: int = 0  # calls in flight at the same time, as baton's journal tells


class Programs:
    def __init__(self, build):
        self.baton = build / "baton"
        self.bare_curl = build / "bench" / "bare_curl"
        for program in (self.baton, self.bare_curl):
            if not program.exists():
                sys.exit(f"bench: {program} is not there; `./dev bench` builds it")


# ---- what is asked ---------------------------------------------------------------------------------


def write_change(path, files):
    """A diff that adds small files of a language no checker covers by itself."""
    with open(path, "w") as out:
        for number in range(files):
            name = f"src/part_{number:04}.cc"
            out.write(f"diff --git a/{name} b/{name}\nnew file mode 100644\n--- /dev/null\n+++ b/{name}\n"
                      f"@@ -0,0 +1,{LINES_A_FILE} @@\n")
            for line in range(1, LINES_A_FILE + 1):
                out.write(f"+int sum_{line}(int a) {{ return a + {number}; }}\n")


def shown_file(name):
    lines = [f"{line:>6}|+ int sum_{line}(int a) {{ return a + 7; }}\n" for line in range(1, LINES_A_FILE + 1)]
    return f"### {name} (added, {LINES_A_FILE} lines)\nlines 1-{LINES_A_FILE}:\n" + "".join(lines)


def request(part, model, max_tokens, text):
    """A request as baton makes it: system text, one message, the schema of the answer."""
    return {
        "model": model, "max_tokens": max_tokens, "stream": True,
        "system": [{"type": "text", "text": part["system"]}],
        "messages": [{"role": "user", "content": [{"type": "text", "text": text}]}],
        "output_config": {"format": {"type": "json_schema", "schema": json.loads(part["schema"])}},
    }


def yardstick_work(workload):
    words = tomllib.loads((ROOT / "workflows" / "review.toml").read_text())
    task = ("Task: naming convention check of src/part_0007.cc (part @NUMBER@) (naming_convention_check)\n"
            "Look for: names that break the conventions of the language or of the files around\n"
            "Instructions: Check the named lines of src/part_0007.cc.\nDone when:\n- every finding names a line\n"
            "\nFiles:\n" + shown_file("src/part_0007.cc"))
    plan = ("Task types:\n- naming_convention_check: names that break the conventions\n\nThe change:\n"
            + shown_file("src/part_0007.cc"))
    return {
        "plan": request(words["plan"], "claude-opus-4-7", 16000, plan) if workload.sdk_plans else None,
        "worker": request(words["work"], "claude-haiku-4-5", 4000, task),
        "calls": workload.calls, "parallel": workload.parallel,
    }


# ---- running and measuring -------------------------------------------------------------------------


class StandIn:
    """`baton mock-api`, fresh for each run, on a port of its own."""

    def __init__(self, programs, workload, folder, calls):
        script = folder / "script.json"
        script.write_text(json.dumps({"rules": [
            {"match": {"contains": SYNTHESIS}, "answer": {"latency_ms": 0, "stream_seconds": 0}}]}))
        self.command = [programs.baton, "mock-api", "--port", "0", "--no-record", "--script", script,
                        "--plan-tasks", str(calls), *workload.stand_in]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True)
        return self.process.stdout.readline().removeprefix("listening on ").strip()

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()


def measured(command, folder, environment=None):
    """Runs the command: its output, and a Sample of it."""
    # A process begins with the peak memory of the one that starts it, which for time(1) is next to
    # nothing. Its figure for CPU would be rounded to 10 ms; wait4() tells it exactly.
    timed = ["/usr/bin/time", "--quiet", "-f", "%M", "-o", folder / "peak", *command]
    with open(folder / "stdout", "w+") as out, open(folder / "stderr", "w+") as err:
        begin = time.monotonic()
        process = subprocess.Popen(timed, stdout=out, stderr=err, cwd=folder, stdin=subprocess.DEVNULL,
                                   env=os.environ | (environment or {}))
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if process.returncode != 0:
            sys.exit(f"bench: {command[0]} ended with {process.returncode}:\n{err.read()[-2000:]}")
        peak = int((folder / "peak").read_text()) * KIB
        return out.read(), Sample(0, wall, usage.ru_utime + usage.ru_stime, peak)


def told_by_journal(database):
    """How many workers have finished their task, and the most calls that were open at one moment."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as journal:
        events = journal.execute(
            "SELECT type, body FROM events WHERE type IN"
            " ('task_added', 'task_finished', 'call_reserved', 'call_ended') ORDER BY seq").fetchall()
    workers = {json.loads(body)["spec"]["id"] for kind, body in events
               if kind == "task_added" and json.loads(body)["spec"]["role"] == "worker"}
    finished = sum(json.loads(body)["task"] in workers for kind, body in events if kind == "task_finished")
    most = now = 0
    for kind, _ in events:
        now += {"call_reserved": 1, "call_ended": -1}.get(kind, 0)
        most = max(most, now)
    return finished, most


@contextlib.contextmanager
def review_of(programs, workload, calls, folder):
    """A stand-in and the review that is to be run against it: URL, command, environment."""
    write_change(folder / "change.diff", workload.files)
    with StandIn(programs, workload, folder, calls) as url:
        command = [programs.baton, "review", "--mode", "orchestrate", "--diff", "change.diff", "--state", "state", "--budget", "1000000",
                   "--parallel", str(workload.parallel), "--max-tasks", "100000"]
        yield url, command, {"ANTHROPIC_API_KEY": "bench", "ANTHROPIC_BASE_URL": url}


def measure_review(programs, workload, calls, folder, more=()):
    with review_of(programs, workload, calls, folder) as (_, command, environment):
        return measured([*command, *more], folder, environment)[1]


def run_baton(programs, workload, calls, folder):
    sample = measure_review(programs, workload, calls, folder)
    sample.finished, sample.together = told_by_journal(folder / "state" / "baton.db")
    return sample


def run_yardstick(command_of, programs, workload, calls, folder):
    work = yardstick_work(workload) | {"calls": calls}
    (folder / "work.json").write_text(json.dumps(work))
    (folder / "body.json").write_text(json.dumps(work["worker"]))
    with StandIn(programs, workload, folder, calls) as url:
        output, sample = measured(command_of(url, work), folder)
    sample.finished = json.loads(output)["finished"]
    return sample


def run_sdk(programs, workload, calls, folder):
    return run_yardstick(lambda url, _: ["node", HERE / "sdk_client.mjs", url, "work.json"],
                         programs, workload, calls, folder)


def run_curl(programs, workload, calls, folder):
    return run_yardstick(lambda url, work: [programs.bare_curl, url, "body.json", str(calls), str(work["parallel"])],
                         programs, workload, calls, folder)


def one_run(program, programs, workload, calls, scratch):
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        return program(programs, workload, calls, pathlib.Path(folder))


# ---- figures ---------------------------------------------------------------------------------------


@dataclasses.dataclass
class Figures:
    """Medians of a program's runs of one workload."""

    finished: int
    wall: float
    cpu_us_a_call: float
    cpu_us_a_delta: float
    peak_mib: float
    kib_a_call: float
    together: int

    @staticmethod
    def of(samples, small, workload):
        def middle(value):
            return statistics.median(map(value, samples))

        peak = middle(lambda s: s.peak)
        cpu_us = middle(lambda s: s.cpu) * 1e6
        return Figures(
            finished=min(s.finished for s in samples),
            wall=middle(lambda s: s.wall),
            cpu_us_a_call=cpu_us / workload.calls,
            cpu_us_a_delta=cpu_us / (workload.calls * workload.deltas) if workload.deltas else 0,
            peak_mib=peak / KIB**2,
            kib_a_call=(peak - small.peak) / KIB / workload.calls,
            together=min(s.together for s in samples))


def rows_of(workload, figures):
    """The figures of a workload as rows of a Markdown table, one a quantity."""
    quantities = [("finished", lambda f: f.finished, "{:,.0f}"), ("wall, s", lambda f: f.wall, "{:.2f}")]
    if workload.name != "plan":
        quantities.append(("CPU, us a call", lambda f: f.cpu_us_a_call, "{:,.1f}"))
    if workload.deltas:
        quantities.append(("CPU, us a delta", lambda f: f.cpu_us_a_delta, "{:.2f}"))
    if workload.name != "plan":
        quantities.append(("peak, MiB", lambda f: f.peak_mib, "{:.1f}"))
    if workload.deltas:
        quantities.append(("memory over one call's, KiB a stream", lambda f: f.kib_a_call, "{:.1f}"))
    baton = figures["baton"]
    for label, value, form in quantities:
        cells = [form.format(value(figures[name])) if name in figures else "" for name in ("baton", "sdk", "curl")]
        for name in ("sdk", "curl"):
            comparable = name in figures and label != "finished" and value(figures[name]) > 0
            cells.append(f"{value(baton) / value(figures[name]):.2f}" if comparable else "")
        yield f"| {label} | " + " | ".join(cells) + " |"


def measure(workload, programs, runs, scratch):
    contestants = {"baton": run_baton, "sdk": run_sdk} | ({"curl": run_curl} if workload.curl else {})
    # The same change with one call, answered at once: what the program takes by itself.
    one_call = dataclasses.replace(workload, stand_in=["--instant"], sdk_plans=False)
    small = {name: one_run(program, programs, one_call, 1, scratch) for name, program in contestants.items()}
    samples = {name: [] for name in contestants}
    for _ in range(workload.runs or runs):  # in turns: the machine's mood is the same for all
        for name, program in contestants.items():
            samples[name].append(one_run(program, programs, workload, workload.calls, scratch))
    figures = {name: Figures.of(samples[name], small[name], workload) for name in contestants}
    print(f"\n### {workload.name}: {workload.title}\n")
    print("| | baton | SDK | libcurl | baton/SDK | baton/libcurl |\n|---|---:|---:|---:|---:|---:|")
    for row in rows_of(workload, figures):
        print(row)
    if workload.deltas:
        print(f"\nAt least {figures['baton'].together:,} of baton's calls were in flight together.")
    sys.stdout.flush()


def main():
    names = [*(workload.name for workload in WORKLOADS), "agents", "cost", "journal", "resume", "fleet", "chaos"]
    parser = argparse.ArgumentParser(prog="bench/run", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(names)} (default: all)")
    parser.add_argument("--runs", type=int, default=3, help="runs of each; medians are shown (default: %(default)s)")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "release",
                        help="folder of the build (default: build/release)")
    parser.add_argument("--scratch", help="where journals are written (default: the temporary folder)")
    options = parser.parse_args()
    if unknown := set(options.names) - set(names):
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    build = options.build.resolve()
    programs = Programs(build)
    wanted = set(options.names or names)
    for workload in WORKLOADS:
        if workload.name in wanted:
            measure(workload, programs, options.runs, options.scratch)
    large = next(workload for workload in WORKLOADS if workload.name == "calls-10000")
    if "agents" in wanted:
        agents.main(build, options.scratch, options.runs, measured)
    if "cost" in wanted:
        cost.main(build, options.scratch)
    if "journal" in wanted:
        journal.main(build, options.scratch, options.runs, measured,
                     lambda folder: run_baton(programs, large, large.calls, folder))
    if "resume" in wanted:
        resume.main(build, options.scratch, options.runs,
                    lambda folder: review_of(programs, large, large.calls, folder))
    if "fleet" in wanted:
        many = WORKLOADS[0]
        alone = dataclasses.replace(many, calls=200, parallel=1)
        fleet.main(build, options.runs, [many, alone],
                   lambda workload, folder, more: measure_review(programs, workload, workload.calls, folder, more))
    if "chaos" in wanted:
        chaos.main(build, options.runs)


if __name__ == "__main__":
    main()
