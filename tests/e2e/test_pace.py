"""A plan is used while it streams: a worker starts when its task's object closes, not when the plan ends."""

import json
import os
import pty
import subprocess
import time
import unittest

from harness import BATON, DONE, PLANNING, BatonTest, finding, planned, works

SECONDS = 10
TASKS = 20
DELTAS = 400


def closing_braces(text, tasks):
    """Where in the plan's text each task has ended."""
    at, ends = 0, []
    for task in tasks:
        at = text.index(json.dumps(task), at) + len(json.dumps(task))
        ends.append(at)
    return ends


def sent_at(byte, size):
    """When the stand-in sends the piece that holds `byte`, in ms from the stream's start (docs/mock-api.md)."""
    piece = next(i for i in range(1, DELTAS + 1) if size * i // DELTAS >= byte)
    return SECONDS * 1000 * piece / DELTAS


class APlanThatStreamsForTenSeconds(BatonTest):
    def test_has_its_first_worker_within_half_a_second_and_is_done_soon_after_its_end(self):
        tasks = [planned(n, "error_message_quality", "run.sh") for n in range(1, TASKS + 1)]
        text = json.dumps({"tasks": tasks})
        mock = self.mock(script=[
            {"match": {"contains": PLANNING}, "answer": {"text": text, "stream_seconds": SECONDS, "deltas": DELTAS}},
            works(finding("run.sh", 3, "Unquoted."), latency_ms=2000),
        ])
        begun = time.monotonic()
        report = self.review("--parallel", "4", repository=self.small_change(), mock=mock)
        wall = time.monotonic() - begun
        self.assertEqual(report["status"], "complete")
        self.assertEqual(len([t for t in report["tasks"] if t["role"] == "worker"]), TASKS)

        requests = mock.requests()
        planning, workers = requests[0], requests[1:-1]
        self.assertEqual(len(workers), TASKS)
        ends = closing_braces(text, tasks)
        late = [worker["started_ms"] - planning["started_ms"] - sent_at(end, len(text))
                for worker, end in zip(workers, ends)]
        # While there are free hands, a task waits for nothing but its own end.
        for number in range(4):
            self.assertLess(late[number], 500, f"task {number + 1}; all: {late}")
        self.assertLess(workers[0]["started_ms"], planning["ended_ms"] - 8_000)
        self.assertLess(wall, 13)
        # Never more than four at once.
        for worker in workers:
            at = worker["started_ms"]
            self.assertLessEqual(sum(w["started_ms"] <= at < w["ended_ms"] for w in workers), 4)


class TheWorkers(BatonTest):
    def test_are_as_many_at_once_as_they_may_be(self):
        tasks = [planned(n, "error_message_quality", "run.sh") for n in range(1, 13)]
        script = [{"match": {"contains": PLANNING}, "answer": {"json": {"tasks": tasks}}}, works(latency_ms=300)]
        for hands in (1, 3, 12):
            with self.subTest(hands=hands):
                mock = self.mock(script=script)
                report = self.review("--parallel", hands, repository=self.small_change(f"r{hands}"), mock=mock)
                self.assertEqual(report["status"], "complete")
                workers = mock.requests()[1:]
                most = max(sum(w["started_ms"] <= at["started_ms"] < w["ended_ms"] for w in workers)
                           for at in workers)
                self.assertEqual(most, hands)

    def test_that_wait_for_another_start_when_it_has_ended(self):
        tasks = [planned(1, "error_message_quality", "run.sh"),
                 planned(2, "log_statement_review", "run.sh", depends_on=["p1"]),
                 planned(3, "deprecated_api_scan", "run.sh")]
        mock = self.mock(script=[{"match": {"contains": PLANNING}, "answer": {"json": {"tasks": tasks}}},
                                 works(latency_ms=300)])
        self.review(repository=self.small_change(), mock=mock)
        _, first, third, second = mock.requests()
        self.assertLess(third["started_ms"] - first["started_ms"], 250)
        self.assertGreaterEqual(second["started_ms"], first["ended_ms"])


class TheProgress(BatonTest):
    def test_is_told_in_plain_lines_where_there_is_no_terminal(self):
        mock = self.mock("--plan-seconds", "2.5", "--seed", "3")
        done = self.baton("review", "--repo", self.small_change().folder, mock=mock)
        self.assertEqual(done.code, DONE, done.err)
        lines = done.err.splitlines()
        self.assertGreaterEqual(len(lines), 3, done.err)
        self.assertNotIn("\r", done.err)
        self.assertNotIn("\x1b", done.err + done.out)
        progress = [line for line in lines if line.startswith("  ")]
        self.assertRegex(progress[-1], r"(\d+)/\1 tasks · \$0\.\d+ of \$5\.00 · \d")

    def test_is_one_line_that_is_written_again_on_a_terminal(self):
        mock = self.mock("--latency-ms", "100:200")
        leader, follower = pty.openpty()
        repository = self.small_change()
        process = subprocess.Popen([BATON, "review", "--repo", repository.folder], cwd=self.folder, stderr=follower,
                                   stdout=subprocess.PIPE, stdin=subprocess.DEVNULL,
                                   env=self.environment(mock, TERM="xterm"))
        os.close(follower)
        shown = b""
        while True:
            try:
                piece = os.read(leader, 65536)
            except OSError:  # the other side is closed
                break
            if not piece:
                break
            shown += piece
        os.close(leader)
        self.assertEqual(process.wait(30), DONE)
        out = process.stdout.read().decode()
        process.stdout.close()
        self.assertIn(b"\r", shown)
        self.assertRegex(shown.decode(), r"running")
        self.assertNotIn("\x1b", out)  # the report goes to a pipe


if __name__ == "__main__":
    unittest.main()
