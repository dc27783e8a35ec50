"""`baton feature`: from a request to a branch, with real tools on a real repository."""

import unittest

from agents import (AgentTest, CODING, DOCUMENTING, REVIEWING, TESTING, converses, finishes, found, leads, reviews, task,
                    uses)

MEND = task(1, "Mend the sum", commands=["sh run_tests.sh"], files=[{"path": "src/add.cc", "first_line": 1, "last_line": 0}])
MENDS = converses(CODING, "Mend the sum",
                  uses("read", path="src/add.cc"),
                  uses("shell", command="sh run_tests.sh"),
                  uses("edit", path="src/add.cc", old_text="a - b", new_text="a + b"),
                  uses("shell", command="sh run_tests.sh"),
                  finishes("add() adds now."))
WRITE = task(1, "Write c")
WRITES = converses(CODING, "Write c", uses("write", path="c.txt", text="thre\n"), finishes())
TYPO = found("c.txt", 1, "It lacks a letter.")
ROUNDS = ("Review the change, round 1", "Review the change, round 2", "Review the change, round 3")


class FeatureTest(AgentTest):
    def plain(self):
        repository = self.repository()
        repository.commit("Begin", {"a.txt": "one\n"})
        return repository

    def test_a_worker_mends_a_failing_test_by_edit_and_shell_and_a_new_branch_holds_it(self):
        repository = self.calculator()
        before = self.picture(repository)
        mock = self.mock(script=[leads(MEND), *MENDS, reviews()])
        report = self.agents("feature", "Mend the failing test", repository, mock=mock)
        self.assertEqual(report["status"], "complete")
        branch = report["branch"]
        self.assertIn("a + b", repository.git("show", f"{branch}:src/add.cc").decode())
        message = repository.git("log", "-1", "--no-merges", "--format=%B", branch).decode()
        self.assertIn("Mend the sum", message)
        self.assertRegex(message, r"Baton-Worker: code-writer\nBaton-Model: claude-opus-4-7\nBaton-Cost: \$0\.\d+")
        self.assertEqual(self.check_of(report, "sh run_tests.sh")["state"], "passed")
        self.assertEqual(self.cost("--run", report["run_id"])["wasted_usd"], "0.00")
        self.assert_clean_end(report, repository, before, mock)

    def test_code_comes_first_and_tests_and_documentation_build_upon_it(self):
        repository = self.plain()
        before = self.picture(repository)
        tests = [{"match": {"regex": TESTING, "contains": "Test c", "tool_results": 0}, "answer": uses("read", path="c.txt")},
                 {"match": {"regex": f"(?s){TESTING}.*three", "tool_results": 1},
                  "answer": uses("write", path="test_c.sh", text="grep -q three c.txt\n")},
                 {"match": {"regex": TESTING, "tool_results": 2}, "answer": finishes()}]
        mock = self.mock(script=[
            leads(task(1, "Write c"), task(2, "Test c", worker="test-writer", depends_on=["p1"], commands=["sh test_c.sh"]),
                  task(3, "Tell of c", worker="documentation-writer", depends_on=["p1"])),
            *converses(CODING, "Write c", uses("write", path="c.txt", text="three\n"), finishes()), *tests,
            *converses(DOCUMENTING, "Tell of c", uses("write", path="README.md", text="# c\n"), finishes()), reviews()])
        report = self.agents("feature", "Three", repository, mock=mock)
        self.assertEqual(report["status"], "complete")
        self.assertEqual({one["path"] for one in report["changed"]}, {"c.txt", "test_c.sh", "README.md"})
        tiers = {one["worker"]: one["tier"] for one in report["tasks"] if one["worker"]}
        self.assertEqual(tiers, {"planner": "deep", "code-writer": "deep", "test-writer": "fast",
                                 "documentation-writer": "fast", "reviewer": "deep"})
        self.assertEqual(set(report["cost"]["by_worker"]), set(tiers))
        self.assert_clean_end(report, repository, before, mock)

    def test_a_finding_of_the_review_is_mended_and_the_second_review_sees_it_mended(self):
        repository = self.plain()
        before = self.picture(repository)
        mends = converses(CODING, "Mend what review 1 found",
                          uses("write", path="c.txt", text="three\n"), finishes("It has all its letters."))
        mends[0]["match"]["regex"] = f"(?s){CODING}.*c.txt:1 \\(high\\) It lacks a letter"
        clean = reviews(contains=ROUNDS[1], summary="It is spelt right.")
        clean["match"]["regex"] = f"(?s){REVIEWING}.*The change, as a diff.*\\+three"
        mock = self.mock(script=[leads(WRITE), *WRITES, reviews(TYPO, contains=ROUNDS[0]), clean, *mends])
        report = self.agents("feature", "Three", repository, mock=mock)
        self.assertEqual((report["status"], report["findings"]), ("complete", []))
        self.assertEqual([(one["round"], one["findings"], one["fix_status"]) for one in report["reviews"]],
                         [(1, 1, "done"), (2, 0, "")])
        self.assertEqual(self.file_of(report, repository, "c.txt"), "three\n")
        self.assert_clean_end(report, repository, before, mock)

    def test_findings_that_remain_after_the_last_round_are_in_the_report(self):
        repository = self.plain()
        fixes = converses(CODING, "Mend what review 1 found", uses("write", path="c.txt", text="tree\n"), finishes())
        mock = self.mock(script=[leads(WRITE), *WRITES, reviews(TYPO), *fixes])
        report = self.agents("feature", "Three", repository, mock=mock, code=None)
        self.assertEqual([(one["file"], one["line"], one["message"]) for one in report["findings"]],
                         [("c.txt", 1, "It lacks a letter.")])
        self.assertEqual(len(report["reviews"]), 2)  # --rounds: 2 by the recipe
        self.assertEqual(self.file_of(report, repository, "c.txt"), "tree\n")

    def test_a_small_finding_is_told_and_not_mended(self):
        repository = self.plain()
        small = found("c.txt", 1, "It could be shorter.", severity="low")
        mock = self.mock(script=[leads(WRITE), *WRITES, reviews(small)])
        report = self.agents("feature", "Three", repository, mock=mock)
        self.assertEqual([one["message"] for one in report["findings"]], ["It could be shorter."])
        self.assertEqual([one["fix"] for one in report["reviews"]], [None])

    def test_no_round_of_reviews_is_no_review(self):
        repository = self.plain()
        mock = self.mock(script=[leads(WRITE), *WRITES])
        report = self.agents("feature", "Three", repository, "--rounds", "0", mock=mock)
        self.assertEqual((report["status"], report["reviews"]), ("complete", []))

    def test_a_run_that_writes_nothing_makes_no_branch_and_says_so(self):
        repository = self.plain()
        before = self.picture(repository)
        mock = self.mock(script=[leads(WRITE), *converses(CODING, "Write c", finishes("It was there already."))])
        report = self.agents("feature", "Three", repository, mock=mock)
        self.assertEqual((report["status"], report["commit"]), ("complete", None))
        self.assertIn("nothing was written", report["undelivered"])
        self.assertEqual(repository.git("branch", "--format=%(refname:short)").decode().split(), ["main"])
        self.assert_clean_end(report, repository, before, mock)


if __name__ == "__main__":
    unittest.main()
