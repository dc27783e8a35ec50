"""A change goes in, a plan, findings and one report come out: real repositories, a stand-in for the API."""

import unittest
from decimal import Decimal

from harness import (DONE, FINDINGS, SMALL_AFTER, SMALL_BEFORE, BatonTest, answers, finding, plan, planned,
                     works)

REPORT_KEYS = {"run_id", "status", "findings", "tasks", "cost"}
FINDING_KEYS = {"file", "line", "severity", "category", "message", "task"}
TASK_KEYS = {"id", "type", "tier", "model", "status", "attempts"}
COST_KEYS = {"total_usd", "all_deep_usd", "saved_percent", "by_role", "by_model"}


class TheReport(BatonTest):
    def test_has_every_key_it_promises_and_its_money_is_exact(self):
        repository, mock = self.small_change(), self.mock()
        report = self.review("HEAD~1..HEAD", repository=repository, mock=mock)
        self.assertLessEqual(REPORT_KEYS, report.keys())
        self.assertEqual(report["status"], "complete")
        self.assertTrue(report["findings"])
        for entry in report["findings"]:
            self.assertLessEqual(FINDING_KEYS, entry.keys())
        for task in report["tasks"]:
            self.assertLessEqual(TASK_KEYS, task.keys())
            self.assertEqual((task["status"], task["attempts"]), ("done", 0 if task["tier"] == "local" else 1))
        self.assertLessEqual(COST_KEYS, report["cost"].keys())
        self.assertEqual(report["cost"]["total_usd"], mock.bill()["total_usd"])
        self.assertEqual(report["cost"]["calls"], mock.bill()["requests"])
        self.assertEqual(self.assert_books_balance(report["run_id"], mock), Decimal(mock.bill()["total_usd"]))
        self.assert_cites_what_is_there(report, repository)
        self.assert_sound()

    def test_begins_with_a_plan_and_ends_with_a_synthesis_by_the_deep_model(self):
        report = self.review(repository=self.small_change(), mock=self.mock())
        ends = [(t["type"], t["role"], t["tier"], t["model"]) for t in report["tasks"][:2]]
        self.assertEqual(ends, [("task_decomposition", "orchestrator", "deep", "claude-opus-4-7"),
                                ("result_synthesis", "orchestrator", "deep", "claude-opus-4-7")])
        self.assertTrue(report["synthesised"])

    def test_gives_each_kind_of_task_to_its_tier(self):
        deep = ["architectural_analysis", "design_pattern_review", "performance_bottleneck_detection",
                "security_vulnerability_assessment"]
        fast = ["naming_convention_check", "import_organization", "documentation_completeness",
                "type_annotation_check", "error_message_quality", "test_coverage_verification",
                "deprecated_api_scan", "log_statement_review"]
        invented = [planned(90, "licence_header_check", "src/disk.cc", clear_rubric=True),
                    planned(91, "concurrency_hazards", "src/disk.cc", clear_rubric=False)]
        tasks = [planned(n, kind, "src/disk.cc") for n, kind in enumerate(deep + fast)] + invented
        report = self.review(repository=self.small_change(), mock=self.mock(script=[plan(*tasks), works()]))
        tiers = {t["type"]: (t["tier"], t["model"]) for t in report["tasks"] if t["role"] == "worker"}
        expected = {kind: ("deep", "claude-opus-4-7") for kind in deep + ["concurrency_hazards"]}
        expected |= {kind: ("fast", "claude-haiku-4-5") for kind in fast + ["licence_header_check"]}
        self.assertEqual(tiers, expected)

    def test_drops_and_counts_what_cites_no_line_that_was_reviewed(self):
        script = [plan(planned(1, "security_vulnerability_assessment", "src/disk.cc")),
                  works(finding("src/disk.cc", 5, "Writes beyond the buffer.", "high"),
                        finding("src/disk.cc", 4_000, "There is no such line."),
                        finding("src/disk.cc", 0, "Nor this one."),
                        finding("src/other.cc", 1, "There is no such file."),
                        finding("../../etc/passwd", 1, "Nor this one."))]
        report = self.review(repository=self.small_change(), mock=self.mock(script=script))
        self.assertEqual([(f["file"], f["line"], f["message"]) for f in report["findings"]],
                         [("src/disk.cc", 5, "Writes beyond the buffer.")])
        self.assertEqual(report["dropped_findings"], 4)

    def test_is_one_list_of_what_several_workers_found(self):
        same = finding("src/disk.cc", 5, "Writes beyond the buffer.", "high")
        tasks = [planned(1, "security_vulnerability_assessment", "src/disk.cc"),
                 planned(2, "error_message_quality", "src/disk.cc"),
                 planned(3, "log_statement_review", "run.sh")]
        script = [plan(*tasks), answers("Task number 3", finding("run.sh", 3, "Unquoted.", "low")), works(same)]
        report = self.review(repository=self.small_change(), mock=self.mock(script=script))
        found = {(f["file"], f["line"]): f["task"] for f in report["findings"]}
        self.assertEqual(found, {("src/disk.cc", 5): "t2, t3", ("run.sh", 3): "t4"})

    def test_of_a_task_that_waits_for_another_is_made_with_what_that_one_found(self):
        first = planned(1, "security_vulnerability_assessment", "src/disk.cc")
        second = planned(2, "error_message_quality", "src/disk.cc", depends_on=["p1"])
        script = [plan(first, second),
                  answers("Found before by 'Task number 1'", finding("src/disk.cc", 6, "It was seen.", "high")),
                  answers("Task number 1", finding("src/disk.cc", 5, "Beyond the buffer."), latency_ms=300)]
        report = self.review(repository=self.small_change(), mock=self.mock(script=script))
        self.assertEqual({f["message"] for f in report["findings"]}, {"It was seen.", "Beyond the buffer."})

    def test_of_a_change_without_findings_costs_no_synthesis(self):
        script = [plan(planned(1, "error_message_quality", "run.sh")), works()]
        mock = self.mock(script=script)
        report = self.review(repository=self.small_change(), mock=mock)
        self.assertEqual((report["findings"], report["status"]), ([], "complete"))
        self.assertEqual(mock.bill()["requests"], 2)

    def test_of_a_plan_that_names_the_unknown_says_so_and_goes_on(self):
        script = [plan(planned(1, "error_message_quality", "no/such/file.cc"), planned(2, "Not A Type!", "run.sh"),
                       planned(3, "error_message_quality", "run.sh", first=2, last=900)),
                  works(finding("run.sh", 3, "Unquoted."))]
        report = self.review(repository=self.small_change(), mock=self.mock(script=script))
        self.assertEqual(len(report["findings"]), 1)
        self.assertEqual(len([t for t in report["tasks"] if t["role"] == "worker"]), 1)
        self.assertEqual(len(report["notes"]), 2, report["notes"])

    def test_gives_a_task_that_does_not_fit_a_models_window_to_one_where_it_fits(self):
        repository = self.repository()
        repository.commit("Begin", {"table.go": "package table\n" + "var x = 12345678901234567890\n" * 30_000})
        mock = self.mock(script=[plan(planned(1, "error_message_quality", "table.go")), works()])
        report = self.review("--budget", "20", repository=repository, mock=mock)
        (worker,) = [t for t in report["tasks"] if t["role"] == "worker"]
        self.assertEqual((worker["tier"], worker["status"]), ("balanced", "done"))
        self.assertRegex(worker["note"], r"fast → balanced: .* does not fit the window of claude-haiku-4-5")
        self.assertEqual(mock.bill()["requests"], 2)  # it is known before it is sent
        self.assert_books_balance(report["run_id"], mock)

    def test_goes_by_the_users_own_table_of_task_types(self):
        types = self.folder / "types.toml"
        types.write_text('[[type]]\nname = "error_message_quality"\ntier = "deep"\nmax_output = 1000\n'
                         'looks_for = "Shouting."\n')
        mock = self.mock(script=[plan(planned(1, "error_message_quality", "run.sh")),
                                 answers("Shouting.", finding("run.sh", 3, "LOUD."))])
        report = self.review("--task-types", types, repository=self.small_change(), mock=mock)
        (worker,) = [t for t in report["tasks"] if t["role"] == "worker"]
        self.assertEqual(worker["tier"], "deep")
        self.assertEqual([f["message"] for f in report["findings"]], ["LOUD."])

    def test_leaves_out_what_passes_max_tasks_and_says_so(self):
        tasks = [planned(n, "error_message_quality", "run.sh") for n in range(9)]
        report = self.review("--max-tasks", 3, repository=self.small_change(),
                             mock=self.mock(script=[plan(*tasks), works()]))
        self.assertEqual(len([t for t in report["tasks"] if t["role"] == "worker"]), 3)
        self.assertIn("--max-tasks", " ".join(report["notes"]))


class WhatIsReviewed(BatonTest):
    def test_is_the_last_commit_unless_told_otherwise(self):
        repository = self.small_change()
        mock = self.mock()
        by_default = self.review(repository=repository, mock=mock)
        self.assertEqual(by_default["files_reviewed"], 3)
        self.assertEqual(by_default["title"], f"HEAD ({repository.git('rev-parse', 'HEAD').decode()[:10]})")

    def test_may_be_the_repository_one_stands_in(self):
        repository = self.small_change()
        report = self.review(mock=self.mock(), cwd=repository.folder / "src")
        self.assertEqual(report["files_reviewed"], 3)

    def test_may_be_a_range_of_several_commits(self):
        repository = self.small_change()
        repository.commit("Add notes", {"notes.md": "# Notes\n"})
        one = self.review("HEAD~1..HEAD", repository=repository, mock=self.mock())
        two = self.review("HEAD~2..HEAD", repository=repository, mock=self.mock())
        self.assertEqual((one["files_reviewed"], two["files_reviewed"]), (1, 4))
        self.assert_cites_what_is_there(two, repository)

    def test_may_be_an_older_state_and_its_lines_are_cited(self):
        repository = self.small_change()
        repository.commit("Shorten", {"src/retry.go": "\n", "src/disk.cc": "\n", "run.sh": "\n"})
        report = self.review("HEAD~2..HEAD~1", repository=repository, mock=self.mock())
        self.assertTrue(report["findings"])
        self.assert_cites_what_is_there(report, repository, "HEAD~1")

    def test_may_be_the_first_commit(self):
        repository = self.repository()
        repository.commit("Begin", SMALL_BEFORE)
        report = self.review(repository=repository, mock=self.mock())
        self.assertEqual((report["status"], report["files_reviewed"]), ("complete", 3))

    def test_may_be_a_merge(self):
        repository = self.small_change()
        repository.git("checkout", "-q", "-b", "side", "HEAD~1")
        repository.commit("Side", {"side.py": "import os\n"})
        repository.git("checkout", "-q", "main")
        repository.git("merge", "-q", "--no-edit", "side")
        report = self.review(repository=repository, mock=self.mock())
        self.assertEqual((report["status"], report["files_reviewed"]), ("complete", 1))

    def test_may_be_a_diff_from_a_file_or_standard_input(self):
        repository = self.small_change()
        diff = repository.git("diff", "HEAD~1", "HEAD")
        (self.folder / "change.diff").write_bytes(diff)
        mock = self.mock()
        from_file = self.review("--diff", self.folder / "change.diff", repository=repository, mock=mock)
        from_input = self.review("--diff", "-", repository=repository, mock=mock, stdin=diff)
        self.assertEqual(from_file["files_reviewed"], 3)
        self.assertEqual(from_file["findings"], from_input["findings"])
        self.assert_cites_what_is_there(from_file, repository)

    def test_may_be_a_diff_without_any_repository(self):
        diff = self.small_change().git("diff", "HEAD~1", "HEAD")
        report = self.review("--diff", "-", mock=self.mock(), stdin=diff)
        self.assertEqual((report["status"], report["files_reviewed"]), ("complete", 3))
        self.assertTrue(report["findings"])

    def test_may_be_a_tree_with_or_without_git(self):
        for path, content in SMALL_AFTER.items():
            target = self.folder / "plain" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(content)
        plain = self.review("--tree", self.folder / "plain", mock=self.mock())
        self.assertEqual((plain["status"], plain["files_reviewed"]), ("complete", 3))
        for entry in plain["findings"]:
            lines = (self.folder / "plain" / entry["file"]).read_text().count("\n")
            self.assertLessEqual(entry["line"], lines)
        repository = self.small_change()
        tracked = self.review("--tree", repository.folder, mock=self.mock())
        self.assertEqual(tracked["files_reviewed"], 3)
        self.assertTrue(all(not f["file"].startswith(".git/") for f in tracked["findings"]))

    def test_names_what_it_skips_and_reads_the_rest(self):
        repository = self.repository()
        other = self.repository("other")
        other.commit("Begin", {"a.txt": "a\n"})
        big = "x = 1\n" * (11 * 1024 * 1024 // 6)
        repository.commit("Begin", {"old name.py": "import os\nimport sys\nx = 1\ny = 2\nz = 3\n", "gone.py": "import os\n",
                                    "image.png": b"\x89PNG\r\n\x1a\n\0\0\0\1" * 50, "windows.py": "a = 1\r\nb = 2\r\n",
                                    "latin1.py": b"# caf\xe9\nx = 1\n", "big.py": "x = 1\n"})
        repository.git("mv", "old name.py", "new näme 2.py")
        repository.git("rm", "-q", "gone.py")
        repository.git("submodule", "add", "-q", str(other.folder), "vendor/other")
        repository.commit("Change everything", {
            "new näme 2.py": "import os\nimport sys\nx = 1\ny = 2\nz = 4\n", "image.png": b"\x89PNG\0\1\2\3" * 60,
            "windows.py": "a = 1\r\nb = 3\r\n", "latin1.py": b"# caf\xe9 cr\xe8me\nx = 2\n", "big.py": big})
        paths = ["new näme 2.py", "windows.py", "latin1.py"]
        script = [plan(*(planned(n, "error_message_quality", p) for n, p in enumerate(paths))),
                  *(answers(f"Task: Task number {n} ", finding(p, {"windows.py": 2, "latin1.py": 1}.get(p, 5), f"Finding {n}."))
                    for n, p in enumerate(paths))]
        report = self.review(repository=repository, mock=self.mock(script=script))
        self.assertEqual(report["status"], "complete")
        self.assertEqual({f["file"] for f in report["findings"]}, set(paths))
        self.assert_cites_what_is_there(report, repository)
        skipped = {entry["path"]: entry["reason"] for entry in report["skipped"]}
        self.assertEqual(skipped.keys(), {"image.png", "big.py", "vendor/other"})
        self.assertIn("binary", skipped["image.png"])
        self.assertIn("submodule", skipped["vendor/other"])
        self.assertIn("MB", skipped["big.py"].replace("MiB", "MB"))

    def test_is_not_the_work_of_a_large_repository_but_of_its_change(self):
        repository = self.repository()
        repository.commit("Begin", {f"src/m{n}.py": f"x{n} = {n}\n" * 50 for n in range(400)})
        repository.commit("One line", {"src/m7.py": "x7 = 8\n" + "x7 = 7\n" * 49})
        mock = self.mock(script=[plan(planned(1, "error_message_quality", "src/m7.py")), works()])
        report = self.review(repository=repository, mock=mock)
        self.assertEqual(report["files_reviewed"], 1)
        planning = mock.requests()[0]
        self.assertLess(planning["usage"]["input_tokens"], 20_000)


class TheExitCode(BatonTest):
    def test_is_one_only_if_a_finding_reaches_the_bar(self):
        repository = self.small_change()
        script = [plan(planned(1, "error_message_quality", "run.sh")), works(finding("run.sh", 3, "It is.", "medium")),
                  {"match": {"contains": "You write the report"},
                   "answer": {"json": {"summary": "One.", "dismissed": [],
                                       "ranking": [{"id": "f1", "same_as": [], "severity": "medium"}]}}}]
        for bar, code in [("info", FINDINGS), ("medium", FINDINGS), ("high", DONE), ("critical", DONE)]:
            with self.subTest(bar=bar):
                self.review("--fail-on", bar, repository=repository, mock=self.mock(script=script), code=code)
        self.review(repository=repository, mock=self.mock(script=script), code=DONE)


class WhatARunLeaves(BatonTest):
    def test_can_be_listed_shown_and_priced(self):
        report = self.review(repository=self.small_change(), mock=self.mock())
        run = report["run_id"]
        (listed,) = self.runs()
        self.assertEqual((listed["run_id"], listed["status"], listed["title"]), (run, "complete", report["title"]))
        self.assertEqual(listed["spent_usd"], report["cost"]["total_usd"])
        self.assertIn(run, self.baton("runs").out)
        for arguments in (["show"], ["show", run]):
            shown = self.baton(*arguments)
            self.assertEqual(shown.code, DONE, shown.err)
            self.assertIn(run, shown.out)
            for task in report["tasks"]:
                self.assertIn(task["type"], shown.out)
        self.assertEqual(self.cost()["total_usd"], report["cost"]["total_usd"])

    def test_gives_the_same_report_again_without_a_call(self):
        mock = self.mock()
        report = self.review(repository=self.small_change(), mock=mock)
        before = mock.bill()
        again = self.resume(report["run_id"], mock=mock)
        self.assertEqual(again, report)
        self.assertEqual(mock.bill(), before)

    def test_goes_where_the_user_or_else_the_xdg_rules_say(self):
        repository, mock = self.small_change(), self.mock()
        environment = self.environment(mock)
        del environment["BATON_STATE"]
        self.review(repository=repository, mock=mock, env=environment)
        self.assertTrue((self.folder / "home/.local/state/baton/baton.db").exists())
        environment["XDG_STATE_HOME"] = str(self.folder / "xdg")
        self.review(repository=repository, mock=mock, env=environment)
        self.assertTrue((self.folder / "xdg/baton/baton.db").exists())
        self.review("--state", self.folder / "given", repository=repository, mock=mock, env=environment)
        self.assertTrue((self.folder / "given/baton.db").exists())

    def test_is_readable_by_its_owner_alone(self):
        self.review(repository=self.small_change(), mock=self.mock())
        for path in [self.state, *self.state.rglob("*")]:
            self.assertEqual(path.stat().st_mode & 0o077, 0, path)

    def test_is_nothing_in_the_reviewed_repository(self):
        repository = self.small_change()
        self.review(repository=repository, mock=self.mock())
        self.assertEqual(repository.git("status", "--porcelain"), b"")


class TheCredentials(BatonTest):
    def test_may_be_a_bearer_token(self):
        mock = self.mock("--key", "token-1")
        environment = self.environment(mock)
        del environment["ANTHROPIC_API_KEY"]
        environment["ANTHROPIC_AUTH_TOKEN"] = "token-1"
        report = self.review(repository=self.small_change(), mock=mock, env=environment)
        self.assertEqual(report["status"], "complete")


if __name__ == "__main__":
    unittest.main()
