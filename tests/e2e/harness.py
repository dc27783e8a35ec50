"""What the end-to-end tests stand on: git repositories, the stand-in for the Messages API, the program.

Every test has a folder of its own for state, home, configuration and temporary files, and an
environment made from nothing, so that neither the caller's keys nor their settings take part.
BATON names the program.
"""

import collections
import json
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
import unittest
import urllib.request
from decimal import Decimal

BATON = os.path.abspath(os.environ.get("BATON") or pathlib.Path(__file__).parents[2] / "build/debug/baton")
KEY = "sk-test-7f3a9c5e1b"  # what leaks is searched for by this

# By these words the stand-in's scripts tell the three kinds of call apart (workflows/review.toml).
PLANNING = "You lead a code review"
WORKING = "You are a code reviewer with one task"
REPORTING = "You write the report of a code review"

# The documented exit codes.
DONE, FINDINGS, USAGE, BUDGET, PROVIDER, INTERRUPTED, SYSTEM = range(7)

Finished = collections.namedtuple("Finished", "code out err")


def command_of(arguments):
    """The command line. A review has a plan and workers unless the test says how it should go: which of them is
    the better bargain for the small changes of these tests is for test_modes.py to ask."""
    words = [str(word) for word in arguments]
    if words and words[0] == "review" and not {"--mode", "--local"} & set(words):
        words[1:1] = ["--mode", "orchestrate"]
    return [BATON, *words]


def processes_with(words):
    """Command lines that hold the words; the stand-in's own is left aside."""
    lines = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except (OSError, ValueError):
            continue
        if entry.name.isdigit() and words in line and "mock-api" not in line:
            lines.append(line)
    return lines


class Repository:
    """A git repository whose commits have the same ids in every run of a test."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.commits = 0
        self.git("init", "-q", "-b", "main")

    def git(self, *arguments, check=True):
        at = f"{1_700_000_000 + self.commits * 60} +0000"
        environment = {
            "PATH": os.environ["PATH"], "HOME": str(self.folder), "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "author", "GIT_AUTHOR_EMAIL": "author@example.invalid", "GIT_AUTHOR_DATE": at,
            "GIT_COMMITTER_NAME": "author", "GIT_COMMITTER_EMAIL": "author@example.invalid", "GIT_COMMITTER_DATE": at,
        }
        done = subprocess.run(["git", "-c", "protocol.file.allow=always", *arguments], cwd=self.folder,
                              env=environment, capture_output=True, check=check)
        return done.stdout

    def write(self, path, content):
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            target.write_bytes(content)
        else:
            target.write_text(content, encoding="utf-8")

    def commit(self, message, files=None):
        for path, content in (files or {}).items():
            self.write(path, content)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        self.commits += 1
        return self.git("rev-parse", "HEAD").decode().strip()

    def lines_of(self, path, revision="HEAD"):
        text = self.git("show", f"{revision}:{path}")
        return text.count(b"\n") + (0 if text.endswith(b"\n") or not text else 1)


class Mock:
    """`baton mock-api` on a port the system chose."""

    def __init__(self, test, *options, script=None):
        arguments = [BATON, "mock-api", "--port", "0", *options]
        if script is not None:
            file = test.folder / f"script-{time.monotonic_ns()}.json"
            file.write_text(json.dumps({"rules": script}))
            arguments += ["--script", str(file)]
        self.process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        env={"PATH": os.environ["PATH"]}, text=True)
        test.addCleanup(self.stop)
        first = self.process.stdout.readline()
        if not first.startswith("listening on http://127.0.0.1:"):
            raise AssertionError(f"the stand-in did not start: {first}{self.process.stdout.read()}")
        self.url = first.split()[-1]

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(10)
        self.process.stdout.close()

    def get(self, path):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(self.url + path, timeout=10) as answer:
            return json.load(answer)

    def post(self, path, headers):
        """Something that somebody else asks of the provider."""
        request = urllib.request.Request(self.url + path, data=b"", method="POST",
                                         headers={"anthropic-version": "2023-06-01", **headers})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=10) as answer:
            return json.load(answer)

    def bill(self):
        return self.get("/__bill")

    def requests(self):
        return self.get("/__requests")

    def settle(self):
        """Waits until the stand-in has noticed that the last client is gone, and billed it."""
        until = time.monotonic() + 10
        while any(r["ended_ms"] == 0 for r in self.requests()) and time.monotonic() < until:
            time.sleep(0.02)


class Call:
    """One call of a run as its journal tells it."""

    def __init__(self, run, reserved, content_key):
        self.number = reserved["call"]
        self.item = f"{run}-c{self.number}" if reserved.get("batch") else ""  # its name in a batch
        self.task = reserved["task"]
        self.hold = Decimal(reserved["hold"])
        self.content_key = content_key
        self.end = None  # the event, once there is one

    @property
    def bill(self):
        return self.end["bill"] if self.end else "open"

    @property
    def charge(self):
        return Decimal(self.end["charge"])

    @property
    def request_id(self):
        return self.end.get("request_id", "") if self.end else ""


class EventsOf:
    """A run's events, as (type, body), and the calls they tell of."""

    def __init__(self, run, rows):
        self.run = run
        self.events = [(kind, json.loads(body)) for kind, body in rows]

    def of(self, kind):
        return [body for name, body in self.events if name == kind]

    def calls(self):
        calls, keys = {}, {}
        for kind, body in self.events:
            if kind == "call_prepared":
                keys[body["task"]] = body["content_key"]
            elif kind == "call_reserved":
                calls[body["call"]] = Call(self.run, body, keys[body["task"]])
            elif kind == "call_ended":
                calls[body["call"]].end = body
        return list(calls.values())


class JournalOf(EventsOf):
    """A run's events, read from the journal's own file."""

    def __init__(self, state, run):
        connection = sqlite3.connect(f"file:{state}/baton.db?mode=ro", uri=True, timeout=10)
        try:
            rows = connection.execute("SELECT type, body FROM events WHERE run = ? ORDER BY seq", (run,)).fetchall()
        finally:
            connection.close()
        super().__init__(run, rows)


class BatonTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="baton-e2e-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.state = self.folder / "state"
        for name in ("home", "config", "tmp", "work"):
            (self.folder / name).mkdir()

    # ---- what a story begins with ----------------------------------------------------------------

    def repository(self, name="repository"):
        return Repository(self.folder / name)

    def small_change(self, name="repository"):
        """Three languages, two commits; the second one is worth a review."""
        repository = self.repository(name)
        repository.commit("Begin", SMALL_BEFORE)
        repository.commit("Count retries", SMALL_AFTER)
        return repository

    def mock(self, *options, script=None):
        return Mock(self, *options, script=script)

    # ---- the program -----------------------------------------------------------------------------

    def environment(self, mock=None, key=KEY, **more):
        environment = {
            "PATH": os.environ["PATH"], "LANG": "C.UTF-8",
            "HOME": str(self.folder / "home"), "XDG_CONFIG_HOME": str(self.folder / "config"),
            "TMPDIR": str(self.folder / "tmp"), "BATON_STATE": str(self.state),
        }
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"):
            if name in os.environ:
                environment[name] = os.environ[name]
        if mock is not None:
            environment["ANTHROPIC_BASE_URL"] = mock if isinstance(mock, str) else mock.url
            environment["ANTHROPIC_API_KEY"] = key
        environment.update(more)
        return environment

    def start(self, *arguments, mock=None, cwd=None, env=None, **popen):
        process = subprocess.Popen(command_of(arguments), cwd=cwd or self.folder / "work",
                                   env=env or self.environment(mock), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **popen)
        self.addCleanup(self._end, process)
        return process

    @staticmethod
    def _end(process):
        if process.poll() is None:
            process.kill()
        process.wait()
        for pipe in (process.stdout, process.stderr):
            pipe.close()

    @staticmethod
    def finish(process, timeout=60):
        out, err = process.communicate(timeout=timeout)
        return Finished(process.returncode, out, err)

    def baton(self, *arguments, mock=None, cwd=None, env=None, stdin=None, timeout=60, **popen):
        done = subprocess.run(command_of(arguments), cwd=cwd or self.folder / "work",
                              env=env or self.environment(mock), timeout=timeout, capture_output=True,
                              input=stdin if stdin is not None else b"", **popen)
        return Finished(done.returncode, done.stdout.decode("utf-8", "replace"),
                        done.stderr.decode("utf-8", "replace"))

    def review(self, *arguments, repository=None, mock=None, code=DONE, **more):
        """`baton review --format json`, its report; `code` is how it must end (None: anyhow)."""
        where = ["--repo", repository.folder] if repository is not None else []
        done = self.baton("review", *where, "--format", "json", *arguments, mock=mock, **more)
        if code is not None:
            self.assertEqual(done.code, code, done.err + done.out[:1500])
        self.assertNotEqual(done.out, "", f"no report, code {done.code}: {done.err}")
        return json.loads(done.out)

    def resume(self, run, *arguments, mock=None, code=DONE, **more):
        done = self.baton("resume", run, "--format", "json", *arguments, mock=mock, **more)
        if code is not None:
            self.assertEqual(done.code, code, done.err + done.out[:1500])
        self.assertNotEqual(done.out, "", f"no report, code {done.code}: {done.err}")
        return json.loads(done.out)

    def cost(self, *arguments):
        done = self.baton("cost", "--format", "json", *arguments)
        self.assertEqual(done.code, DONE, done.err)
        return json.loads(done.out)

    def runs(self):
        done = self.baton("runs", "--format", "json")
        self.assertEqual(done.code, DONE, done.err)
        return json.loads(done.out)

    def journal(self, run):
        return JournalOf(self.state, run)

    # ---- what every story may end with -------------------------------------------------------------

    def assert_sound(self):
        done = self.baton("verify")
        self.assertEqual((done.code, done.err), (DONE, ""), done.out)
        self.assertRegex(done.out, r"all sound\n$")

    def assert_one_message(self, done, code, *words):
        """Refused before anything was begun: the code, one line that says it, and no report."""
        self.assertEqual(done.code, code, done.err + done.out)
        lines = [line for line in done.err.splitlines() if not line.startswith("baton: reviewing ")]
        self.assertEqual(len(lines), 1, done.err)
        self.assertTrue(lines[0].startswith("baton: "), done.err)
        self.assertEqual(done.out, "")
        for word in words:
            self.assertIn(word, done.err)

    def assert_books_balance(self, run, *mocks):
        """The ledger against the stand-in's own bill, call by call, to the picodollar.

        A settled call was billed exactly what the ledger says; one that is not billed cost nothing; one
        whose outcome is not known cost at most what is booked for it. Returns the ledger's total.
        """
        charges = {}
        for mock in mocks:
            mock.settle()
            for request in mock.requests():
                charges[request["request_id"] or request["custom_id"]] = Decimal(request["charge_usd"])
        calls = self.journal(run).calls()
        self.assertEqual([c.number for c in calls if c.end is None], [], "calls without an end")
        booked_blind = Decimal(0)
        for call in calls:
            name = call.item if call.item in charges else call.request_id
            if not name:
                self.assertNotEqual(call.bill, "settled", f"call {call.number}")
                booked_blind += call.charge
                continue
            if call.item and call.bill == "not_billed" and name not in charges:
                continue  # the create was refused, and so no item was seen
            self.assertIn(name, charges, f"call {call.number} is matched twice, or not known")
            billed = charges.pop(name)
            if call.bill == "unknown":
                self.assertLessEqual(billed, call.charge, f"call {call.number}: {call.end['message']}")
                self.assertLessEqual(call.charge, call.hold)
            else:
                self.assertEqual(call.charge, billed, f"call {call.number} ({call.bill})")
        # What the stand-in billed without its answer's head ever reaching the ledger.
        strays = sum(charges.values(), Decimal(0))
        self.assertLessEqual(strays, booked_blind)

        total = sum((call.charge for call in calls), Decimal(0))
        cost = self.cost("--run", run)
        self.assertEqual(Decimal(cost["total_usd"]), total)
        unknown = [call for call in calls if call.bill == "unknown"]
        self.assertEqual(cost["unknown_calls"], len(unknown))
        self.assertEqual(Decimal(cost["unknown_usd"]), sum((c.charge for c in unknown), Decimal(0)))
        bills = sum((Decimal(mock.bill()["total_usd"]) for mock in mocks), Decimal(0))
        if not unknown:
            self.assertEqual(total, bills)
        self.assertLessEqual(bills, total)
        return total

    def assert_cites_what_is_there(self, report, repository, revision="HEAD"):
        for finding in report["findings"]:
            self.assertGreaterEqual(finding["line"], 1)
            self.assertLessEqual(finding["line"], repository.lines_of(finding["file"], revision), finding)


def essence(report):
    """A report without what differs from run to run: its name, times and money."""
    return {key: report[key] for key in ("status", "title", "summary", "synthesised", "findings",
                                         "dropped_findings", "missing", "skipped", "files_reviewed",
                                         "lines_added")}


def wait_until(condition, timeout=20, what="it"):
    """Polls, and returns what `condition` gave once that is true."""
    until = time.monotonic() + timeout
    while time.monotonic() < until:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError(f"waited {timeout} s for {what}")


def interrupt(process):
    process.send_signal(signal.SIGINT)


# ---- plans and answers for scripts ----------------------------------------------------------------

def planned(number, kind, *files, first=1, last=0, **more):
    """A task as a planner writes it; by default it reads whole files."""
    return {"id": f"p{number}", "type": kind, "title": f"Task number {number}",
            "instructions": f"Look at part {number} with care.",
            "files": [{"path": path, "first_line": first, "last_line": last} for path in files],
            "acceptance": ["Each finding cites a line."], "depends_on": [], "clear_rubric": True, **more}


def plan(*tasks, **answer):
    return {"match": {"contains": PLANNING}, "answer": {"json": {"tasks": list(tasks)}, **answer}}


def finding(file, line, message, severity="medium", **more):
    return {"file": file, "line": line, "severity": severity, "category": "general", "message": message,
            "suggestion": "Mend it.", "confidence": 0.9, **more}


def answers(contains, *findings, **answer):
    """A worker whose prompt holds `contains` finds these."""
    return {"match": {"contains": contains}, "answer": {"json": {"findings": list(findings)}, **answer}}


def works(*findings, **answer):
    return answers(WORKING, *findings, **answer)


def fails(contains, times=None, **answer):
    rule = {"match": {"contains": contains}, "answer": answer}
    if times is not None:
        rule["times"] = times
    return rule


# No language that a checker does whole: every task needs a model.
SMALL_BEFORE = {
    "src/retry.go": "package retry\n\nfunc Retry(call func() error) error {\n\treturn call()\n}\n",
    "src/disk.cc": "int write(int fd) {\n  return fd;\n}\n",
    "run.sh": "#!/bin/sh\necho start\n",
}
SMALL_AFTER = {
    "src/retry.go": "package retry\n\nfunc Retry(call func() error, times int) error {\n\tvar err error\n"
                    "\tfor i := 0; i < times; i++ {\n\t\tif err = call(); err == nil {\n\t\t\treturn nil\n"
                    "\t\t}\n\t}\n\treturn err\n}\n",
    "src/disk.cc": "#include <unistd.h>\n\nint write(int fd) {\n  char buffer[8];\n"
                   "  buffer[fd] = 1;\n  return fd;\n}\n",
    "run.sh": "#!/bin/sh\necho start\nrm -rf $1/cache\n",
}
