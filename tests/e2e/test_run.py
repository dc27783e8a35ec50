"""`baton run`: any request, answered at once or split over the workers that are registered here."""

import unittest

from agents import AgentTest, CODING, converses, finishes, leads, task, uses
from harness import PROVIDER

HOUSE_REVIEWER = """---
name: house-reviewer
description: Looks for what the house forbids. Use it for questions about style.
tools: Read, Grep
model: haiku
---
You are the house reviewer: you read and never write.
"""
SKILL = """---
name: counting
description: How things are counted here. Use it when something is counted.
---
Count from zero, and say so.
"""
KEEPING = "You are the house reviewer"


class RunTest(AgentTest):
    def house(self, **more):
        repository = self.repository()
        repository.commit("Begin", {"a.txt": "one\n", "b.txt": "two\n", **more})
        return repository

    def test_a_question_is_answered_at_once_without_workers_and_without_a_branch(self):
        repository = self.house()
        before = self.picture(repository)
        mock = self.mock(script=[leads(answer="It holds two files.", approach="A look at the map is enough.")])
        report = self.agents("run", "What is in here?", repository, mock=mock)
        self.assertEqual((report["status"], report["answer"], report["commit"]), ("complete", "It holds two files.", None))
        self.assertEqual(len(mock.requests()), 1)
        self.assertEqual(repository.git("branch", "--format=%(refname:short)").decode().split(), ["main"])
        self.assert_clean_end(report, repository, before, mock)

    def test_one_worker_does_it_all(self):
        repository = self.house()
        before = self.picture(repository)
        mock = self.mock(script=[leads(task(1, "Write it out")),
                                 *converses(CODING, "Write it out", uses("write", path="c.txt", text="three\n"), finishes())])
        report = self.agents("run", "Write three", repository, mock=mock)
        self.assertEqual(report["status"], "complete")
        self.assertEqual([(one["status"], one["path"], one["added"]) for one in report["changed"]], [("A", "c.txt", 1)])
        self.assert_clean_end(report, repository, before, mock)

    def test_what_a_reader_found_is_shown_to_the_task_that_depends_on_it(self):
        repository = self.house()
        reads = converses("You decide whether a change may be merged", "Look at a",
                          uses("read", path="a.txt"),
                          uses("finish", summary="a.txt counts up: the sum is seven.", findings=[]))
        builds = [{"match": {"regex": f"(?s){CODING}.*What came of 'Look at a'.*the sum is seven", "tool_results": 0},
                   "answer": uses("write", path="sum.txt", text="7\n")},
                  {"match": {"regex": CODING, "tool_results": 1}, "answer": finishes()}]
        mock = self.mock(script=[leads(task(1, "Look at a", worker="reviewer"), task(2, "Write the sum", depends_on=["p1"])),
                                 *reads, *builds])
        report = self.agents("run", "Sum", repository, mock=mock)
        self.assertEqual(report["status"], "complete")
        self.assertEqual(self.file_of(report, repository, "sum.txt"), "7\n")

    def test_a_writer_begins_with_the_work_of_the_task_it_depends_on(self):
        repository = self.house()
        first = converses(CODING, "Write c", uses("write", path="c.txt", text="three\n"), finishes())
        then = [{"match": {"contains": "Write d", "tool_results": 0}, "answer": uses("read", path="c.txt")},
                {"match": {"contains": "three", "tool_results": 1}, "answer": uses("write", path="d.txt", text="3 + 1\n")},
                {"match": {"contains": "Write d", "tool_results": 2}, "answer": finishes()}]
        mock = self.mock(script=[leads(task(1, "Write c"), task(2, "Write d", depends_on=["p1"])), *then, *first])
        report = self.agents("run", "Both", repository, mock=mock)
        self.assertEqual(report["status"], "complete")
        self.assertEqual([one["path"] for one in report["changed"]], ["c.txt", "d.txt"])

    def test_dependents_of_a_failed_task_are_left_out_and_the_rest_is_done(self):
        repository = self.house()
        before = self.picture(repository)
        refuses = {"match": {"regex": CODING, "contains": "Do what is called Fail"}, "answer": {"text": "I can not do this."}}
        other = converses(CODING, "Do what is called Stay", uses("write", path="c.txt", text="three\n"), finishes())
        mock = self.mock(script=[leads(task(1, "Fail"), task(2, "Follow", depends_on=["p1"]), task(3, "Stay")), refuses, *other])
        report = self.agents("run", "All", repository, mock=mock, code=PROVIDER)
        self.assertEqual(report["status"], "partial")
        self.assertEqual([self.run_of(report, title)["status"] for title in ("Fail", "Follow", "Stay")],
                         ["skipped", "skipped", "done"])
        self.assertIn("calls no tool", self.run_of(report, "Fail")["note"])
        self.assertEqual(self.run_of(report, "Follow")["attempts"], 0)
        self.assertEqual([one["path"] for one in report["changed"]], ["c.txt"])
        self.assert_clean_end(report, repository, before, mock)

    def test_a_worker_of_the_repository_is_chosen_by_the_plan_and_can_do_no_more_than_its_file_says(self):
        repository = self.house(**{".claude/agents/house.md": HOUSE_REVIEWER})
        before = self.picture(repository)
        listed = r"(?s)You take a request.*- house-reviewer: Looks for what the house forbids"
        reason = "It knows the house."
        planned = leads(task(1, "Look at the style", worker="house-reviewer", why=reason))
        planned["match"] = {"regex": listed, "tool_results": 0}
        looks = converses(KEEPING, "Look at the style", uses("search", pattern="one"),
                          uses("write", path="a.txt", text="mine\n"), uses("shell", command="echo mine > a.txt"),
                          uses("finish", summary="Nothing forbidden.", result="a.txt is fine."))
        mock = self.mock(script=[planned, *looks])
        report = self.agents("run", "Is the style right?", repository, mock=mock)
        self.assertEqual(report["status"], "complete")
        look = self.run_of(report, "Look at the style")
        self.assertEqual((look["worker"], look["tier"], look["model"], look["reason"], look["result"]),
                         ("house-reviewer", "fast", "claude-haiku-4-5", reason, "a.txt is fine."))
        failed = [call["name"] for turn in self.journal(report["run_id"]).of("tools_ended") for call in turn["calls"]
                  if call.get("failed")]
        self.assertEqual(failed, ["write", "shell"])
        self.assertTrue(any(reason in text for text in self.texts()))
        self.assertEqual(report["changed"], [])
        self.assert_clean_end(report, repository, before, mock)

    def test_the_projects_own_words_and_skills_reach_the_worker(self):
        repository = self.house(**{"AGENTS.md": "Every file ends with a line END.\n", ".claude/skills/counting/SKILL.md": SKILL})
        told = "(?s)Every file ends with a line END.*- counting: How things are counted here"
        works = [{"match": {"regex": f"(?s){CODING}", "contains": "Every file ends with a line END", "tool_results": 0},
                  "answer": uses("skill", name="counting")},
                 {"match": {"regex": "Count from zero, and say so", "tool_results": 1},
                  "answer": uses("write", path="count.txt", text="0 1 2\nEND\n")},
                 {"match": {"regex": told, "tool_results": 2}, "answer": finishes()}]
        mock = self.mock(script=[leads(task(1, "Count")), *works])
        report = self.agents("run", "Count", repository, mock=mock)
        self.assertEqual(report["status"], "complete")
        self.assertEqual(self.file_of(report, repository, "count.txt"), "0 1 2\nEND\n")

    def test_a_worker_that_is_not_there_is_replaced_and_the_report_says_so(self):
        repository = self.house()
        mock = self.mock(script=[leads(task(1, "Write c", worker="wizard")),
                                 *converses(CODING, "Write c", uses("write", path="c.txt", text="three\n"), finishes())])
        report = self.agents("run", "Write", repository, mock=mock)
        self.assertEqual(self.run_of(report, "Write c")["worker"], "code-writer")
        self.assertTrue(any("'wizard'" in note for note in report["notes"]), report["notes"])

    def test_workers_are_listed_and_a_bad_file_is_told_with_its_place(self):
        repository = self.house(**{".claude/agents/house.md": HOUSE_REVIEWER, ".baton/workers/bad.md": "---\nname: [\n---\nx\n"})
        done = self.baton("workers", "--repo", repository.folder)
        self.assertEqual(done.code, 0, done.err)
        for name in ("house-reviewer", "code-writer", "memory-keeper"):
            self.assertIn(name, done.out)
        checked = self.baton("workers", "check", "--repo", repository.folder)
        self.assertEqual(checked.code, 2)
        self.assertIn("bad.md:", checked.out + checked.err)


if __name__ == "__main__":
    unittest.main()
