"""What a review would take is said before it is paid for, learned from the project's own runs, and scored."""

import json
import unittest
from decimal import Decimal

from harness import DONE, USAGE, BatonTest

WAYS = [("orchestrate", ""), ("direct", ""), ("direct", "medium")]


class Estimating(BatonTest):
    def estimate(self, *arguments, repository, mock=None, code=DONE):
        done = self.baton("estimate", "--repo", repository.folder, "--format", "json", *arguments, mock=mock)
        self.assertEqual(done.code, code, done.err)
        return json.loads(done.out)

    def way(self, estimate, mode="orchestrate", effort=""):
        (found,) = [way for way in estimate["ways"] if (way["mode"], way["effort"]) == (mode, effort)]
        return found


class AnEstimate(Estimating):
    def test_makes_no_call_needs_no_key_and_leaves_no_state(self):
        mock, repository = self.mock(), self.small_change()
        estimate = self.estimate(repository=repository)
        self.assertEqual([(way["mode"], way["effort"]) for way in estimate["ways"]], WAYS)
        self.assertEqual(estimate["mode"], "orchestrate")
        self.assertIn("3 kinds of file", estimate["reason"])
        for way in estimate["ways"]:
            self.assertEqual(way["history"], 0)
            self.assertLess(Decimal(way["low_usd"]), Decimal(way["likely_usd"]))
            self.assertLess(Decimal(way["likely_usd"]), Decimal(way["high_usd"]))
        self.estimate(repository=repository, mock=mock)
        self.assertEqual(mock.bill()["requests"], 0)
        self.assertFalse(self.state.exists())

    def test_says_which_cap_would_bind(self):
        estimate = self.estimate("--budget", "0.01", "--budget-per-day", "0.50", "--mode", "orchestrate",
                                 repository=self.small_change())
        caps = self.way(estimate)["caps"]
        self.assertEqual([cap["cap"] for cap in caps], ["--budget", "--budget-per-day"])
        self.assertEqual([cap["likely"] for cap in caps], [True, False])
        text = self.baton("estimate", "--repo", self.folder / "repository", "--budget", "0.01", "--mode", "orchestrate")
        self.assertIn("--budget would bind", text.out)

    def test_has_its_prompts_counted_by_the_provider_if_asked(self):
        mock, repository = self.mock(), self.small_change()
        counted = self.estimate("--count-tokens", repository=repository, mock=mock)["counted"]
        self.assertEqual(mock.bill()["total_usd"], "0.00")
        report = self.review("--mode", "direct", "--effort", "high", repository=repository, mock=mock)
        self.assertEqual(report["cost"]["by_model"]["claude-opus-4-7"]["tokens"]["input"], counted["direct"])

    def test_counts_nothing_without_a_key_and_says_so(self):
        done = self.baton("estimate", "--repo", self.small_change().folder, "--count-tokens")
        self.assert_one_message(done, USAGE, "needs a key", "ANTHROPIC_API_KEY")

    def test_says_what_the_provider_said_when_counting_failed(self):
        repository = self.small_change()
        mock = self.mock("--key", "another")
        done = self.baton("estimate", "--repo", repository.folder, "--count-tokens", mock=mock)
        self.assertEqual(done.out, "")
        self.assertIn("status 401", done.err)
        done = self.baton("estimate", "--repo", repository.folder, "--count-tokens", mock="http://127.0.0.1:9")
        self.assertIn("counting tokens", done.err)


class Learned(Estimating):
    def test_from_three_runs_it_contains_what_the_fourth_one_costs(self):
        repository, mock = self.small_change(), self.mock("--plan-tasks", "6")
        for number in range(3):
            self.review(repository=repository, mock=mock)
            lines = "".join(f"echo {number} {line}\n" for line in range(5 * number + 5))
            repository.commit("Go on", {"src/retry.go": f"package retry\n\nconst Times = {number}\n",
                                        "src/disk.cc": f"int write(int fd) {{\n  return fd + {number};\n}}\n",
                                        "run.sh": "#!/bin/sh\n" + lines})
        estimate = self.way(self.estimate(repository=repository))
        self.assertEqual(estimate["history"], 3)
        report = self.review(repository=repository, mock=mock)
        cost = Decimal(report["cost"]["total_usd"])
        self.assertLessEqual(Decimal(estimate["low_usd"]), cost)
        self.assertLessEqual(cost, Decimal(estimate["high_usd"]))
        (created,) = self.journal(report["run_id"]).of("run_created")
        self.assertEqual((created["mode"], created["project"]), ("orchestrate", str(repository.folder)))
        self.assertEqual(created["forecast"]["likely"], estimate["likely_usd"])
        self.assertEqual(created["forecast"]["history"], 3)

    def test_each_project_by_itself(self):
        one, other, mock = self.small_change("one"), self.small_change("other"), self.mock()
        self.review(repository=one, mock=mock)
        self.assertEqual(self.way(self.estimate(repository=one))["history"], 1)
        self.assertEqual(self.way(self.estimate(repository=other))["history"], 0)
        named = self.estimate("--project", str(one.folder), repository=other)
        self.assertEqual(self.way(named)["history"], 1)

    def test_by_one_model_with_its_own_tokens(self):
        repository, mock = self.small_change(), self.mock()
        self.review(repository=repository, mock=mock)
        same = self.way(self.estimate(repository=repository))
        cheaper = self.way(self.estimate("--deep", "claude-sonnet-4-6", repository=repository))
        self.assertLess(Decimal(cheaper["likely_usd"]), Decimal(same["likely_usd"]))
        self.assertLess(cheaper["tokens"]["input"], same["tokens"]["input"])


class Scored(Estimating):
    def test_at_the_end_of_its_run(self):
        done = self.baton("review", "--repo", self.small_change().folder, mock=self.mock())
        self.assertRegex(done.err, r"the forecast was \$0\.\d+ \(\$0\.\d+ to \$0\.\d+\); it cost \$0\.\d+, \d+ % of it")


    def test_and_all_together_by_baton_cost(self):
        repository, mock = self.small_change(), self.mock()
        for _ in range(2):
            self.review(repository=repository, mock=mock)
        self.review("--local", repository=repository, code=None)
        scores = self.cost("--forecast")
        self.assertEqual((len(scores["runs"]), scores["not_scored"]), (2, 1))
        self.assertEqual(scores["inside"] + scores["below"] + scores["above"], 2)
        self.assertTrue(scores["runs"][0]["inside"])
        spent = {run["run_id"]: run["spent_usd"] for run in self.runs()}
        for run in scores["runs"]:
            self.assertEqual(run["actual_usd"], spent[run["run_id"]])
        text = self.baton("cost", "--forecast", "--project", repository.folder)
        self.assertIn("of 2 inside their interval", text.out)
        refused = self.baton("cost", "--forecast", "--format", "csv")
        self.assertEqual(refused.code, USAGE)


class ConfirmAbove(BatonTest):
    def test_refuses_without_a_terminal_and_spends_nothing(self):
        mock, repository = self.mock(), self.small_change()
        done = self.baton("review", "--repo", repository.folder, "--confirm-above", "0.01", mock=mock)
        self.assertEqual(done.code, USAGE, done.err)
        self.assertIn("no terminal to ask on", done.err)
        self.assertIn("--yes", done.err)
        self.assertEqual(mock.bill()["requests"], 0)
        self.assertEqual(self.runs(), [])

    def test_asks_nothing_of_who_says_yes_or_of_what_is_below(self):
        mock, repository = self.mock(), self.small_change()
        self.review("--confirm-above", "0.01", "--yes", repository=repository, mock=mock)
        self.review("--confirm-above", "100", repository=repository, mock=mock)
        self.assertEqual(len(self.runs()), 2)

    def test_is_an_amount(self):
        done = self.baton("review", "--repo", self.small_change().folder, "--confirm-above", "much", mock=self.mock())
        self.assertEqual(done.code, USAGE)
        self.assertIn("--confirm-above much", done.err)


if __name__ == "__main__":
    unittest.main()
