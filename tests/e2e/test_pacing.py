"""Calls are paced so that the provider's limits are used up and not run into."""

import json
import unittest

from harness import DONE, BatonTest, plan, planned, works

FAST = "error_message_quality"  # no checker does it


class Paced(BatonTest):
    def setUp(self):
        super().setUp()
        self.changes = self.small_change()

    def script(self, tasks, **answer):
        # A plan of any length: with a given size it is not cut.
        return [plan(*(planned(n, FAST, "run.sh") for n in range(tasks)), output_tokens=15_000), works(**answer)]

    def begin(self, mock, *more):
        return self.start("review", "--repo", self.changes.folder, "--format", "json", *more, mock=mock)

    def ended(self, process, mock):
        """What the stand-in says of the workers' limits, once all of them are done."""
        done = self.finish(process, timeout=120)
        self.assertEqual(done.code, DONE, done.err)
        report = json.loads(done.out)
        self.assertEqual(report["status"], "complete")
        self.assert_books_balance(report["run_id"], mock)
        return mock.get("/__limits")["haiku-4-5"]


class SixtyFourWorkers(Paced):
    """Their demand is ten times what the provider allows, and more."""

    def test_use_up_the_limit_that_binds_and_are_hardly_ever_turned_away(self):
        # 64 workers with an answer every 300 ms want 12,800 requests, 5 million tokens of input and, at 200 an answer,
        # 2.56 million of output a minute. The full buckets they begin with are soon gone. Three runs at once: they wait
        # most of the time.
        cases = []
        for resource, limit, tasks, answer in (("requests", "300:0:0", 370, {}),
                                               ("input_tokens", "0:115000:0", 370, {}),
                                               ("output_tokens", "0:0:256000", 1550, {"output_tokens": 200})):
            mock = self.mock("--limit", f"haiku-4-5={limit}", script=self.script(tasks, latency_ms=300, **answer))
            process = self.begin(mock, "--parallel", "64", "--max-tasks", str(tasks), "--budget", "50")
            cases.append((resource, mock, process))
        for resource, mock, process in cases:
            with self.subTest(resource):
                limits = self.ended(process, mock)
                self.assertGreaterEqual(limits[resource]["share"], 0.95, limits)
                self.assertLessEqual(limits["refused"], (limits["admitted"] + limits["refused"]) // 100)
                self.assertGreater(limits["last_ms"] - limits["since_ms"], 10_000)


class ARefusal(Paced):
    def test_that_says_how_long_to_wait_is_obeyed(self):
        refused = {"match": {"contains": "Task: Task number 3 "}, "times": 1,
                   "answer": {"status": 429, "error": {"type": "rate_limit_error", "message": "Slow down."},
                              "retry_after": 2}}
        mock = self.mock(script=[refused, *self.script(12, latency_ms=50)])
        self.ended(self.begin(mock, "--parallel", "1"), mock)
        (first,) = [r for r in mock.requests() if r["status"] == 429]
        after = [r["started_ms"] for r in mock.requests() if r["started_ms"] > first["ended_ms"]]
        self.assertTrue(after)
        # Neither it nor a sibling on its model comes before its time.
        self.assertGreaterEqual(min(after) - first["ended_ms"], 2000)

    def test_now_and_then_keeps_nothing_from_being_done(self):
        mock = self.mock("--rate-429", "0.2", "--seed", "9", script=self.script(24))
        self.ended(self.begin(mock, "--parallel", "64"), mock)
        self.assertGreater(len([r for r in mock.requests() if r["status"] == 429]), 2)


if __name__ == "__main__":
    unittest.main()
