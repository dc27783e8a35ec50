"""kill -9 in each phase of a feature: the run goes on where it stopped, builds the same, and pays for nothing twice."""

import collections
import json
import os
import random
import signal
import sqlite3
import subprocess
import time
import unittest

from agents import (AgentTest, CODING, DOCUMENTING, INTEGRATING, TESTING, converses, finishes, found, leads,
                    reviews, task, together, uses)
from harness import DONE, processes_with, wait_until

BEFORE = {
    "words.txt": "hello\n",
    "other.txt": "one\ntwo\n",
    "log.txt": "",
    "check.sh": "#!/bin/sh\nsleep 0.25\ngrep -qi morning words.txt\n",
}
# What stands on the branch at the end. The log tells whether a command ran on what its first try had left.
AFTER = {
    "words.txt": "Good morning and evening\n",
    "other.txt": "uno\ntwo\n",
    "log.txt": "begun\nended\n",
    "check.sh": BEFORE["check.sh"],
    "count.txt": "3\n",
    "NOTES.md": "Greets by the hour.\n",
}
SUBJECTS = sorted(subject for title in ("Say good morning", "Say good evening", "Count the words", "Write it down",
                                        "Mend what review 1 found") for subject in (title, "Merge: " + title))

MORNING, EVENING, COUNTING, NOTING = "Say good morning", "Say good evening", "Count the words", "Write it down"
PLAN = [
    task(1, MORNING, commands=["sh check.sh"], files=[{"path": "words.txt", "first_line": 1, "last_line": 0}]),
    task(2, EVENING, commands=["grep -qi good words.txt"]),
    task(3, COUNTING, worker="test-writer", commands=["sleep 0.3; test -f count.txt"]),
    task(4, NOTING, worker="documentation-writer", commands=["test -s NOTES.md"], depends_on=["p2"]),
]


# What a later task is told names earlier ones, so the later ones come first. A command sleeps for `nap` seconds.
def conversations(nap):
    return [
        *converses(CODING, "Mend what review 1 found",
                   uses("edit", path="words.txt", old_text="good", new_text="Good"),
                   finishes("It begins with a capital.")),
        *converses(INTEGRATING, "Merge: " + EVENING,
                   uses("write", path="words.txt", text="good morning and evening\n"),
                   finishes("Both.")),
        *converses(DOCUMENTING, NOTING,
                   uses("write", path="NOTES.md", text="Greets by the hour.\n"),
                   finishes("Written down.")),
        *converses(TESTING, COUNTING,
                   uses("write", path="count.txt", text="3\n"),
                   finishes("Counted.")),
        {"match": {"regex": CODING, "contains": MORNING, "tool_results": 0},
         "answer": together(uses("read", path="words.txt"), uses("list"))},
        {"match": {"regex": CODING, "contains": MORNING, "tool_results": 2},
         "answer": together(uses("edit", path="words.txt", old_text="hello", new_text="good morning"),
                                  uses("shell", command=f"echo begun >> log.txt; sleep {nap}; echo ended >> log.txt"),
                                  uses("edit", path="other.txt", old_text="one", new_text="uno"))},
        {"match": {"regex": CODING, "contains": MORNING, "tool_results": 5}, "answer": uses("shell", command="sh check.sh")},
        {"match": {"regex": CODING, "contains": MORNING, "tool_results": 6}, "answer": finishes("It is morning.")},
        *converses(CODING, EVENING,
                   uses("edit", path="words.txt", old_text="hello", new_text="good evening"),
                   finishes("It is evening.")),
        reviews(found("words.txt", 1, "It begins with a small letter.", severity="medium"), contains="Review the change, round 1"),
        reviews(contains="Review the change, round 2"),
    ]


PLANNING = leads(*PLAN, stream_seconds=0.5, deltas=40)

# The tasks, as the plan and its followers come to be numbered.
(LEAD, DELIVERY, CODE, CODE_MERGE, OTHER_CODE, CONFLICT, TESTS, TESTS_MERGE, NOTES, NOTES_MERGE, REVIEW, FIX, FIX_MERGE,
 LAST_REVIEW) = range(14)


class Crashing(AgentTest):
    PACE = ["--latency-ms", "80:110"]

    def setUp(self):
        super().setUp()
        self.project = self.repository()
        self.project.commit("Begin", BEFORE)
        self.before = self.picture(self.project)
        # No other process sleeps just as long.
        self.nap = f"0.3{os.getpid():07}{random.randrange(1000):03}"

    def stand_in(self, *options, plan=PLANNING):
        return self.mock(*(options or self.PACE), script=[plan, *conversations(self.nap)])

    def begin(self, mock, *arguments, **more):
        return self.start("feature", "Greet by the hour", "--repo", self.project.folder, "--branch", "baton/greet",
                          "--format", "json", *arguments, mock=mock, **more)

    def run_id(self):
        (run,) = self.runs()
        return run["run_id"]

    def events(self):
        """The journal as it stands, before the run's first commit: nothing."""
        if not (self.state / "baton.db").exists():
            return []
        connection = sqlite3.connect(f"file:{self.state}/baton.db?mode=ro", uri=True, timeout=10)
        try:
            return [(kind, json.loads(body)) for kind, body in
                    connection.execute("SELECT type, body FROM events ORDER BY seq")]
        except sqlite3.OperationalError:
            return []
        finally:
            connection.close()

    def in_worktree(self, task, path):
        (found,) = [*self.state.glob(f"worktrees/*/worktrees/t{task}-a1/{path}"), None][:1]
        return found.read_text() if found else ""

    # ---- what holds afterwards -----------------------------------------------------------------

    def assert_built(self, report):
        self.assertEqual(report["status"], "complete", report.get("reason"))
        tree = self.project.git("ls-tree", "-r", "--name-only", "baton/greet").decode().split()
        self.assertEqual({path: self.project.git("show", f"baton/greet:{path}").decode() for path in tree}, AFTER)
        subjects = self.project.git("log", "--format=%s", "main..baton/greet").decode().splitlines()
        self.assertEqual(sorted(subjects), SUBJECTS)
        self.assertEqual(self.picture(self.project), self.before)

    def assert_nothing_is_left(self):
        self.assertEqual(self.worktrees(), [])
        wait_until(lambda: not processes_with(str(self.folder)) and not processes_with(self.nap),
                   what="the last process to end")

    def assert_nothing_is_asked_twice(self, run, mock):
        calls = self.journal(run).calls()
        asked = collections.Counter(r["body_sha256"] for r in mock.requests())
        reserved = collections.Counter(call.content_key for call in calls)
        self.assertEqual(asked - reserved, collections.Counter(), "sent without having been set aside")
        lost = {call.content_key for call in calls if call.bill == "unknown"}
        self.assertLessEqual(set(reserved - asked), lost, "set aside and not sent, and yet not lost")
        settled = set()
        for call in calls:
            self.assertNotIn(call.content_key, settled, f"call {call.number} repeats one that has its answer")
            if call.bill == "settled":
                settled.add(call.content_key)

    def assert_as_if_nothing_had_been(self, report, mock):
        run = report["run_id"]
        self.assert_built(report)
        self.assert_nothing_is_left()
        self.assert_nothing_is_asked_twice(run, mock)
        self.assert_books_balance(run, mock)
        self.assert_sound()


class Undisturbed(Crashing):
    def test_three_writers_a_conflict_a_finding_and_a_fix_come_to_one_branch(self):
        mock = self.stand_in("--instant")
        done = self.finish(self.begin(mock))
        self.assertEqual(done.code, DONE, done.err + done.out[:3000])
        self.assertNotIn("no command of a worker is run", done.err)
        report = json.loads(done.out)
        self.assert_as_if_nothing_had_been(report, mock)
        self.assertEqual([call.bill for call in self.journal(report["run_id"]).calls()], ["settled"] * 17)



class AfterKillNine(Crashing):
    """Killed when `moment` holds, which is asked again and again while the run goes on."""

    def kill_when(self, moment, mock, env=None):
        process = self.begin(mock, env=env)
        wait_until(lambda: moment() or process.poll() is not None, what="the moment to kill at")
        process.kill()
        process.wait()
        self.assertEqual(process.returncode, -signal.SIGKILL, "it had ended before")
        self.assertNotIn("no command of a worker is run", process.stderr.read())
        return [call for call in self.journal(self.run_id()).calls() if call.end is None]

    def assert_goes_on_as_if_nothing_had_been(self, moment, mock=None, env=None):
        mock = mock or self.stand_in()
        in_flight = self.kill_when(moment, mock, env)
        self.assertEqual(self.runs()[0]["status"], "interrupted")
        self.assert_sound()
        run = self.run_id()
        report = self.resume(run, mock=mock)
        self.assert_as_if_nothing_had_been(report, mock)
        lost = [call for call in self.journal(run).calls() if call.bill == "unknown"]
        self.assertEqual([call.number for call in lost], [call.number for call in in_flight])
        for call in lost:
            self.assertEqual(call.charge, call.hold)
        return in_flight

    def happened(self, kind, task, times=1):
        """Whether the journal has that many events of a kind that concern the task."""
        found, of = 0, {}
        for name, body in self.events():
            if name == "call_reserved":
                of[body["call"]] = body["task"]
            whose = body["task"] if "task" in body else of.get(body.get("call"))
            found += name == kind and whose == task
        return found >= times

    def in_flight(self, mock, task, turn=1):
        """Whether the stand-in has the call of that turn and has not answered it."""
        if not self.happened("call_reserved", task, turn) or self.happened("call_ended", task, turn):
            return False
        key = [body for kind, body in self.events() if kind == "call_prepared" and body["task"] == task][-1]["content_key"]
        return any(r["body_sha256"] == key and r["ended_ms"] == 0 for r in mock.requests())

    def test_while_the_plan_streams_and_its_first_writer_works(self):
        mock = self.stand_in()
        lost = self.assert_goes_on_as_if_nothing_had_been(
            lambda: self.happened("call_reserved", CODE) and not self.happened("call_ended", LEAD), mock)
        self.assertIn(LEAD, [call.task for call in lost])

    def test_while_the_third_call_of_a_tool_loop_is_in_flight(self):
        mock = self.stand_in()
        lost = self.assert_goes_on_as_if_nothing_had_been(lambda: self.in_flight(mock, CODE, 3), mock)
        self.assertIn(CODE, [call.task for call in lost])

    def test_while_a_command_runs_between_two_edits_of_one_turn(self):
        self.assert_goes_on_as_if_nothing_had_been(lambda: self.in_worktree(CODE, "log.txt") == "begun\n")

    def test_right_after_the_tools_of_a_turn_have_ended(self):
        self.assert_goes_on_as_if_nothing_had_been(lambda: self.happened("tools_ended", CODE, 2))

    def test_while_the_acceptance_command_of_a_writer_runs(self):
        self.assert_goes_on_as_if_nothing_had_been(
            lambda: self.happened("tools_started", CODE, 4) and processes_with("check.sh"))

    def test_when_a_writer_has_ended_and_its_work_is_not_merged(self):
        self.assert_goes_on_as_if_nothing_had_been(lambda: self.happened("task_finished", CODE))

    def test_while_a_merge_is_checked_by_a_program(self):
        self.assert_goes_on_as_if_nothing_had_been(
            lambda: self.happened("checkers_started", TESTS_MERGE) and processes_with("test -f count.txt"))

    def test_when_a_conflict_was_found(self):
        self.assert_goes_on_as_if_nothing_had_been(lambda: self.happened("checkers_ended", CONFLICT))

    def test_while_an_integrator_mends_the_conflict(self):
        mock = self.stand_in()
        lost = self.assert_goes_on_as_if_nothing_had_been(lambda: self.in_flight(mock, CONFLICT, 2), mock)
        self.assertIn(CONFLICT, [call.task for call in lost])

    def test_while_the_integrator_s_work_is_accepted(self):
        self.assert_goes_on_as_if_nothing_had_been(
            lambda: self.happened("tools_started", CONFLICT, 2) and processes_with("check.sh"))

    def test_during_the_review(self):
        mock = self.stand_in()
        lost = self.assert_goes_on_as_if_nothing_had_been(lambda: self.in_flight(mock, REVIEW), mock)
        self.assertEqual([call.task for call in lost], [REVIEW])

    def test_between_the_review_and_the_fix(self):
        self.assert_goes_on_as_if_nothing_had_been(lambda: self.happened("tools_ended", REVIEW))

    def test_during_the_delivery(self):
        self.assert_goes_on_as_if_nothing_had_been(lambda: self.happened("checkers_started", DELIVERY))


# Counts what is made durable, and kills its process instead of the one that CRASH_AT names.
CRASH_AT = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static int left;

__attribute__((constructor)) static void begin(void) {
  const char* at = getenv("CRASH_AT");
  left = at ? atoi(at) : 0;
  unsetenv("CRASH_AT");
  unsetenv("LD_PRELOAD");
}

int fdatasync(int fd) {
  static int (*real)(int);
  if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  const int done = real(fd);
  if (__atomic_sub_fetch(&left, 1, __ATOMIC_SEQ_CST) == 0) kill(getpid(), SIGKILL);
  return done;
}
"""


class AfterEveryStep(Crashing):
    """Killed as soon as the n-th commit to the journal is durable."""

    def setUp(self):
        super().setUp()
        if "ASAN_OPTIONS" in os.environ:
            self.skipTest("a sanitizer has to be the first library")
        source = self.folder / "crash_at.c"
        source.write_text(CRASH_AT)
        subprocess.run(["cc", "-shared", "-fPIC", "-o", self.folder / "crash_at.so", source, "-ldl"], check=True)

    def crashing_at(self, commit, mock):
        return self.environment(mock, LD_PRELOAD=str(self.folder / "crash_at.so"), CRASH_AT=str(commit))

    def test_it_goes_on(self):
        dice = random.Random(5)
        mock = self.stand_in("--instant")
        # The first life makes the journal, which takes some commits.
        lives, process = 1, self.begin(mock, "--budget", "100", env=self.crashing_at(24, mock))
        while process.wait(60) == -signal.SIGKILL:
            lives += 1
            process = self.start("resume", self.run_id(), "--format", "json", mock=mock,
                                 env=self.crashing_at(dice.randint(3, 14), mock))
        done = self.finish(process)
        self.assertEqual(done.code, DONE, done.err)
        self.assertGreater(lives, 4)
        self.assert_as_if_nothing_had_been(json.loads(done.out), mock)


class AgainAndAgain(Crashing):
    def test_25_kills_at_any_moment_and_it_comes_to_its_end(self):
        dice = random.Random(11)
        mock = self.stand_in("--latency-ms", "60:200", plan=leads(*PLAN))
        process, lives = self.begin(mock, "--budget", "100"), 1
        while lives <= 25:
            # The first moments of a process are its own affair: what is tried is the run.
            before = len(self.events())
            wait_until(lambda: len(self.events()) > before or process.poll() is not None, what=f"life {lives}")
            time.sleep(dice.uniform(0, 0.5))
            if process.poll() is not None:
                break
            process.kill()
            process.wait()
            process = self.start("resume", self.run_id(), "--format", "json", mock=mock)
            lives += 1
        done = self.finish(process)
        self.assertEqual(done.code, DONE, done.err)
        self.assertGreater(lives, 4)
        self.assert_as_if_nothing_had_been(json.loads(done.out), mock)


if __name__ == "__main__":
    unittest.main()
