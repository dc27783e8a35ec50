"""`baton doctor`, and runs on a machine without a sandbox."""

import contextlib
import json
import os
import pathlib
import shutil
import sqlite3
import unittest

from agents import AgentTest, CODING, converses, finishes, leads, task, uses
from harness import DONE, PROVIDER, SYSTEM, USAGE


class DoctorTest(AgentTest):
    def path_with(self, *names):
        """A PATH that has these programs only."""
        folder = self.folder / ("bin-" + "-".join(names))
        folder.mkdir()
        for name in names:
            program = shutil.which(name)
            if program:
                (folder / name).symlink_to(program)
        return str(folder)

    def without_sandbox(self, mock=None):
        """A PATH that has every program of the machine but bubblewrap."""
        folder = self.folder / "bin-without-bubblewrap"
        folder.mkdir(exist_ok=True)
        for place in os.environ["PATH"].split(":"):
            for program in pathlib.Path(place).iterdir() if pathlib.Path(place).is_dir() else ():
                if program.name != "bwrap" and not (folder / program.name).is_symlink():
                    (folder / program.name).symlink_to(program)
        return self.environment(mock, PATH=str(folder))

    def points(self, *arguments, code=DONE, **more):
        done = self.baton("doctor", "--format", "json", *arguments, **more)
        self.assertEqual(done.code, code, done.err + done.out)
        points = {}
        for point in json.loads(done.out):
            points.setdefault(point["what"], []).append((point["level"], point["says"]))
        return points

    def plain(self):
        repository = self.repository()
        repository.commit("Begin", {"a.txt": "one\n"})
        return repository

    def test_it_tells_what_is_there_and_never_the_key(self):
        done = self.baton("doctor", mock=self.mock())
        self.assertEqual(done.code, DONE, done.err + done.out)
        self.assertRegex(done.out, r"good +git +git version")
        self.assertRegex(done.out, r"good +provider +a key is set")
        self.assertRegex(done.out, r"good +sandbox +(\d+) of \1 attacks of the start-up probe were held")
        self.assertNotIn("sk-test", done.out)
        self.assertFalse((self.state / "baton.db").exists())  # a look makes nothing

    def test_a_damaged_journal_is_told(self):
        self.assertEqual(self.points()["journal"], [("good", "none yet")])
        self.review("--local", repository=self.small_change())
        self.assertEqual(self.points()["journal"], [("good", str(self.state / "baton.db"))])
        with contextlib.closing(sqlite3.connect(self.state / "baton.db")) as database, database:
            database.execute("UPDATE events SET body = 'x' WHERE seq = 2")
        self.assertEqual(self.baton("verify").code, SYSTEM)
        ((level, says),) = self.points(code=SYSTEM)["journal"]
        self.assertEqual(level, "broken")
        self.assertIn("baton verify", says)

    def test_what_is_missing_is_told_with_what_is_done_without_it(self):
        points = self.points(env=self.environment(PATH=self.path_with("git")))
        self.assertEqual(points["git"][0][0], "good")
        for what, words in (("provider", "ANTHROPIC_API_KEY"), ("sandbox", "Workers do without a shell"),
                            ("rg", "ripgrep"), ("ctags", "universal-ctags"), ("pandoc", "pandoc"), ("weasyprint", "weasyprint")):
            level, says = points[what][0]
            self.assertEqual(level, "missing", what)
            self.assertIn(words, says)

    def test_without_git_nothing_works_and_it_fails(self):
        self.assertEqual(self.points(env=self.environment(PATH=self.path_with("rg")), code=SYSTEM)["git"][0][0], "broken")

    def test_without_a_sandbox_no_command_is_run_and_everyone_is_told(self):
        repository = self.plain()
        before = self.picture(repository)
        told = {"match": {"regex": "(?s)You lead the building.*No commands can be run in this run", "tool_results": 0},
                "answer": leads(task(1, "Write c", commands=["test -f c.txt"]))["answer"]}
        works = converses(CODING, "Write c", uses("shell", command="echo three > c.txt"),
                          uses("write", path="d.txt", text="four\n"), finishes())
        works[0]["match"]["regex"] = f"(?s){CODING}.*No commands can be run here.*cannot be run here:\\n- test -f c.txt"
        mock = self.mock(script=[told, *works])
        done = self.baton("feature", "Write", "--repo", repository.folder, "--rounds", "0", "--format", "json",
                          env=self.without_sandbox(mock))
        self.assertEqual(done.code, DONE, done.err)
        self.assertIn("no command of a worker is run", done.err)
        report = json.loads(done.out)
        self.assertEqual([one["path"] for one in report["changed"]], ["d.txt"])
        check = self.check_of(report, "test -f c.txt")
        self.assertEqual(check["state"], "not_run")
        self.assertIn("sandbox", check["detail"])
        self.assert_clean_end(report, repository, before, mock)

    def test_a_run_that_was_begun_with_a_sandbox_does_not_go_on_without_one(self):
        repository = self.plain()
        mock = self.mock(script=[leads(task(1, "Write c")), {"match": {"regex": CODING}, "answer": {"status": 401}}])
        report = self.agents("run", "Write", repository, mock=mock, code=PROVIDER)
        done = self.baton("resume", report["run_id"], env=self.without_sandbox(mock))
        self.assertEqual(done.code, USAGE, done.err)
        self.assertIn("cannot go on without one", done.err)

    def test_cleaning_removes_what_no_run_needs_and_keeps_what_can_be_resumed(self):
        repository = self.plain()
        mock = self.mock(script=[leads(task(1, "Write c")), {"match": {"regex": CODING}, "times": 1, "answer": {"status": 401}},
                                 *converses(CODING, "Write c", uses("write", path="c.txt", text="three\n"), finishes())])
        waiting = self.agents("run", "Write", repository, mock=mock, code=PROVIDER)["run_id"]
        complete = self.agents("run", "Write", repository, mock=mock)["run_id"]
        left = self.state / "worktrees"
        for name in ("run-that-is-not-known", complete):
            (left / name).mkdir()
            (left / name / "file").write_text("left\n")
        outside = self.folder / "outside"
        outside.mkdir()
        (outside / "kept").write_text("kept\n")
        os.symlink(outside, left / "run-that-is-not-known/link")
        looked = self.points(mock=mock)["worktrees"]
        self.assertEqual(sorted(level for level, _ in looked), ["good", "missing", "missing"])
        self.assertEqual(len(self.worktrees()), 3)  # a look removes nothing
        cleaned = self.points("--clean", mock=mock)["worktrees"]
        self.assertEqual(self.worktrees(), [waiting])
        self.assertTrue(any(f"`baton resume {waiting}` needs them" in says for _, says in cleaned))
        self.assertEqual((outside / "kept").read_text(), "kept\n")
        self.assertEqual(self.resume(waiting, mock=mock)["status"], "complete")
        self.assertEqual(self.worktrees(), [])


if __name__ == "__main__":
    unittest.main()
