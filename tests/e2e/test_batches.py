"""Work that may wait goes by batch at half the price, whatever happens to the batch, the provider or the process."""

import json
import unittest
from decimal import Decimal

from harness import (BUDGET, INTERRUPTED, KEY, PROVIDER, BatonTest, essence, finding, interrupt, plan, planned, wait_until,
                     works)

FAST = "error_message_quality"  # no checker does it
DEEP = "security_vulnerability_assessment"
SOON = ["--batch-poll", "0.2"]
BATCHED = ["--batch", *SOON]


class Batched(BatonTest):
    def setUp(self):
        super().setUp()
        self.changes = self.small_change()

    def script(self, tasks=6, kind=FAST, **answer):
        return [plan(*(planned(n, kind, "run.sh") for n in range(tasks))),
                works(finding("run.sh", 3, "Unquoted."), **answer)]

    def begin(self, mock, *more):
        return self.start("review", "--repo", self.changes.folder, "--format", "json", *BATCHED, *more, mock=mock)

    def run_id(self):
        (run,) = self.runs()
        return run["run_id"]

    def undisturbed(self, script):
        """The essence of the report that would have been."""
        state, self.state = self.state, self.folder / "undisturbed"
        report = self.review(*BATCHED, repository=self.changes, mock=self.mock(script=script))
        self.state = state
        return essence(report)

    def assert_each_item_was_asked_for_once(self, mock):
        items = [r["body_sha256"] for r in mock.requests() if r["batch"] and r["status"] == 200]
        self.assertEqual(len(items), len(set(items)))


class ABatch(Batched):
    def test_does_all_workers_at_half_the_price(self):
        script = self.script(tasks=20)
        mock = self.mock("--batch-seconds", "0.5", script=script)
        report = self.review(*BATCHED, repository=self.changes, mock=mock)
        self.assertEqual(report["status"], "complete")
        (batch,) = mock.get("/__batches")
        self.assertEqual((batch["status"], batch["items"]), ("ended", 20))
        bill = mock.bill()
        self.assertEqual((bill["requests"], bill["batch"]["requests"]), (22, 20))
        self.assert_books_balance(report["run_id"], mock)

        state, self.state = self.state, self.folder / "live"
        alive = self.mock(script=script)
        live = self.review(repository=self.changes, mock=alive)
        self.state = state
        self.assertEqual(essence(report), essence(live))
        self.assertEqual(Decimal(bill["batch"]["total_usd"]) * 2,
                         Decimal(alive.bill()["by_model"]["claude-haiku-4-5"]["total_usd"]))
        self.assert_sound()

    def test_is_left_by_what_cannot_wait(self):
        patient, urgent = ([planned(10 * k + n, FAST, "run.sh", urgency=urgency) for n in range(4)]
                           for k, urgency in ((1, "batch"), (2, "now")))
        # The last one waits for both kinds.
        last = planned(30, FAST, "run.sh", depends_on=["p10", "p20"])
        mock = self.mock("--batch-seconds", "0.6", script=[plan(*patient, *urgent, last), works()])
        report = self.review(*SOON, repository=self.changes, mock=mock)
        self.assertEqual(report["status"], "complete")
        (batch,) = mock.get("/__batches")
        self.assertEqual(batch["items"], 4)
        live = [r for r in mock.requests() if not r["batch"]]
        self.assertEqual(len(live), 1 + 4 + 1)
        self.assertGreaterEqual(live[-1]["started_ms"], batch["created_ms"] + 600)
        self.assertLess(live[-2]["ended_ms"], batch["created_ms"] + 600)
        self.assert_books_balance(report["run_id"], mock)

    def test_follows_another_when_its_tasks_wait_for_its(self):
        first = [planned(n, FAST, "run.sh") for n in range(3)]
        then = [planned(10 + n, FAST, "run.sh", depends_on=["p0", "p2"]) for n in range(3)]
        mock = self.mock("--batch-seconds", "0.2", script=[plan(*first, *then), works()])
        report = self.review(*BATCHED, repository=self.changes, mock=mock)
        self.assertEqual(report["status"], "complete")
        self.assertEqual([b["items"] for b in mock.get("/__batches")], [3, 3])
        self.assert_books_balance(report["run_id"], mock)

    def test_that_the_budget_does_not_hold_at_once_goes_in_parts(self):
        mock = self.mock(script=self.script(tasks=24, kind=DEEP, output_tokens=5000))
        report = self.review(*BATCHED, "--budget", "1.20", repository=self.changes, mock=mock, code=BUDGET)
        spent = self.assert_books_balance(report["run_id"], mock)
        self.assertLessEqual(spent, Decimal("1.20"))
        self.assertGreaterEqual(spent, Decimal("0.9") * Decimal("1.20"))
        sizes = [b["items"] for b in mock.get("/__batches")]
        self.assertGreater(len(sizes), 1)
        done = [t for t in report["tasks"] if t["role"] == "worker" and t["status"] == "done"]
        self.assertTrue(len(done) <= sum(sizes) <= len(done) + 1, f"{sizes}, {len(done)} done")  # the last may be cut
        rest = self.resume(report["run_id"], "--budget", "5", mock=mock)
        self.assertEqual(rest["status"], "complete")
        self.assert_each_item_was_asked_for_once(mock)
        self.assert_books_balance(report["run_id"], mock)
        self.assert_sound()


class Items(Batched):
    def test_that_errored_or_expired_cost_nothing_and_are_asked_for_again(self):
        for fault in ("errored", "expired"):
            with self.subTest(fault):
                mock = self.mock(f"--rate-batch-{fault}", "0.3", "--seed", "7", script=self.script(tasks=20))
                report = self.review(*BATCHED, repository=self.changes, mock=mock)
                self.assertEqual(report["status"], "complete")
                self.assertGreater(report["cost"]["retries"], 0)
                batches = mock.get("/__batches")
                self.assertGreater(len(batches), 1)
                # What has to be asked for again goes together.
                self.assertLessEqual(len(batches), 5, [b["items"] for b in batches])
                self.assert_each_item_was_asked_for_once(mock)
                self.assert_books_balance(report["run_id"], mock)

    def test_whose_answer_is_of_no_use_are_mended(self):
        script = [self.script()[0], {"match": {"contains": "Task: Task number 2 ", "batch": True}, "times": 1,
                                     "answer": {"text": "no"}}, works()]
        mock = self.mock(script=script)
        report = self.review(*BATCHED, repository=self.changes, mock=mock)
        self.assertEqual(report["status"], "complete")
        self.assertEqual([b["items"] for b in mock.get("/__batches")], [6, 1])
        self.assertEqual(len(self.journal(report["run_id"]).of("turn_started")), 1)
        self.assert_books_balance(report["run_id"], mock)


    def test_that_somebody_cancels_at_the_provider_are_not_asked_for_again_unasked(self):
        mock = self.mock("--batch-seconds", "20", script=self.script(tasks=8))
        process = self.begin(mock)
        wait_until(lambda: mock.get("/__batches") and self.journal(self.run_id()).of("batch_accepted"))
        (batch,) = mock.get("/__batches")
        mock.post(f"/v1/messages/batches/{batch['id']}/cancel", {"x-api-key": KEY})
        done = self.finish(process)
        self.assertEqual(done.code, PROVIDER, done.err)
        self.assertRegex(done.err, r"paused: .*cancelled.*`baton resume")
        self.assertEqual(len(mock.get("/__batches")), 1)
        run = self.run_id()
        after = self.mock("--seed", "2", script=self.script(tasks=8))
        self.assertEqual(self.resume(run, mock=after)["status"], "complete")
        self.assert_books_balance(run, mock, after)
        self.assert_sound()


class ACreate(Batched):
    def test_that_is_refused_is_made_again_with_all_its_items(self):
        mock = self.mock("--refuse-batch-create", "2", script=self.script(tasks=12))
        report = self.review(*BATCHED, repository=self.changes, mock=mock)
        self.assertEqual(report["status"], "complete")
        self.assertEqual([b["items"] for b in mock.get("/__batches")], [12])
        self.assert_books_balance(report["run_id"], mock)

    def test_whose_answer_is_lost_is_found_and_not_made_twice(self):
        mock = self.mock("--cut-batch-create", "1", script=self.script(tasks=12))
        report = self.review(*BATCHED, repository=self.changes, mock=mock)
        self.assertEqual(report["status"], "complete")
        (batch,) = mock.get("/__batches")
        self.assertTrue(batch["answer_cut"])
        self.assert_books_balance(report["run_id"], mock)

    def test_whose_answer_is_lost_is_told_from_another_of_the_same_size(self):
        script = self.script(tasks=5)
        mock = self.mock("--cut-batch-create", "2", "--batch-seconds", "0.5", script=script)
        both = [self.begin(mock) for _ in range(2)]
        reports = [json.loads(self.finish(process).out) for process in both]
        self.assertEqual([r["status"] for r in reports], ["complete", "complete"])
        self.assertEqual([(b["items"], b["answer_cut"]) for b in mock.get("/__batches")], [(5, True), (5, True)])
        self.assertEqual(sum(Decimal(r["cost"]["total_usd"]) for r in reports), Decimal(mock.bill()["total_usd"]))
        self.assert_sound()


class AfterKillNine(Batched):
    def killed_when(self, mock, moment):
        process = self.begin(mock)
        wait_until(moment, what="the moment to kill at")
        process.kill()
        process.wait()
        return self.run_id()

    def formed(self):
        runs = self.runs() if self.state.exists() else []
        return runs and self.journal(runs[0]["run_id"]).of("batch_formed")

    def test_the_batch_in_flight_is_collected(self):
        script = self.script(tasks=8)
        expected = self.undisturbed(script)
        mock = self.mock("--batch-seconds", "1.5", script=script)
        run = self.killed_when(mock, lambda: mock.get("/__batches"))
        report = self.resume(run, mock=mock)
        self.assertEqual(essence(report), expected)
        (batch,) = mock.get("/__batches")
        self.assertEqual(batch["items"], 8)
        self.assertEqual(report["cost"]["unknown_calls"], 0)
        self.assert_books_balance(run, mock)
        self.assert_sound()

    def test_a_batch_that_was_formed_and_not_taken_is_looked_for_and_then_made(self):
        script = self.script(tasks=8)
        expected = self.undisturbed(script)
        for options, batches in ((["--refuse-batch-create", "1000"], 0), (["--cut-batch-create", "1"], 1)):
            with self.subTest(options):
                self.state = self.folder / f"state{batches}"
                mock = self.mock(*options, "--batch-seconds", "0.5", script=script)
                run = self.killed_when(mock, self.formed)
                made = len(mock.get("/__batches"))
                after = self.mock("--seed", "2", script=script) if not batches else mock
                report = self.resume(run, mock=after)
                self.assertEqual(essence(report), expected)
                # Whether it had been made by then or not: each item is in one. Of a batch that was refused, the kill
                # may have left some items to be batched again at once and others to be looked for.
                ids = [name for batch in after.get("/__batches") for name in batch["custom_ids"]]
                self.assertEqual((len(ids), after.bill()["batch"]["requests"]), (8, 8), made)
                self.assertEqual(report["cost"]["unknown_calls"], 0)
                self.assert_books_balance(run, *{mock, after})
        self.assert_sound()

    def test_what_waited_to_be_batched_again_is_batched_once(self):
        script = self.script(tasks=8)
        expected = self.undisturbed(script)
        mock = self.mock("--refuse-batch-create", "1000", script=script)
        run = self.killed_when(mock, lambda: self.formed() and self.journal(self.run_id()).of("retry_scheduled"))
        healed = self.mock("--seed", "2", "--batch-seconds", "4", script=script)
        report = self.resume(run, mock=healed)
        self.assertEqual(essence(report), expected)
        self.assertEqual([b["items"] for b in healed.get("/__batches")], [8])
        self.assertEqual(healed.bill()["batch"]["requests"], 8)
        self.assert_books_balance(run, mock, healed)
        self.assert_sound()

    def test_again_and_again_there_is_one_batch(self):
        script = self.script(tasks=8)
        expected = self.undisturbed(script)
        mock = self.mock("--batch-seconds", "2", script=script)
        run = self.killed_when(mock, lambda: mock.get("/__batches"))
        for _ in range(3):
            process = self.start("resume", run, "--format", "json", mock=mock)
            seen = len(self.journal(run).of("run_resumed"))
            wait_until(lambda: len(self.journal(run).of("run_resumed")) > seen, what="the run to be taken up")
            process.kill()
            process.wait()
        report = self.resume(run, mock=mock)
        self.assertEqual(essence(report), expected)
        self.assertEqual(len(mock.get("/__batches")), 1)
        self.assert_books_balance(run, mock)
        self.assert_sound()


class AnInterrupt(Batched):
    def test_leaves_the_batch_to_be_collected_later(self):
        script = self.script(tasks=8)
        expected = self.undisturbed(script)
        for signals in (1, 2):
            with self.subTest(signals=signals):
                self.state = self.folder / f"state{signals}"
                mock = self.mock("--batch-seconds", "1", script=script)
                process = self.begin(mock)
                wait_until(lambda: mock.get("/__batches") and self.journal(self.run_id()).of("batch_accepted"))
                for _ in range(signals):
                    interrupt(process)
                done = self.finish(process, timeout=5)
                self.assertEqual(done.code, INTERRUPTED, done.err)
                self.assertRegex(done.err, r"paused: .*`baton resume")
                self.assertEqual(json.loads(done.out)["status"], "paused")
                run = self.run_id()
                self.assertEqual(self.runs()[0]["status"], "paused")
                wait_until(lambda: mock.get("/__batches")[0]["status"] == "ended")
                report = self.resume(run, mock=mock)
                self.assertEqual(essence(report), expected)
                self.assertEqual(len(mock.get("/__batches")), 1)
                self.assert_books_balance(run, mock)
        self.assert_sound()


if __name__ == "__main__":
    unittest.main()
