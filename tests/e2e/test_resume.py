"""kill -9 at any instant, Ctrl-C at any instant: the run goes on where it stopped and pays for nothing twice."""

import collections
import json
import os
import random
import signal
import time
import unittest
from decimal import Decimal

from harness import (DONE, INTERRUPTED, PROVIDER, SYSTEM, USAGE, BatonTest, essence, finding, interrupt, plan, planned,
                     wait_until, works)


class Interrupted(BatonTest):
    """One review, broken off at a moment that the stand-in's own record tells."""

    SEED = ["--seed", "5"]  # what is answered goes by this alone
    PACE = [*SEED, "--plan-seconds", "1.2", "--latency-ms", "100:300"]

    def setUp(self):
        super().setUp()
        self.changes = self.small_change()

    def begin(self, mock):
        return self.start("review", "--repo", self.changes.folder, "--format", "json", "--parallel", "2", mock=mock)

    def undisturbed(self):
        """The report that would have been, and how often each request was asked for it."""
        mock = self.mock(*self.SEED)
        state, self.state = self.state, self.folder / "undisturbed"
        report = self.review("--parallel", "2", repository=self.changes, mock=mock)
        self.state = state
        return report, collections.Counter(r["body_sha256"] for r in mock.requests())

    def run_id(self):
        (run,) = self.runs()
        return run["run_id"]

    def assert_nothing_is_done_twice(self, mock, in_flight, asked_for):
        asked = collections.Counter(r["body_sha256"] for r in mock.requests())
        repeated = asked - asked_for
        self.assertLessEqual(set(repeated), {call.content_key for call in in_flight}, "a finished call was repeated")
        self.assertTrue(all(times == 1 for times in repeated.values()), repeated)
        self.assertEqual(asked_for - asked, collections.Counter(), "a call is missing")


class AfterKillNine(Interrupted):
    def kill_at(self, moment):
        """Kills the program as soon as `moment(requests)` holds; its run and the calls it left open."""
        mock = self.mock(*self.PACE)
        process = self.begin(mock)
        wait_until(lambda: moment(mock.requests()), what="the moment to kill at")
        process.kill()
        process.wait()
        run = self.run_id()
        open_calls = [call for call in self.journal(run).calls() if call.end is None]
        return mock, run, open_calls

    def assert_goes_on_as_if_nothing_had_been(self, moment):
        expected, asked_for = self.undisturbed()
        mock, run, in_flight = self.kill_at(moment)
        self.assertEqual(self.runs()[0]["status"], "interrupted")
        self.assertIn("\ninterrupted, begun ", self.baton("show", run).out)
        self.assert_sound()
        report = self.resume(run, mock=mock)
        self.assertEqual(report["run_id"], run)
        self.assertEqual(essence(report), essence(expected))
        self.assert_nothing_is_done_twice(mock, in_flight, asked_for)
        self.assert_books_balance(run, mock)
        lost = [call for call in self.journal(run).calls() if call.bill == "unknown"]
        self.assertEqual([call.number for call in lost], [call.number for call in in_flight])
        shown = self.baton("show", run).out
        for call in lost:
            self.assertEqual(call.charge, call.hold)
            self.assertIn("the process ended before the answer was recorded; booked at its worst case", shown)
        self.assertEqual(report["cost"]["unknown_calls"], len(lost))
        self.assert_sound()

    def test_before_anything_was_planned(self):
        self.assert_goes_on_as_if_nothing_had_been(lambda requests: len(requests) == 1)

    def test_while_the_plan_streams_and_its_first_workers_work(self):
        self.assert_goes_on_as_if_nothing_had_been(
            lambda requests: len(requests) >= 3 and requests[0]["ended_ms"] == 0)

    def test_when_the_plan_is_done_and_workers_work(self):
        self.assert_goes_on_as_if_nothing_had_been(
            lambda requests: requests and requests[0]["ended_ms"] != 0 and len(requests) >= 4)

    def test_while_the_report_is_written(self):
        self.assert_goes_on_as_if_nothing_had_been(
            lambda requests: len(requests) > 4 and requests[-1]["model"] == "claude-opus-4-7"
            and all(r["ended_ms"] for r in requests[:-1]) and self.planned() == len(requests) - 2)

    def planned(self):
        (run,) = self.runs()
        return len([spec for spec in self.journal(run["run_id"]).of("task_added")
                    if spec["spec"]["role"] == "worker"])

    def test_again_and_again_it_comes_to_its_end(self):
        expected, asked_for = self.undisturbed()
        mock = self.mock(*self.PACE)
        process = self.begin(mock)
        run = None
        for kill in range(1, 6):
            wait_until(lambda: len(mock.requests()) >= 2 * kill or process.poll() is not None, what=f"kill {kill}")
            process.kill()
            process.wait()
            run = self.run_id()
            process = self.start("resume", run, "--format", "json", mock=mock)
        done = self.finish(process)
        self.assertEqual(done.code, DONE, done.err)
        self.assertEqual(essence(json.loads(done.out)), essence(expected))
        self.assert_books_balance(run, mock)
        self.assert_sound()
        # What is finished is never asked for again: each kill repeats what was in flight and no more.
        asked = collections.Counter(r["body_sha256"] for r in mock.requests())
        self.assertEqual(asked_for - asked, collections.Counter())
        self.assertLessEqual((asked - asked_for).total(), 5 * 3)

    def test_in_bad_weather_it_comes_to_its_end_and_the_books_are_right(self):
        for seed in range(1, 5):
            with self.subTest(seed=seed):
                dice = random.Random(seed)
                mock = self.mock("--seed", str(seed), "--fail-rate", "0.2", "--latency-ms", "20:80")
                self.state = self.folder / f"state{seed}"
                process = self.begin(mock)
                wait_until(mock.requests, what="the plan")
                run = self.run_id()
                for _ in range(3):
                    time.sleep(dice.uniform(0.05, 0.4))
                    process.kill()
                    process.wait()
                    process = self.start("resume", run, "--format", "json", mock=mock)
                done = self.finish(process)
                self.assertIn(done.code, (DONE, PROVIDER), done.err)
                self.assertIn(json.loads(done.out)["status"], ("complete", "partial"))
                self.assertLessEqual(self.assert_books_balance(run, mock), 5)
                self.assert_sound()

    def test_a_budget_holds_over_both_lives(self):
        mock = self.mock(*self.PACE)
        process = self.start("review", "--repo", self.changes.folder, "--format", "json", "--budget", "0.60",
                             "--parallel", "2", mock=mock)
        wait_until(lambda: len(mock.requests()) >= 3, what="two workers")
        process.kill()
        process.wait()
        run = self.run_id()
        report = self.resume(run, mock=mock, code=None)
        self.assertIn(report["status"], ("complete", "budget_exhausted"))
        self.assertEqual(Decimal(report["cost"]["budget_usd"]), Decimal("0.60"))
        self.assertLessEqual(self.assert_books_balance(run, mock), Decimal("0.60"))


class AfterAnInterrupt(Interrupted):
    def test_what_is_in_flight_ends_and_the_rest_waits_for_a_resume(self):
        expected, asked_for = self.undisturbed()
        mock = self.mock(*self.PACE)
        process = self.begin(mock)
        wait_until(lambda: len(mock.requests()) >= 4, what="a few calls")
        interrupt(process)
        done = self.finish(process)
        self.assertEqual(done.code, INTERRUPTED, done.err)
        run = self.run_id()
        self.assertIn("stopping: waiting for", done.err)
        self.assertIn(f"`baton resume {run}` goes on where it stopped", done.err)
        partial = json.loads(done.out)
        self.assertEqual((partial["status"], partial["cost"]["unknown_calls"]), ("paused", 0))
        self.assertEqual(self.runs()[0]["status"], "paused")
        self.assert_books_balance(run, mock)
        report = self.resume(run, mock=mock)
        self.assertEqual(essence(report), essence(expected))
        self.assert_nothing_is_done_twice(mock, [], asked_for)
        self.assertEqual(self.assert_books_balance(run, mock), Decimal(mock.bill()["total_usd"]))
        self.assert_sound()

    def test_while_the_plan_streams_the_plan_is_kept(self):
        expected, asked_for = self.undisturbed()
        mock = self.mock(*self.PACE)
        process = self.begin(mock)
        wait_until(mock.requests, what="the plan")
        interrupt(process)
        self.assertEqual(self.finish(process).code, INTERRUPTED)
        self.assertEqual(len(mock.requests()), 1)
        report = self.resume(self.run_id(), mock=mock)
        self.assertEqual(essence(report), essence(expected))
        self.assert_nothing_is_done_twice(mock, [], asked_for)

    def test_a_second_one_cuts_what_is_in_flight_and_books_it(self):
        slow = [plan(*(planned(n, "error_message_quality", "run.sh") for n in (1, 2))),
                works(finding("run.sh", 3, "Unquoted."), latency_ms=20_000)]
        mock = self.mock(script=slow)
        process = self.begin(mock)
        wait_until(lambda: len(mock.requests()) == 3, what="two workers")
        interrupt(process)
        time.sleep(0.3)
        self.assertIsNone(process.poll(), "the first one waits for what is being paid for")
        begun = time.monotonic()
        interrupt(process)
        done = self.finish(process)
        self.assertLess(time.monotonic() - begun, 5)
        self.assertEqual(done.code, INTERRUPTED, done.err)
        run = self.run_id()
        self.assertIn(f"`baton resume {run}`", done.err)
        lost = [call for call in self.journal(run).calls() if call.bill == "unknown"]
        self.assertEqual(len(lost), 2)
        self.assertEqual(json.loads(done.out)["cost"]["unknown_calls"], 2)
        mock.stop()  # its twenty seconds are not of interest
        quick = self.mock("--seed", "9", script=[works(finding("run.sh", 3, "Unquoted."))])
        report = self.resume(run, mock=quick)
        self.assertEqual((report["status"], len(report["findings"])), ("complete", 1))
        self.assertEqual(report["cost"]["unknown_calls"], 2)
        self.assertEqual(quick.bill()["requests"], 3)  # two workers and the report, not the plan
        self.assert_sound()

    def test_sigterm_stops_as_cleanly(self):
        mock = self.mock(*self.PACE)
        process = self.begin(mock)
        wait_until(lambda: len(mock.requests()) >= 3, what="a few calls")
        process.send_signal(signal.SIGTERM)
        done = self.finish(process)
        self.assertEqual(done.code, INTERRUPTED, done.err)
        self.assertIn("`baton resume", done.err)
        self.assert_books_balance(self.run_id(), mock)


class OneRunAndTwoProcesses(Interrupted):
    def test_a_second_process_on_the_same_run_is_turned_away(self):
        mock = self.mock(*self.PACE)
        process = self.begin(mock)
        wait_until(lambda: len(mock.requests()) >= 2, what="a few calls")
        run = self.run_id()
        before = len(self.journal(run).of("run_resumed"))
        done = self.baton("resume", run, mock=mock)
        self.assert_one_message(done, SYSTEM, run, f"is being driven by process {process.pid}")
        self.assertEqual(len(self.journal(run).of("run_resumed")), before)
        self.assertEqual(self.runs()[0]["status"], "running")
        first = self.finish(process)
        self.assertEqual(first.code, DONE, first.err)
        self.assert_books_balance(run, mock)

    def test_a_run_that_is_not_there_is_named(self):
        self.review(repository=self.changes, mock=self.mock())
        done = self.baton("resume", "r-nosuchrun000", mock=self.mock())
        self.assert_one_message(done, USAGE, "r-nosuchrun000", "baton runs")

    def test_a_resume_without_a_key_says_that_it_needs_one(self):
        mock = self.mock(*self.PACE)
        process = self.begin(mock)
        wait_until(lambda: len(mock.requests()) >= 2, what="a few calls")
        process.kill()
        process.wait()
        run = self.run_id()
        self.assert_one_message(self.baton("resume", run), USAGE, "ANTHROPIC_API_KEY")
        self.assertEqual(self.resume(run, mock=mock)["status"], "complete")

    def test_a_resume_does_not_need_the_repository_any_more(self):
        mock = self.mock(*self.PACE)
        process = self.begin(mock)
        wait_until(lambda: len(mock.requests()) >= 3, what="a few calls")
        process.kill()
        process.wait()
        os.rename(self.changes.folder, self.folder / "moved")
        self.assertEqual(self.resume(self.run_id(), mock=mock)["status"], "complete")


if __name__ == "__main__":
    unittest.main()
