"""`--approve`: a person is asked on the terminal before tasks start, a command is run, the branch is made."""

import json
import unittest

from agents import AgentTest, CODING, KILL, converses, finishes, leads, task, uses
from harness import DONE, INTERRUPTED, USAGE

PLAN, MERGE, SHELL = "Start these tasks? [y/N]", "Make the branch with this? [y/N]", "Run it?"
WRITES = [leads(task(1, "Write c", why="It writes.", commands=["test -f c.txt"]), approach="One file is enough."),
          *converses(CODING, "Write c", uses("write", path="c.txt", text="three\n"), finishes())]


class ApprovalTest(AgentTest):
    def plain(self):
        repository = self.repository()
        repository.commit("Begin", {"a.txt": "one\n"})
        return repository

    def asked(self, repository, gates, answers, mock, code=DONE, command="run"):
        """A run on a terminal: what was shown on it, and the report."""
        file = self.folder / "report.json"
        done = self.on_a_terminal(command, "Write three", "--repo", repository.folder, "--approve", gates, "--format", "json",
                                  "--output", file, mock=mock, answers=answers)
        self.assertEqual(done.code, code, done.out)
        return done.out, json.loads(file.read_text())

    def resumed_on_a_terminal(self, run, answers, mock, *arguments, code=DONE):
        file = self.folder / "resumed.json"
        done = self.on_a_terminal("resume", run, *arguments, "--format", "json", "--output", file, mock=mock, answers=answers)
        self.assertEqual(done.code, code, done.out)
        return done.out, json.loads(file.read_text())

    def test_the_plan_is_shown_and_with_a_yes_its_tasks_start(self):
        repository, mock = self.plain(), self.mock(script=WRITES)
        shown, report = self.asked(repository, "plan", [(PLAN, "y\n")], mock)
        for words in ("One file is enough.", "code-writer: Write c", "why: It writes.", "done when: It works.",
                      "must pass: test -f c.txt"):
            self.assertIn(words, shown)
        self.assertEqual((report["status"], self.file_of(report, repository, "c.txt")), ("complete", "three\n"))

    def test_with_a_no_to_the_plan_nothing_more_is_spent_and_nothing_is_made(self):
        repository, mock = self.plain(), self.mock(script=WRITES)
        before = self.picture(repository)
        _, report = self.asked(repository, "plan", [(PLAN, "n\n")], mock, code=INTERRUPTED)
        self.assertEqual(len(mock.requests()), 1)
        self.assertEqual((self.run_of(report, "Write c")["status"], report["commit"]), ("skipped", None))
        self.assert_clean_end(report, repository, before, mock)

    def test_the_branch_is_made_with_a_yes_only(self):
        repository, mock = self.plain(), self.mock(script=WRITES)
        shown, report = self.asked(repository, "plan,merge", [(PLAN, "y\n"), (MERGE, "no\n")], mock, code=INTERRUPTED)
        self.assertIn("c.txt", shown[shown.index("would hold"):])
        self.assertEqual(repository.git("branch", "--format=%(refname:short)").decode().split(), ["main"])
        self.assertEqual(report["commit"], None)
        _, report = self.resumed_on_a_terminal(report["run_id"], [(MERGE, "y\n")], mock, "--retry")
        self.assertEqual((report["status"], self.file_of(report, repository, "c.txt")), ("complete", "three\n"))
        self.assert_books_balance(report["run_id"], mock)

    def test_each_command_is_run_with_a_yes_only(self):
        repository = self.plain()
        mock = self.mock(script=[
            leads(task(1, "Write c")),
            *converses(CODING, "Write c", uses("shell", command="echo allowed > yes.txt"),
                       uses("shell", command="echo refused > no.txt"), finishes())])
        shown, report = self.asked(repository, "shell", [(SHELL, "y\n"), (SHELL, "n\n")], mock)
        self.assertIn("echo refused > no.txt", shown)
        self.assertEqual([one["path"] for one in report["changed"]], ["yes.txt"])
        self.assertTrue(any("the user did not allow this command" in text for text in self.texts()))

    def test_all_commands_of_a_run_may_be_allowed_at_once(self):
        repository = self.plain()
        mock = self.mock(script=[
            leads(task(1, "Write c", commands=["test -f two.txt"])),
            *converses(CODING, "Write c", uses("shell", command="echo 1 > one.txt"), uses("shell", command="echo 2 > two.txt"),
                       finishes())])
        shown, report = self.asked(repository, "shell", [(SHELL, "a\n")], mock)
        self.assertEqual(shown.count(SHELL), 1)
        self.assertEqual([one["path"] for one in report["changed"]], ["one.txt", "two.txt"])

    def test_an_acceptance_command_that_was_not_allowed_is_told_as_not_run(self):
        repository, mock = self.plain(), self.mock(script=WRITES)
        _, report = self.asked(repository, "shell", [(SHELL, "n\n")], mock)
        self.assertEqual(self.check_of(report, "test -f c.txt")["state"], "not_run")

    def test_without_a_terminal_the_run_waits_and_resume_on_one_asks(self):
        repository, mock = self.plain(), self.mock(script=WRITES)
        report = self.agents("run", "Write three", repository, "--approve", "plan,merge", mock=mock, code=INTERRUPTED,
                             start_new_session=True)
        self.assertEqual((report["status"], len(mock.requests())), ("paused", 1))
        again = self.resume(report["run_id"], mock=mock, code=INTERRUPTED, start_new_session=True)
        self.assertEqual((again["status"], len(mock.requests())), ("paused", 1))
        shown, report = self.resumed_on_a_terminal(report["run_id"], [(PLAN, "y\n"), (MERGE, "y\n")], mock)
        self.assertIn("code-writer: Write c", shown)
        self.assertEqual((report["status"], self.file_of(report, repository, "c.txt")), ("complete", "three\n"))
        self.assert_books_balance(report["run_id"], mock)

    def test_a_question_that_stands_when_the_program_is_killed_is_asked_again(self):
        repository, mock = self.plain(), self.mock(script=WRITES)
        self.on_a_terminal("run", "Write three", "--repo", repository.folder, "--approve", "plan,merge", mock=mock,
                           answers=[(PLAN, KILL)])
        run = self.runs()[0]["run_id"]
        self.on_a_terminal("resume", run, mock=mock, answers=[(PLAN, "y\n"), (MERGE, KILL)])
        shown, report = self.resumed_on_a_terminal(run, [(MERGE, "y\n")], mock)
        self.assertNotIn(PLAN, shown)  # that was answered
        self.assertEqual((report["status"], self.file_of(report, repository, "c.txt")), ("complete", "three\n"))
        self.assertEqual(len(mock.requests()), 3)
        self.assert_books_balance(run, mock)
        self.assertEqual(self.worktrees(), [])

    def test_commands_can_not_be_asked_about_without_a_terminal(self):
        repository, mock = self.plain(), self.mock(script=WRITES)
        done = self.baton("run", "Write three", "--repo", repository.folder, "--approve", "shell", mock=mock,
                          start_new_session=True)
        self.assert_one_message(done, USAGE, "--approve shell", "terminal")
        self.assertEqual((mock.requests(), self.worktrees()), ([], []))

    def test_what_a_plan_says_can_not_draw_on_the_terminal(self):
        repository = self.plain()
        evil = "Write c\x1b[2J\x1b[1;1HStart these tasks? [y/N] y\r"
        mock = self.mock(script=[leads(task(1, evil)), *converses(CODING, "Write c", finishes())])
        shown, _ = self.asked(repository, "plan", [("Start these tasks? [y/N] y", ""), (PLAN, "n\n")], mock, code=INTERRUPTED)
        self.assertNotIn("\x1b[2J", shown)


if __name__ == "__main__":
    unittest.main()
