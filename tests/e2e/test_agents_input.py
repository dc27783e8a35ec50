"""What a run of agents is begun with: the repository, its uncommitted changes, the request, the branch."""

import json
import unittest

from agents import AgentTest, CODING, converses, finishes, leads, task, uses
from harness import USAGE, Repository, wait_until

WRITES = [leads(task(1, "Write c")),
          *converses(CODING, "Write c", uses("write", path="c.txt", text="three\n"), finishes())]


class AgentsInputTest(AgentTest):
    def plain(self):
        repository = self.repository()
        repository.commit("Begin", {"a.txt": "one\n", "b.txt": "two\n"})
        return repository

    def test_uncommitted_changes_stay_byte_for_byte_and_are_not_built_upon(self):
        repository = self.plain()
        repository.write("a.txt", "one, staged\n")
        repository.git("add", "a.txt")
        repository.write("a.txt", "one, staged and changed\n")
        repository.write("c.txt", "mine, and not known to git\n")
        (repository.folder / "b.txt").unlink()
        before = self.picture(repository)
        status = repository.git("status", "--porcelain")
        mock = self.mock(script=WRITES)
        done = self.baton("run", "Write", "--repo", repository.folder, mock=mock)
        self.assertEqual(done.code, 0, done.err)
        self.assertIn("uncommitted changes are left as they are", done.err)
        self.assertEqual(self.picture(repository), before)
        self.assertEqual(repository.git("status", "--porcelain"), status)
        branch = repository.git("branch", "--list", "baton/*", "--format=%(refname:short)").decode().strip()
        self.assertEqual(repository.git("show", f"{branch}:c.txt"), b"three\n")
        self.assertEqual(repository.git("show", f"{branch}:a.txt"), b"one\n")
        self.assertEqual(repository.git("show", f"{branch}:b.txt"), b"two\n")

    def test_the_branch_has_the_name_that_was_asked_for_and_begins_at_the_base_that_was_asked_for(self):
        repository = self.plain()
        base = repository.git("rev-parse", "HEAD").decode().strip()
        repository.commit("Later", {"later.txt": "later\n"})
        mock = self.mock(script=WRITES)
        report = self.agents("run", "Write", repository, "--branch", "topic/three", "--base", "HEAD~1", mock=mock)
        self.assertEqual((report["branch"], report["base"]), ("topic/three", base))
        self.assertEqual(repository.git("ls-tree", "--name-only", "topic/three").decode().split(), ["a.txt", "b.txt", "c.txt"])

    def test_a_branch_that_is_there_is_not_touched_and_the_work_is_not_lost(self):
        repository = self.plain()
        repository.git("branch", "topic")
        before = self.picture(repository)
        mock = self.mock(script=WRITES)
        done = self.baton("run", "Write", "--repo", repository.folder, "--branch", "topic", mock=mock)
        if done.code == USAGE:  # found out before anything was spent
            self.assert_one_message(done, USAGE, "topic")
            self.assertEqual(mock.requests(), [])
            return
        self.assertIn("topic", done.err + done.out)
        self.assertEqual(self.picture(repository), before)
        self.fail(done.err + done.out)

    def test_a_branch_that_appears_meanwhile_is_not_touched_and_once_it_is_gone_the_run_goes_on(self):
        repository = self.plain()
        script = [dict(rule) for rule in WRITES]
        script[-1] = {**script[-1], "answer": {**script[-1]["answer"], "latency_ms": 1500}}
        mock = self.mock(script=script)
        process = self.start("run", "Write", "--repo", repository.folder, "--branch", "topic", "--format", "json", mock=mock)
        wait_until(lambda: len(mock.requests()) >= 3, what="the last call")
        repository.git("branch", "topic")
        other = repository.git("rev-parse", "topic")
        done = self.finish(process)
        self.assertNotEqual(done.code, 0)
        report = json.loads(done.out)
        self.assertIn("topic", report["undelivered"])
        self.assertEqual(repository.git("rev-parse", "topic"), other)
        repository.git("branch", "-D", "topic")
        report = self.resume(report["run_id"], "--retry", mock=mock)
        self.assertEqual(report["status"], "complete")
        self.assertEqual(repository.git("show", "topic:c.txt"), b"three\n")
        self.assertEqual(self.worktrees(), [])

    def test_the_request_may_stand_in_a_file_or_come_by_standard_input(self):
        repository = self.plain()
        spec = self.folder / "spec.md"
        spec.write_text("# Three\n\nThe file c.txt shall hold the word three, says the spec.\n")
        for arguments, stdin in ((("--spec", spec), b""), (("--spec", "-"), spec.read_bytes())):
            script = [dict(rule) for rule in WRITES]
            script[0] = {**script[0], "match": {"contains": "says the spec", "tool_results": 0, "regex": "You take a request"}}
            mock = self.mock(script=script)
            done = self.baton("run", *arguments, "--repo", repository.folder, mock=mock, stdin=stdin)
            self.assertEqual(done.code, 0, done.err)

    def test_what_can_not_be_begun_is_refused_in_one_message_before_anything_is_spent(self):
        repository, mock = self.plain(), self.mock()
        empty, blank = Repository(self.folder / "empty"), self.folder / "blank.md"
        blank.write_text(" \n")
        nothing = self.folder / "nothing"
        nothing.mkdir()
        here = ("--repo", repository.folder)
        for arguments, word in (
                ((*here,), "say what is wanted"),
                ((" \n", *here), "say what is wanted"),
                (("Words", "--spec", blank, *here), "say what is wanted"),
                (("--spec", blank, *here), "the file is empty"),
                (("--spec", self.folder / "none.md", *here), "none.md"),
                (("Write", "--repo", empty.folder), "commit"),
                (("Write", "--repo", nothing), "repository"),
                (("Write", "--base", "no-such", *here), "no-such"),
                (("Write", "--branch", "a..b", *here), "a..b"),
                (("Write", "--branch", "-x", *here), "-x"),
                (("Write", "--output", nothing, *here), "it is a folder"),
                (("Write", "--output", self.folder / "none/report", *here), "none")):
            with self.subTest(arguments=arguments[:3]):
                self.assert_one_message(self.baton("feature", *arguments, mock=mock), USAGE, word)
        done = self.baton("feature", "Write", *here)
        self.assert_one_message(done, USAGE, "ANTHROPIC_API_KEY")
        self.assertEqual(mock.requests(), [])
        self.assertEqual(self.worktrees(), [])


if __name__ == "__main__":
    unittest.main()
