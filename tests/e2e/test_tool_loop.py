"""Turns of tools: several calls at once, criteria that fail at first, workers that get nowhere."""

import unittest

from agents import AgentTest, CODING, TESTING, converses, finishes, leads, task, together, uses
from harness import PROVIDER

FAST, BALANCED = "claude-haiku-4-5", "claude-sonnet-4-6"
FILES = {"a.txt": "one\n", "b.txt": "two\n"}


def only(model, rules):
    return [{**rule, "match": {**rule["match"], "model": model}} for rule in rules]


class ToolLoopTest(AgentTest):
    def pair(self):
        repository = self.repository()
        repository.commit("Begin", FILES)
        return repository

    def test_calls_of_one_turn_are_all_answered_in_their_order(self):
        repository = self.pair()
        at_once = together(uses("read", path="a.txt"), uses("read", path="b.txt"), uses("read", path="c.txt"))
        seen = "(?s)one.*two.*c.txt"  # results stand in the calls' order, a failed one among them
        mock = self.mock(script=[
            leads(task(1, "Join them")),
            {"match": {"regex": CODING, "tool_results": 0}, "answer": at_once},
            {"match": {"regex": seen, "contains": "Join them", "tool_results": 3},
             "answer": together(uses("write", path="c.txt", text="one\ntwo\n"),
                                uses("edit", path="c.txt", old_text="two", new_text="three"))},
            {"match": {"contains": "Join them", "tool_results": 5}, "answer": finishes()}])
        report = self.agents("run", "Join", repository, mock=mock)
        self.assertEqual(report["status"], "complete")
        self.assertEqual(self.file_of(report, repository, "c.txt"), "one\nthree\n")
        joined = self.run_of(report, "Join them")
        self.assertEqual((joined["turns"], joined["tool_calls"]), (3, 6))

    def test_finish_beside_other_calls_is_refused_and_alone_it_is_taken(self):
        repository = self.pair()
        mock = self.mock(script=[
            leads(task(1, "Mend a")),
            {"match": {"regex": CODING, "tool_results": 0},
             "answer": together(uses("edit", path="a.txt", old_text="one", new_text="1"), finishes("Too early."))},
            {"match": {"regex": "not accepted: finish was called beside other tools", "tool_results": 2},
             "answer": finishes("Alone.")}])
        report = self.agents("run", "Mend", repository, mock=mock)
        self.assertEqual(self.run_of(report, "Mend a")["summary"], "Alone.")
        self.assertEqual(self.file_of(report, repository, "a.txt"), "1\n")

    def test_an_acceptance_command_that_fails_is_told_with_its_output_until_it_passes(self):
        repository = self.pair()
        check = "grep -n three a.txt || { echo it lacks three; exit 3; }"
        mock = self.mock(script=[
            leads(task(1, "Count on", commands=[check])),
            {"match": {"regex": CODING, "tool_results": 0}, "answer": finishes("Surely done.")},
            {"match": {"regex": "(?s)not accepted: .*it lacks three", "tool_results": 1},
             "answer": uses("write", path="a.txt", text="three\n")},
            {"match": {"regex": CODING, "tool_results": 2}, "answer": finishes("Done.")}])
        report = self.agents("run", "Count", repository, mock=mock)
        self.assertEqual(report["status"], "complete")
        self.assertEqual(self.run_of(report, "Count on")["summary"], "Done.")
        self.assertEqual(self.check_of(report, check)["state"], "passed")

    def test_an_answer_of_another_form_is_told_what_is_wrong_with_it(self):
        repository = self.pair()
        mock = self.mock(script=[
            leads(task(1, "Mend a")),
            {"match": {"regex": CODING, "tool_results": 0}, "answer": uses("finish", result=7)},
            {"match": {"regex": "the answer has not the form it must have", "tool_results": 1},
             "answer": finishes("In form.")}])
        report = self.agents("run", "Mend", repository, mock=mock)
        self.assertEqual(self.run_of(report, "Mend a")["summary"], "In form.")

    def test_a_fast_worker_that_repeats_one_call_goes_up_a_tier_and_the_report_says_why(self):
        repository = self.pair()
        before = self.picture(repository)
        turns = only(FAST, [{"match": {"regex": TESTING}, "answer": uses("read", path="a.txt")}])
        mends = converses(TESTING, "Test a", uses("write", path="test.txt", text="tested\n"), finishes())
        mock = self.mock(script=[leads(task(1, "Test a", worker="test-writer")), *turns, *mends])
        report = self.agents("run", "Test", repository, mock=mock)
        self.assertEqual(report["status"], "complete")
        tested = self.run_of(report, "Test a")
        self.assertEqual((tested["tier"], tested["attempts"]), ("balanced", 2))
        self.assertIn("it made the same call 3 times in a row, with the same result (read)", tested["note"])
        self.assertEqual(self.file_of(report, repository, "test.txt"), "tested\n")
        self.assert_clean_end(report, repository, before, mock)

    def test_a_deep_worker_that_repeats_one_call_is_given_up_and_resume_with_retry_completes_the_run(self):
        repository = self.pair()
        before = self.picture(repository)
        turns = [{"match": {"regex": CODING, "contains": "Mend a"}, "times": 3, "answer": uses("read", path="a.txt")}]
        mends = converses(CODING, "Mend a", uses("edit", path="a.txt", old_text="one", new_text="1"), finishes())
        other = converses(CODING, "Mend b", uses("edit", path="b.txt", old_text="two", new_text="2"), finishes())
        mock = self.mock(script=[leads(task(1, "Mend a"), task(2, "Mend b")), *turns, *other, *mends])
        report = self.agents("feature", "Mend", repository, "--rounds", "0", "--fast", "claude-opus-4-7",
                             "--balanced", "claude-opus-4-7", mock=mock, code=PROVIDER)
        self.assertEqual(report["status"], "partial")
        given_up = self.run_of(report, "Mend a")
        self.assertEqual(given_up["status"], "skipped")
        self.assertIn("same call 3 times", given_up["note"])
        self.assertEqual(self.file_of(report, repository, "b.txt"), "2\n")  # what was done is delivered
        self.assertEqual(self.file_of(report, repository, "a.txt"), "one\n")

        report = self.resume(report["run_id"], "--retry", mock=mock)
        self.assertEqual(report["status"], "complete")
        self.assertEqual(self.run_of(report, "Mend a")["status"], "done")
        self.assertEqual(self.file_of(report, repository, "a.txt"), "1\n")
        self.assertEqual(self.file_of(report, repository, "b.txt"), "2\n")
        self.assert_clean_end(report, repository, before, mock)

    def test_a_worker_that_goes_to_and_fro_without_news_is_stopped(self):
        repository = self.pair()
        looks = [{"match": {"regex": CODING, "tool_results": turn},
                  "answer": uses("read", path="ab"[turn % 2] + ".txt")} for turn in range(20)]
        mock = self.mock(script=[leads(task(1, "Mend a")), *looks])
        report = self.agents("feature", "Mend", repository, "--rounds", "0", mock=mock, code=PROVIDER)
        stopped = self.run_of(report, "Mend a")
        self.assertEqual((stopped["status"], stopped["turns"]), ("skipped", 7))
        self.assertIn("5 turns in a row changed nothing and found nothing new", stopped["note"])
        self.assert_books_balance(report["run_id"], mock)

    def test_a_worker_is_warned_before_it_is_stopped(self):
        repository = self.pair()
        mock = self.mock(script=[
            leads(task(1, "Mend a")),
            {"match": {"regex": "You made this very call before", "tool_results": 2}, "answer": finishes("Warned.")},
            {"match": {"regex": CODING}, "answer": uses("read", path="a.txt")}])
        report = self.agents("run", "Mend", repository, mock=mock)
        self.assertEqual(self.run_of(report, "Mend a")["summary"], "Warned.")


if __name__ == "__main__":
    unittest.main()
