"""What writers made side by side becomes one line of commits, and one version of each file."""

import unittest

from agents import AgentTest, CODING, INTEGRATING, converses, finishes, leads, task, uses

GREETING = {"greeting.txt": "first line\nhello\nlast line\n"}
# Every word in uses/ must be defined in words.txt.
DICTIONARY = {
    "words.txt": "alpha\nomega\n",
    "uses/first": "alpha\n",
    "check.sh": "for word in $(cat uses/*); do\n"
                "  grep -qx $word words.txt || { echo \"$word is used and not defined\"; exit 1; }\ndone\necho sound\n",
}


def says(title, greeting):
    return converses(CODING, title, uses("edit", path="greeting.txt", old_text="hello", new_text=greeting),
                     finishes(f"It says {greeting}."))


class IntegrationTest(AgentTest):
    def commits_of(self, report, repository):
        """What the branch adds, the oldest first: subject and trailers of each."""
        names = repository.git("rev-list", "--reverse", "--first-parent",
                               f"{report['base']}..{report['branch']}").decode().split()
        commits = []
        for name in names:
            subject, _, body = repository.git("log", "-1", "--format=%s%n%(trailers:only)", name).decode().partition("\n")
            commits.append((subject, dict(line.split(": ", 1) for line in body.splitlines() if line)))
        return commits

    def test_two_writers_on_different_files_become_commits_in_the_plans_order(self):
        repository = self.repository()
        repository.commit("Begin", {**GREETING, "other.txt": "other\n"})
        before = self.picture(repository)
        slow = converses(CODING, "Say it there",
                         {**uses("edit", path="greeting.txt", old_text="hello", new_text="hello there"), "latency_ms": 600},
                         finishes())
        fast = converses(CODING, "Mend the other", uses("edit", path="other.txt", old_text="other", new_text="another"),
                         finishes())
        mock = self.mock(script=[leads(task(1, "Say it there"), task(2, "Mend the other")), *slow, *fast])
        report = self.agents("run", "Both", repository, mock=mock)
        self.assertEqual(report["status"], "complete")
        self.assertEqual(self.file_of(report, repository, "greeting.txt"), "first line\nhello there\nlast line\n")
        self.assertEqual(self.file_of(report, repository, "other.txt"), "another\n")
        commits = self.commits_of(report, repository)
        self.assertEqual([subject for subject, _ in commits], ["Merge: Say it there", "Merge: Mend the other"])
        self.assertEqual([trailers["Baton-Run"] for _, trailers in commits], [report["run_id"]] * 2)
        self.assert_clean_end(report, repository, before, mock)

    def test_a_conflict_goes_to_the_integrator_who_sees_both_sides(self):
        repository = self.repository()
        repository.commit("Begin", GREETING)
        before = self.picture(repository)
        both = "(?s)Conflicts in:.*- greeting.txt.*Theirs, as a diff.*hello world.*Ours, as a diff.*hello there"
        markers = "(?s)<<<<<<<.*hello there.*=======.*hello world.*>>>>>>>"
        mends = [
            {"match": {"regex": both, "contains": "It greets the world.", "tool_results": 0},
             "answer": uses("read", path="greeting.txt")},
            {"match": {"regex": markers, "tool_results": 1},
             "answer": uses("write", path="greeting.txt", text="first line\nhello there, world\nlast line\n")},
            {"match": {"contains": "and the merge went wrong", "tool_results": 2}, "answer": finishes("Both greetings are one.")}]
        mock = self.mock(script=[
            leads(task(1, "Say it there", acceptance=["It greets there."]),
                  task(2, "Say it to all", acceptance=["It greets the world."])),
            *mends, *says("Say it there", "hello there"), *says("Say it to all", "hello world")])
        report = self.agents("run", "Greet", repository, mock=mock)
        self.assertEqual(report["status"], "complete")
        self.assertEqual(self.file_of(report, repository, "greeting.txt"),
                         "first line\nhello there, world\nlast line\n")
        merge = self.run_of(report, "Merge: Say it to all")
        self.assertEqual((merge["worker"], merge["status"]), ("integrator", "done"))
        self.assertIn("conflicts in 1 file", merge["trouble"])
        self.assertEqual(merge["conflicts"], ["greeting.txt"])
        self.assertEqual(self.run_of(report, "Merge: Say it there")["worker"], "")  # no model was needed
        subject, trailers = self.commits_of(report, repository)[-1]
        self.assertIn("Say it to all", subject)
        self.assertEqual(trailers["Baton-Worker"], "integrator")
        self.assert_clean_end(report, repository, before, mock)

    def test_what_passes_apart_and_fails_together_goes_to_the_integrator_with_the_failing_output(self):
        repository = self.repository()
        repository.commit("Begin", DICTIONARY)
        before = self.picture(repository)
        renames = converses(CODING, "Rename alpha", uses("edit", path="words.txt", old_text="alpha", new_text="beta"),
                            uses("edit", path="uses/first", old_text="alpha", new_text="beta"), finishes())
        adds = converses(CODING, "Use alpha once more", uses("write", path="uses/second", text="alpha\n"), finishes())
        told = "(?s)After the merge `sh check.sh` failed.*alpha is used and not defined"
        mends = [{"match": {"regex": told, "tool_results": 0},
                  "answer": uses("edit", path="uses/second", old_text="alpha", new_text="beta")},
                 {"match": {"contains": "and the merge went wrong", "tool_results": 1}, "answer": finishes("The new use has the new name.")}]
        check = {"commands": ["sh check.sh"]}
        mock = self.mock(script=[leads(task(1, "Rename alpha", **check), task(2, "Use alpha once more", **check)),
                                 *mends, *renames, *adds])
        report = self.agents("run", "Both", repository, mock=mock)
        self.assertEqual(report["status"], "complete")
        self.assertEqual(self.file_of(report, repository, "uses/second"), "beta\n")
        self.assertEqual(self.run_of(report, "Merge: Use alpha once more")["worker"], "integrator")
        told = self.check_of(report, "sh check.sh")
        self.assertEqual((told["state"], told["merged"]), ("passed", True))
        self.assertIn("fails once its work is merged", self.run_of(report, "Merge: Use alpha once more")["trouble"])
        self.assert_clean_end(report, repository, before, mock)

    def test_a_conflict_that_nobody_resolves_leaves_the_first_work_on_the_branch_and_says_so(self):
        repository = self.repository()
        repository.commit("Begin", GREETING)
        before = self.picture(repository)
        gives_up = {"match": {"regex": INTEGRATING}, "answer": uses("read", path="greeting.txt")}
        mock = self.mock(script=[leads(task(1, "Say it there"), task(2, "Say it to all")), gives_up,
                                 *says("Say it there", "hello there"), *says("Say it to all", "hello world")])
        report = self.agents("run", "Greet", repository, mock=mock, code=None)
        self.assertEqual(report["status"], "partial")
        self.assertEqual(self.file_of(report, repository, "greeting.txt"), "first line\nhello there\nlast line\n")
        merge = self.run_of(report, "Merge: Say it to all")
        self.assertEqual(merge["status"], "skipped")
        self.assertIn("same call", merge["note"])
        self.assert_clean_end(report, repository, before, mock)


if __name__ == "__main__":
    unittest.main()
