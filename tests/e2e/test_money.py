"""The ledger equals the stand-in's own bill, to the picodollar, and a budget is never passed."""

import concurrent.futures
import unittest
from decimal import Decimal

from harness import (BUDGET, DONE, BatonTest, answers, finding, plan, planned, works)

SEEDS = range(1, 11)


class TheLedger(BatonTest):
    def test_equals_the_bill_exactly_in_the_report_and_in_baton_cost(self):
        mock = self.mock()
        report = self.review(repository=self.small_change(), mock=mock)
        bill, cost = mock.bill(), report["cost"]
        self.assertEqual(cost["total_usd"], bill["total_usd"])
        self.assertEqual(cost["calls"], bill["requests"])
        self.assertEqual(cost["unknown_calls"], 0)
        self.assertEqual({name: (m["charged_usd"], m["calls"]) for name, m in cost["by_model"].items()},
                         {name: (m["total_usd"], m["requests"]) for name, m in bill["by_model"].items()})
        for name, model in bill["by_model"].items():
            counted = cost["by_model"][name]["tokens"]
            self.assertEqual(counted, {"input": model["input_tokens"], "output": model["output_tokens"],
                                       "cache_write_5m": model["cache_creation_5m_input_tokens"],
                                       "cache_write_1h": model["cache_creation_1h_input_tokens"],
                                       "cache_read": model["cache_read_input_tokens"]})
        separately = self.cost("--run", report["run_id"])
        self.assertEqual({**cost, "run_id": report["run_id"]}, separately)
        self.assert_sound()

    def test_adds_up_by_role_by_model_and_by_task(self):
        report = self.review(repository=self.small_change(), mock=self.mock("--rate-cut", "0.2", "--seed", "4"))
        cost = report["cost"]
        total = Decimal(cost["total_usd"])
        self.assertEqual(sum(Decimal(part["charged_usd"]) for part in cost["by_role"].values()), total)
        self.assertEqual(sum(Decimal(part["charged_usd"]) for part in cost["by_model"].values()), total)
        self.assertEqual(sum(Decimal(part["charged_usd"]) for part in cost["by_task"]), total)
        self.assertEqual(set(cost["by_role"]), {"orchestrator", "workers"})
        for parts in (cost["by_role"].values(), cost["by_model"].values(), cost["by_task"]):
            self.assertEqual(sum(part["calls"] for part in parts), cost["calls"])

    def test_knows_what_the_same_tokens_had_cost_all_deep(self):
        tasks = [planned(n, "error_message_quality", "run.sh") for n in range(4)]
        report = self.review(repository=self.small_change(), mock=self.mock(script=[plan(*tasks), works()]))
        cost = report["cost"]
        # On 2026-11-20 opus 4.7 costs five times what haiku 4.5 costs, input and output alike.
        by_model = {name: Decimal(part["charged_usd"]) for name, part in cost["by_model"].items()}
        all_deep = by_model["claude-opus-4-7"] + 5 * by_model["claude-haiku-4-5"]
        self.assertEqual(Decimal(cost["all_deep_usd"]), all_deep)
        saved = 100 * (all_deep - Decimal(cost["total_usd"])) / all_deep
        self.assertLess(abs(saved - Decimal(str(cost["saved_percent"]))), Decimal("0.1"))
        self.assertIsNotNone(cost["estimate_usd"])

    def test_holds_for_the_models_of_the_other_profile(self):
        mock = self.mock()
        report = self.review("--profile", "5.5", repository=self.small_change(), mock=mock)
        self.assertEqual(report["cost"]["total_usd"], mock.bill()["total_usd"])
        self.assertIn("claude-opus-5-5", report["cost"]["by_model"])
        self.assert_books_balance(report["run_id"], mock)

    def test_holds_for_models_chosen_one_by_one(self):
        mock = self.mock()
        report = self.review("--deep", "claude-sonnet-4-6", "--fast", "claude-haiku-4-5",
                             repository=self.small_change(), mock=mock)
        self.assertEqual(set(report["cost"]["by_model"]), {"claude-sonnet-4-6", "claude-haiku-4-5"})
        self.assert_books_balance(report["run_id"], mock)

    def test_is_kept_apart_for_two_runs_at_once_in_one_state_folder(self):
        repository = self.small_change()
        mocks = [self.mock("--seed", str(seed), "--latency-ms", "20:80") for seed in (1, 2)]
        both = [self.start("review", "--repo", repository.folder, "--format", "json", mock=mock) for mock in mocks]
        ended = [self.finish(process) for process in both]
        self.assertEqual([done.code for done in ended], [DONE, DONE], [done.err for done in ended])
        for run in self.runs():
            mine = [mock for mock in mocks if mock.bill()["total_usd"] == run["spent_usd"]]
            self.assertEqual(len(mine), 1)
            self.assert_books_balance(run["run_id"], mine[0])
        self.assert_sound()


class InBadWeather(BatonTest):
    """A fifth of all requests fails, as 529, 500 or a cut stream; each seed draws other ones."""

    def weather(self, seed, *arguments):
        mock = self.mock("--seed", str(seed), "--fail-rate", "0.2")
        report = self.review(*arguments, repository=self.changes, mock=mock, code=None, timeout=120)
        return mock, report

    def setUp(self):
        super().setUp()
        self.changes = self.small_change()
        self.review("--local", "--tree", self.folder / "work")  # makes the state folder, for many at once

    def each(self, story, cases):
        # They wait most of the time: four at once on two cores.
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            for case, future in [(case, pool.submit(story, *case)) for case in cases]:
                with self.subTest(case=case):
                    future.result()

    def test_every_run_ends_and_its_ledger_is_right_call_by_call(self):
        retries, unknown = [], []

        def story(seed):
            mock, report = self.weather(seed)
            retries.append(report["cost"]["retries"])
            unknown.append(report["cost"]["unknown_calls"])
            self.assertIn(report["status"], ("complete", "partial"))
            total = self.assert_books_balance(report["run_id"], mock)
            self.assertEqual(Decimal(report["cost"]["total_usd"]), total)
            self.assertEqual(report["cost"]["calls"], mock.bill()["requests"])
            self.assertLessEqual(total, Decimal("5"))
            for task in report["missing"]:
                self.assertTrue(task["note"])
        self.each(story, [(seed,) for seed in SEEDS])
        self.assertGreater(sum(retries), len(SEEDS))
        self.assertGreater(sum(unknown), 2)
        self.assert_sound()

    def test_no_budget_is_ever_passed(self):
        def story(seed, budget):
            mock, report = self.weather(seed, "--budget", budget)
            total = self.assert_books_balance(report["run_id"], mock)
            self.assertLessEqual(total, Decimal(budget))
            self.assertIn(report["status"], ("complete", "partial", "budget_exhausted"))
        self.each(story, [(seed, budget) for seed in (1, 2, 3) for budget in ("0.22", "0.30", "0.45")])
        self.assert_sound()

    def test_a_throttled_provider_is_obeyed_until_all_is_done(self):
        mock = self.mock("--rate-429", "0.3", "--rate-overloaded-midstream", "0.1", "--seed", "3")
        report = self.review(repository=self.changes, mock=mock, timeout=120)
        self.assertEqual(report["status"], "complete")
        self.assert_books_balance(report["run_id"], mock)


class ABudget(BatonTest):
    """Worst cases are set aside before a call is sent, so what is left decides what may start."""

    def script(self, tasks=6):
        several = [planned(n, "security_vulnerability_assessment", "src/disk.cc") for n in range(1, tasks + 1)]
        found = [answers(f"Task: Task number {n} ", finding("src/disk.cc", 5, f"Found {n}.")) for n in range(1, tasks + 1)]
        return [plan(*several), *found]

    def test_that_is_used_up_leaves_a_partial_report_that_names_what_is_missing(self):
        repository = self.small_change()
        for budget in ("0.20", "0.24", "0.28"):
            with self.subTest(budget=budget):
                mock = self.mock(script=self.script(tasks=40))
                report = self.review("--budget", budget, repository=repository, mock=mock, code=BUDGET)
                total = self.assert_books_balance(report["run_id"], mock)
                self.assertLessEqual(total, Decimal(budget))
                self.assertEqual(Decimal(report["cost"]["budget_usd"]), Decimal(budget))
                self.assertEqual(report["status"], "budget_exhausted")
                workers = [t for t in report["tasks"] if t["role"] == "worker"]
                done = [t for t in workers if t["status"] == "done"]
                self.assertTrue(0 < len(done) < len(workers), f"{len(done)} of {len(workers)}")
                # Without money for a synthesis the report is merged by program: nothing found is lost.
                credited = {task for f in report["findings"] for task in f["task"].split(", ")}
                self.assertEqual(credited, {t["id"] for t in done})
                self.assertEqual([t["id"] for t in report["missing"]],
                                 [t["id"] for t in report["tasks"] if t["status"] == "skipped"])
                for task in report["missing"]:
                    self.assertRegex(task["note"], r"one call can cost up to \$.* of the budget are left")

    def test_too_small_for_the_plan_sends_nothing_and_says_what_it_needs(self):
        for budget in ("0", "0.000001", "0.01"):
            with self.subTest(budget=budget):
                mock = self.mock()
                done = self.baton("review", "--repo", self.small_change(f"r{budget}").folder, "--budget", budget,
                                  mock=mock)
                self.assertEqual(done.code, BUDGET, done.err + done.out)
                self.assertEqual(mock.bill()["requests"], 0)
                self.assertRegex(done.err, r"one call can cost up to \$0\.\d+, and .* --budget DOLLARS")

    def test_waits_for_calls_in_flight_and_then_goes_on(self):
        # Room for the plan's worst case, but for no two workers' at once: they take turns.
        script = self.script()
        for rule in script[1:]:
            rule["answer"]["latency_ms"] = 50
        mock = self.mock(script=script)
        report = self.review("--budget", "0.20", "--parallel", "6", repository=self.small_change(), mock=mock)
        self.assertEqual(report["status"], "complete")
        self.assert_books_balance(report["run_id"], mock)
        workers = mock.requests()[1:7]
        for earlier, later in zip(workers, workers[1:]):
            self.assertGreaterEqual(later["started_ms"], earlier["ended_ms"])

    def test_lowers_what_a_call_may_write_rather_than_refuse_it(self):
        mock = self.mock(script=self.script())
        report = self.review("--budget", "0.30", repository=self.small_change(), mock=mock, code=None)
        (reserved, *_) = self.journal(report["run_id"]).of("call_reserved")
        self.assertLess(reserved["max_output"], 16_000)
        self.assertLessEqual(Decimal(reserved["hold"]), Decimal("0.30"))
        self.assertLessEqual(Decimal(mock.bill()["total_usd"]), Decimal("0.30"))


class APriceThatIsNotKnown(BatonTest):
    def test_is_refused_before_anything_is_spent(self):
        mock = self.mock()
        done = self.baton("review", "--repo", self.small_change().folder, "--deep", "claude-mythos-5-2", mock=mock)
        self.assert_one_message(done, 2, "claude-mythos-5-2", "no price", "--prices")
        self.assertEqual(mock.bill()["requests"], 0)

    def test_may_be_given_in_a_file(self):
        prices = self.folder / "prices.toml"
        prices.write_text('[[model]]\nid = "claude-haiku-4-5"\n[[model.price]]\nvalid_from = 2026-11-01\n'
                          'source = "test"\nverified_on = 2026-11-20\nbatch_percent = 50\n'
                          'steps = [ { input = "2", cache_write_5m = "2.50", cache_write_1h = "4", '
                          'cache_read = "0.20", output = "10" } ]\n')
        repository = self.small_change()
        mock = self.mock()
        report = self.review("--prices", prices, repository=repository, mock=mock)
        cost, bill = report["cost"]["by_model"]["claude-haiku-4-5"], mock.bill()["by_model"]["claude-haiku-4-5"]
        self.assertEqual(Decimal(cost["charged_usd"]), 2 * Decimal(bill["total_usd"]))


if __name__ == "__main__":
    unittest.main()
