"""`baton feature`: from a request to a branch, with real tools on a real repository."""

import unittest

from agents import (AgentTest, CODING, DOCUMENTING, converses, finishes, leads, reviews, task, uses)

MEND = task(1, "Mend the sum", commands=["sh run_tests.sh"], files=[{"path": "src/add.cc", "first_line": 1, "last_line": 0}])
MENDS = converses(CODING, "Mend the sum",
                  uses("read", path="src/add.cc"),
                  uses("shell", command="sh run_tests.sh"),
                  uses("edit", path="src/add.cc", old_text="a - b", new_text="a + b"),
                  uses("shell", command="sh run_tests.sh"),
                  finishes("add() adds now."))


class FeatureTest(AgentTest):
    def test_a_worker_mends_a_failing_test_by_edit_and_shell_and_a_new_branch_holds_it(self):
        repository = self.calculator()
        before = self.picture(repository)
        mock = self.mock(script=[leads(MEND), *MENDS, reviews()])
        report = self.agents("feature", "Mend the failing test", repository, mock=mock)
        self.assertEqual(report["status"], "complete")
        self.assertEqual(self.picture(repository), before)
        branch = report["branch"]
        self.assertIn("a + b", repository.git("show", f"{branch}:src/add.cc").decode())
        message = repository.git("log", "-1", "--no-merges", "--format=%B", branch).decode()
        self.assertIn("Mend the sum", message)
        self.assertRegex(message, r"Baton-Worker: code-writer\nBaton-Model: claude-opus-4-7\nBaton-Cost: \$0\.\d+")
        self.assert_books_balance(report["run_id"], mock)
        self.assert_sound()
        self.assertEqual(self.worktrees(), [])


if __name__ == "__main__":
    unittest.main()
