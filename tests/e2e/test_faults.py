"""What can go wrong at the provider, one kind at a time: how the run reacts, what it says, what it books."""

import json
import unittest
from decimal import Decimal

from harness import (DONE, PLANNING, PROVIDER, REPORTING, WORKING, BatonTest, fails, finding, plan, planned, works)

UNQUOTED = finding("run.sh", 3, "Unquoted.")
ONE_TASK = [plan(planned(1, "error_message_quality", "run.sh")), works(UNQUOTED)]


class AFault(BatonTest):
    """Each story breaks one call of a review with one plan, one worker on the fast tier and one report."""

    def setUp(self):
        super().setUp()
        self.changes = self.small_change()

    def after(self, *rules, code=DONE, options=()):
        self.served = self.mock(script=[*rules, *ONE_TASK])
        self.said = self.baton("review", "--repo", self.changes.folder, "--output", self.folder / "report.json",
                               "--format", "json", *options, mock=self.served)
        self.assertEqual(self.said.code, code, self.said.err)
        report = self.reported()
        self.assert_books_balance(report["run_id"], self.served)
        return report

    def reported(self):
        return json.loads((self.folder / "report.json").read_text())

    def worker(self, report):
        return next(t for t in report["tasks"] if t["role"] == "worker")

    def assert_mended(self, report, tier="fast", attempts=2):
        self.assertEqual(report["status"], "complete")
        self.assertEqual([f["message"] for f in report["findings"]], ["Unquoted."])
        worker = self.worker(report)
        self.assertEqual((worker["status"], worker["tier"], worker["attempts"]), ("done", tier, attempts))
        self.assertEqual(report["cost"]["retries"], attempts - 1)

    def assert_skipped(self, report, attempts, *words):
        """Tried on every tier, then named as missing: the rest of the review is not lost."""
        self.assertEqual(report["status"], "partial")
        (missing,) = report["missing"]
        self.assertEqual((missing["tier"], missing["attempts"], missing["status"]), ("deep", attempts, "skipped"))
        self.assertEqual(report["cost"]["escalations"], 2)
        for word in words:
            self.assertIn(word, missing["note"])
            self.assertIn(word, report["reason"])


class ThatPasses(AFault):
    """Not billed and soon over: the same tier again, at no cost but time."""

    def test_a_429_is_waited_out_as_long_as_it_says(self):
        report = self.after(fails(WORKING, 1, status=429, retry_after=1))
        self.assert_mended(report)
        first, second = self.served.requests()[1:3]
        self.assertGreaterEqual(second["started_ms"] - first["started_ms"], 1000)
        self.assertEqual(report["cost"]["unknown_calls"], 0)

    def test_overloaded_and_internal_errors_are_tried_again_after_a_pause(self):
        for status in (529, 500, 503, 504):
            with self.subTest(status=status):
                report = self.after(fails(WORKING, 1, status=status))
                self.assert_mended(report)
                first, second = self.served.requests()[1:3]
                self.assertGreaterEqual(second["started_ms"] - first["started_ms"], 200)
                self.assertEqual(report["cost"]["unknown_calls"], 0)

    def test_several_in_a_row_are_waited_out_longer_and_longer(self):
        report = self.after(fails(WORKING, 3, status=529))
        self.assert_mended(report, attempts=4)
        starts = [r["started_ms"] for r in self.served.requests()[1:5]]
        pauses = [later - earlier for earlier, later in zip(starts, starts[1:])]
        self.assertLess(pauses[0], pauses[2])

    def test_the_planner_and_the_reporter_are_tried_again_too(self):
        report = self.after(fails(PLANNING, 1, status=529), fails(REPORTING, 1, status=500))
        self.assertEqual(report["status"], "complete")
        self.assertEqual([t["attempts"] for t in report["tasks"]], [2, 2, 1])


class InMidAnswer(AFault):
    """It may have been billed: booked at the worst case, listed, and tried again."""

    def assert_booked(self, report):
        self.assert_mended(report)
        cost, bill = report["cost"], self.served.bill()
        self.assertEqual(cost["unknown_calls"], 1)
        self.assertGreater(Decimal(cost["unknown_usd"]), 0)
        self.assertGreater(Decimal(cost["total_usd"]), Decimal(bill["total_usd"]))
        shown = self.baton("show", report["run_id"])
        self.assertIn("Calls whose bill is not known, booked at their worst case", shown.out)
        (lost,) = [r for r in self.served.requests() if r["cut"] or r["ordinal"] == 2]
        self.assertIn(lost["request_id"], shown.out)

    def test_a_cut_stream(self):
        self.assert_booked(self.after(fails(WORKING, 1, **{"break": "cut", "break_at": 0.5})))

    def test_an_overloaded_event(self):
        self.assert_booked(self.after(fails(WORKING, 1, **{"break": "overloaded_error", "break_at": 0.5})))

    def test_an_event_that_is_no_json(self):
        self.assert_booked(self.after(fails(WORKING, 1, **{"break": "malformed", "break_at": 0.5})))

    def test_a_plan_that_breaks_off_is_asked_for_again_and_nothing_is_done_twice(self):
        tasks = [planned(n, "error_message_quality", "run.sh") for n in (1, 2, 3)]
        broken = plan(*tasks, **{"break": "cut", "break_at": 0.7, "deltas": 40})
        report = self.after({**broken, "times": 1}, plan(*tasks))
        self.assertEqual(report["status"], "complete")
        self.assertEqual(len([t for t in report["tasks"] if t["role"] == "worker"]), 3)
        self.assertEqual(self.served.bill()["requests"], 2 + 3 + 1)

    def test_every_time_is_tried_on_every_tier_and_then_skipped(self):
        report = self.after(fails(WORKING, **{"break": "cut", "break_at": 0.5}), code=PROVIDER)
        self.assert_skipped(report, 9, "broke off")
        self.assertEqual(report["cost"]["unknown_calls"], 9)


class ThatRepeatsItself(AFault):
    """The same request would fail again: one tier up."""

    def test_a_rejected_request_goes_one_tier_up(self):
        for status, kind in [(400, "invalid_request_error"), (404, "not_found_error"), (413, "request_too_large")]:
            with self.subTest(status=status):
                report = self.after(fails(WORKING, 1, status=status, error={"message": "Not this one."}))
                self.assert_mended(report, tier="balanced")
                self.assertIn(f"fast → balanced: the provider answered HTTP {status}, {kind}: Not this one.",
                              self.worker(report)["note"])
                self.assertEqual(report["cost"]["escalations"], 1)

    def test_a_prompt_that_is_too_long_for_the_fast_model_goes_up(self):
        report = self.after(fails(WORKING, 1, status=400, error={"message": "prompt is too long: 200001 > 200000"}))
        self.assert_mended(report, tier="balanced")

    def test_one_that_no_tier_takes_is_skipped_and_named(self):
        report = self.after(fails(WORKING, status=400), code=PROVIDER)
        self.assert_skipped(report, 3, "HTTP 400")

    def test_a_model_that_is_not_there_for_the_plan_ends_the_run_and_says_so(self):
        report = self.after(fails(PLANNING, status=404, error={"message": "model: claude-opus-4-7"}), code=PROVIDER)
        self.assertEqual(report["status"], "failed")
        self.assertIn("the review failed: t0 task_decomposition: the provider answered HTTP 404, not_found_error: "
                      "model: claude-opus-4-7", self.said.err)
        self.assertEqual(self.served.bill()["requests"], 1)


class OfTheAnswer(AFault):
    """It came and is paid for, but it is not what was asked for."""

    def test_one_that_is_no_json_is_mended_by_the_model_in_the_same_attempt(self):
        report = self.after(fails(WORKING, 1, text="It looks fine to me."))
        self.assert_mended(report, attempts=1)
        [turn] = self.journal(report["run_id"]).of("turn_started")
        self.assertIn("not JSON", turn["reason"])

    def test_one_without_findings_is_mended_likewise(self):
        self.assert_mended(self.after(fails(WORKING, 1, json={"verdict": "fine"})), attempts=1)

    def test_one_that_is_wrong_even_then_is_asked_for_anew(self):
        self.assert_mended(self.after(fails(WORKING, 2, text="It looks fine to me.")), attempts=2)

    def test_one_that_never_is_json_is_skipped_after_two_on_each_tier(self):
        report = self.after(fails(WORKING, text="It looks fine to me."), code=PROVIDER)
        self.assert_skipped(report, 6, "not JSON")

    def test_a_refusal_goes_up_and_is_skipped_in_the_end(self):
        report = self.after(fails(WORKING, stop_reason="refusal"), code=PROVIDER)
        self.assert_skipped(report, 3, "declined")

    def test_a_refusal_of_one_tier_is_another_tiers_task(self):
        self.assert_mended(self.after(fails(WORKING, 1, stop_reason="refusal")), tier="balanced")

    def test_one_that_is_cut_at_max_tokens_gets_twice_the_room(self):
        report = self.after(fails(WORKING, 1, text='{"findings":[{"fi', stop_reason="max_tokens"))
        self.assert_mended(report)
        room = [r["max_output"] for r in self.journal(report["run_id"]).of("call_reserved") if r["task"] == 2]
        self.assertEqual(room[1], 2 * room[0])

    def test_a_plan_that_is_none_is_asked_for_once_more_and_then_given_up(self):
        self.assertEqual(self.after(fails(PLANNING, 1, text="No."))["status"], "complete")
        report = self.after(fails(PLANNING, text="No."), code=PROVIDER)
        self.assertEqual(report["status"], "failed")
        self.assertIn("the review failed: ", self.said.err)

    def test_a_report_that_is_none_is_made_by_program(self):
        report = self.after(fails(REPORTING, text="No."), code=PROVIDER)
        self.assertEqual([f["message"] for f in report["findings"]], ["Unquoted."])
        self.assertFalse(report["synthesised"])
        self.assertEqual([t["type"] for t in report["missing"]], ["result_synthesis"])


class ThatEndsTheRun(AFault):
    """No call of this run would succeed: nothing more is started, and the run can be resumed."""

    def assert_paused(self, report, requests, *words):
        self.assertEqual(report["status"], "paused")
        self.assertEqual(self.served.bill()["requests"], requests)
        self.assertIn(f"`baton resume {report['run_id']}` goes on where it stopped", self.said.err)
        for word in words:
            self.assertIn(word, self.said.err)

    def assert_goes_on(self, report):
        mock = self.mock("--seed", "2", script=ONE_TASK)  # whose request ids are other ones
        done = self.baton("resume", report["run_id"], mock=mock)  # goes where the run was told to report
        self.assertEqual(done.code, DONE, done.err)
        resumed = self.reported()
        self.assertEqual(resumed["status"], "complete")
        self.assertEqual([f["message"] for f in resumed["findings"]], ["Unquoted."])
        self.assert_books_balance(report["run_id"], self.served, mock)
        return mock

    def test_a_refused_key_is_asked_for(self):
        for status in (401, 403):
            with self.subTest(status=status):
                report = self.after(fails(PLANNING, status=status, error={"message": "invalid x-api-key"}),
                                    code=PROVIDER)
                self.assert_paused(report, 1, f"HTTP {status}", "invalid x-api-key", "ANTHROPIC_API_KEY")
                self.assert_goes_on(report)

    def test_a_key_that_is_withdrawn_in_mid_run_loses_nothing(self):
        report = self.after(fails(WORKING, status=401), code=PROVIDER)
        self.assert_paused(report, 2, "ANTHROPIC_API_KEY")
        self.assertEqual(self.assert_goes_on(report).bill()["requests"], 2)  # the worker and the report

    def test_a_spend_limit_is_not_tried_again(self):
        report = self.after(fails(WORKING, status=429, error={
            "code": "enforced_spend_limit_reached", "message": "You have reached your limit."}), code=PROVIDER)
        self.assert_paused(report, 2, "enforced_spend_limit_reached", "You have reached your limit.", "raise the limit")
        self.assert_goes_on(report)

    def test_a_spend_limit_reached_in_mid_run_starts_nothing_more(self):
        tasks = [planned(n, "security_vulnerability_assessment", "src/disk.cc") for n in range(12)]
        served = self.mock("--spend-limit", "0.04", script=[plan(*tasks), works()])
        done = self.baton("review", "--repo", self.changes.folder, "--parallel", "2", mock=served)
        self.assertEqual(done.code, PROVIDER, done.err)
        refused = [r for r in served.requests() if r["status"] == 429]
        self.assertLessEqual(len(refused), 2)  # those in flight together
        (run,) = self.runs()
        self.assertEqual(run["status"], "paused")
        self.assert_books_balance(run["run_id"], served)


if __name__ == "__main__":
    unittest.main()
