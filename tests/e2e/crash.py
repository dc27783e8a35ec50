"""What the tests of crashes stand on: a program that is killed at a durable step, and what holds when its run has ended.

A durable step is a commit that has reached the disk (fdatasync, of the journal and of what workers remember) or a file
system that has (syncfs, of a run's repository).
"""

import collections
import concurrent.futures
import functools
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import unittest
from decimal import Decimal

from agents import AgentTest
from harness import DONE, essence, processes_with, wait_until

# Counts what is made durable in the file COUNT_IN names, and kills its process at the one that CRASH_AT names.
CRASH_AT = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int steps, crash_at, count_in = -1;

__attribute__((constructor)) static void begin(void) {
  const char* at = getenv("CRASH_AT");
  const char* file = getenv("COUNT_IN");
  if (at) crash_at = atoi(at);
  if (file) count_in = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  unsetenv("CRASH_AT");
  unsetenv("COUNT_IN");
  unsetenv("LD_PRELOAD");
}

static int durable(int done) {
  const int step = __atomic_add_fetch(&steps, 1, __ATOMIC_SEQ_CST);
  if (step == crash_at) kill(getpid(), SIGKILL);
  if (count_in >= 0) {
    char text[16];
    const int size = snprintf(text, sizeof text, "%d", step);
    if (pwrite(count_in, text, (size_t)size, 0) != size) abort();
  }
  return done;
}

#define COUNTED(name)                                           \
  int name(int fd) {                                            \
    static int (*real)(int);                                    \
    if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, #name);    \
    return durable(real(fd));                                   \
  }
COUNTED(fdatasync)
COUNTED(syncfs)
"""


def make_crash_library():
    """The library that kills: made once for a test program, beside nothing that a test looks at."""
    if "ASAN_OPTIONS" in os.environ:
        raise unittest.SkipTest("a sanitizer has to be the first library")
    folder = tempfile.TemporaryDirectory(prefix="baton-crash-")
    unittest.addModuleCleanup(folder.cleanup)
    source = pathlib.Path(folder.name) / "crash_at.c"
    source.write_text(CRASH_AT)
    library = pathlib.Path(folder.name) / "crash_at.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return library


def sample(last, bound, more):
    """Every step up to the bound; of those behind it, so many in even distances, and the last one."""
    behind = range(bound + 1, last + 1)
    if len(behind) <= more:
        return list(range(1, last + 1))
    even = {behind[i * (len(behind) - 1) // (more - 1)] for i in range(more)}
    return [*range(1, bound + 1), *sorted(even)]


def in_parallel(work, items, workers=3):
    """Waits for all of them; the first failure is the caller's, with the item it belongs to."""
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        pending = {pool.submit(work, item): item for item in items}
        results = {}
        for future in concurrent.futures.as_completed(pending):
            try:
                results[pending[future]] = future.result()
            except BaseException as error:
                for other in pending:
                    other.cancel()
                raise AssertionError(f"{pending[future]}: {error}") from error
    return [results[item] for item in items]


class OneRun(AgentTest):
    """One run in a world of its own: folder, repository, stand-in. Used as `with OneRun() as one:`."""

    BUDGET = Decimal(500)

    def __enter__(self):
        self.setUp()
        return self

    def __exit__(self, *_):
        self.doCleanups()

    def begun(self):
        """The run's id; none before its first commit."""
        if not (self.state / "baton.db").exists():
            return None
        runs = self.runs()
        self.assertLessEqual(len(runs), 1)
        return runs[0]["run_id"] if runs else None

    def live(self, command, mock, **environment):
        """One life of its process: a new run, or the one there is taken up again."""
        run = self.begun()
        words = ["resume", run, "--format", "json"] if run else [*command, "--budget", str(self.BUDGET)]
        return self.start(*words, mock=mock, env=self.environment(mock, **environment))

    # ---- what holds at the end --------------------------------------------------------------------

    def assert_each_call_is_asked_for_once(self, run, mock):
        """Requests that the stand-in saw are attempts of the journal, and a call with an answer is its prompt's last.

        A call that is booked as unknown may not have been sent: the process ended in between.
        """
        mock.settle()
        calls = self.journal(run).calls()
        asked = collections.Counter(r["body_sha256"] for r in mock.requests())
        reserved = collections.Counter(call.content_key for call in calls)
        unknown = collections.Counter(call.content_key for call in calls if call.bill == "unknown")
        self.assertEqual(asked - reserved, collections.Counter(), "sent without having been set aside")
        self.assertEqual((reserved - asked) - unknown, collections.Counter(), "set aside, not sent, and not unknown")
        answered = set()
        for call in calls:
            self.assertNotIn(call.content_key, answered, f"call {call.number} repeats one that has its answer")
            if call.bill == "settled":
                answered.add(call.content_key)
        return calls

    def assert_unknown_calls_are_listed_and_booked(self, run, calls):
        unknown = [call for call in calls if call.bill == "unknown"]
        shown = self.baton("show", run).out
        listed = [int(number) for number in re.findall(r"^  \S+Z c(\d+)\b.*booked \$", shown, re.MULTILINE)]
        self.assertEqual(sorted(listed), sorted(call.number for call in unknown), shown)
        for call in unknown:
            # Of what broke off in the middle, a part of the bill is known.
            whole = "the process ended" in call.end["message"]
            self.assertTrue(call.charge == call.hold if whole else call.charge <= call.hold, f"call {call.number}")
        return unknown

    def assert_nothing_is_left(self):
        wait_until(lambda: not processes_with(str(self.folder)), what="the last process to end")
        self.assertEqual(self.worktrees(), [])

    def assert_as_if_nothing_had_been(self, run, mock):
        """The books of a run that has ended, whatever it went through; its calls that are unknown."""
        calls = self.assert_each_call_is_asked_for_once(run, mock)
        unknown = self.assert_unknown_calls_are_listed_and_booked(run, calls)
        self.assertLessEqual(self.assert_books_balance(run, mock), self.BUDGET)
        self.assert_nothing_is_left()
        self.assert_sound()
        return unknown


class OneReview(OneRun):
    """A review of many small scripts: a plan that streams, a worker for each, a report."""

    TASKS = 8
    PACE = ["--plan-seconds", "0.15", "--latency-ms", "5:30"]

    def setUp(self):
        super().setUp()
        self.changes = self.repository()
        names = [f"scripts/step{number}.sh" for number in range(self.TASKS)]
        self.changes.commit("Begin", {name: "#!/bin/sh\necho start\n" for name in names})
        self.changes.commit("Clean up", {name: f"#!/bin/sh\necho start\nrm -rf $1/cache{name[-4]}\n" for name in names})

    def stand_in(self, *options):
        # What is answered goes by the seed and the question alone.
        return self.mock("--seed", "5", *(options or self.PACE))

    def command(self):
        return ["review", "--repo", self.changes.folder, "--format", "json", "--parallel", "4"]

    @classmethod
    @functools.cache
    def undisturbed(cls):
        """The report that would have been."""
        with cls() as one:
            mock = one.stand_in("--instant")
            done = one.finish(one.live(one.command(), mock))
            one.assertEqual(done.code, DONE, done.err)
            one.assertEqual(one.assert_as_if_nothing_had_been(one.begun(), mock), [])
            return essence(json.loads(done.out))


def was_killed(process):
    return process.wait(60) == -signal.SIGKILL
