"""Without a key: the local tier, on the linters that are installed. With one: what they cover costs nothing."""

import os
import pathlib
import shutil
import unittest
from decimal import Decimal

from harness import DONE, FINDINGS, BatonTest, answers, finding, plan, planned, works

# Each file has a defect that was there before and the same one again in what the change adds.
BEFORE = {
    "src/app.py": '"""Module."""\n\n\ndef Old(x):\n    return eval(x)\n',
    "src/buffer.cc": "int old(void) {\n  int a[2];\n  a[3] = 1;\n  return a[0];\n}\n",
    "run.sh": "#!/bin/sh\nrm -rf $1\n",
    "web/app.js": "export function old(a) {\n  debugger;\n  return a;\n}\n",
}
ADDED = {
    "src/app.py": "\n\ndef Fresh(x):\n    return eval(x)\n",
    "src/buffer.cc": "int fresh(void) {\n  int b[2];\n  b[5] = 1;\n  return b[0];\n}\n",
    "run.sh": "rm -rf $2/cache\n",
    "web/app.js": "export function fresh(b) {\n  debugger;\n  return \"recieve\" + b;\n}\n",
}
TASK_TYPES = {
    "architectural_analysis", "design_pattern_review", "performance_bottleneck_detection",
    "security_vulnerability_assessment", "naming_convention_check", "import_organization",
    "documentation_completeness", "type_annotation_check", "error_message_quality", "test_coverage_verification",
    "deprecated_api_scan", "log_statement_review", "task_decomposition", "result_synthesis",
}
SOURCE_TREE = pathlib.Path(__file__).resolve().parents[2]


def installed(program):
    return shutil.which(program) or (SOURCE_TREE / "tools/node_modules/.bin" / program).exists()


class LocalTest(BatonTest):
    def environment(self, mock=None, **more):
        return super().environment(mock, **{"BATON_TOOLS": str(SOURCE_TREE / "tools"), **more})

    def planted(self):
        repository = self.repository()
        repository.commit("Begin", BEFORE)
        repository.commit("Plant the defects again", {path: BEFORE[path] + text for path, text in ADDED.items()})
        return repository


class WithoutAKey(LocalTest):
    def test_linters_find_what_was_planted_on_changed_lines_alone(self):
        for program in ("cppcheck", "shellcheck", "codespell", "pylint"):
            self.assertTrue(installed(program), f"{program} is in packages.txt")
        repository = self.planted()
        report = self.review(repository=repository)
        self.assertEqual(report["status"], "complete")
        found = {(f["file"], f["line"], f["category"]) for f in report["findings"]}
        self.assertLessEqual({("src/app.py", 8, "naming_convention_check"),
                              ("src/app.py", 8, "documentation_completeness"),
                              ("src/app.py", 9, "security_vulnerability_assessment"),
                              ("src/buffer.cc", 8, "security_vulnerability_assessment"),
                              ("run.sh", 3, "security_vulnerability_assessment"),
                              ("web/app.js", 7, "documentation_completeness")}, found)
        if installed("oxlint"):
            self.assertIn(("web/app.js", 6, "design_pattern_review"), found)
        for path, text in BEFORE.items():
            for file, line, category in found:
                self.assertFalse(file == path and line <= text.count("\n"), (file, line, category))
        self.assert_cites_what_is_there(report, repository)
        (overrun,) = [f for f in report["findings"] if f["file"] == "src/buffer.cc"]
        self.assertEqual(overrun["source"], f"{overrun['task']} (cppcheck)")
        self.assertFalse(report["synthesised"])
        self.assert_sound()

    def test_the_report_says_what_is_left_to_models_and_what_it_would_cost(self):
        report = self.review(repository=self.planted())
        left = {kind["type"]: (kind["tier"], Decimal(kind["estimate_usd"])) for kind in report["left_to_models"]}
        self.assertLessEqual({"architectural_analysis", "test_coverage_verification", "task_decomposition",
                              "result_synthesis"}, left.keys())
        self.assertLessEqual(left.keys(), TASK_TYPES)
        for kind, (tier, estimate) in left.items():
            self.assertIn(tier, ("fast", "deep"), kind)
            self.assertGreater(estimate, 0, kind)
        cost = report["cost"]
        self.assertEqual((cost["total_usd"], cost["calls"], cost["by_model"]), ("0.00", 0, {}))
        text = self.baton("review", "--repo", self.folder / "repository").out
        self.assertIn("left to a model", text)
        self.assertIn("set ANTHROPIC_API_KEY", text)
        self.assertIn("Cost  $0.00", text)

    def test_its_plan_is_the_checkers_that_apply(self):
        report = self.review(repository=self.planted())
        self.assertTrue(report["tasks"])
        for task in report["tasks"]:
            self.assertEqual((task["tier"], task["status"], task["attempts"]), ("local", "done", 0), task)
            self.assertTrue(task["model"])
        shell_alone = self.repository("shell")
        shell_alone.commit("Begin", {"run.sh": "#!/bin/sh\nrm -rf $1\n"})
        report = self.review(repository=shell_alone)
        used = {name for task in report["tasks"] for name in task["model"].split(", ")}
        self.assertEqual(used, {"shellcheck", "codespell"})

    def test_the_bar_holds_here_too(self):
        repository = self.planted()
        self.review("--fail-on", "high", repository=repository, code=FINDINGS)
        self.review("--fail-on", "critical", repository=repository, code=DONE)

    def test_a_tree_and_a_diff_are_checked_as_well(self):
        repository = self.planted()
        tree = self.review("--tree", repository.folder)
        self.assertIn(("run.sh", 2), {(f["file"], f["line"]) for f in tree["findings"]})
        diff = self.review("--diff", "-", stdin=repository.git("diff", "HEAD~1", "HEAD"), repository=repository)
        self.assertEqual({(f["file"], f["line"]) for f in diff["findings"] if f["file"] == "run.sh"}, {("run.sh", 3)})

    def test_a_program_that_is_not_installed_is_named_and_the_rest_works(self):
        bare = self.folder / "bin"
        bare.mkdir()
        for program in ("git", "shellcheck", "sh"):
            (bare / program).symlink_to(shutil.which(program))
        report = self.review(repository=self.planted(), code=None,
                             env=self.environment(PATH=str(bare), BATON_TOOLS=str(self.folder)))
        self.assertIn(report["status"], ("complete", "partial"))
        self.assertIn("run.sh", {f["file"] for f in report["findings"]})
        self.assertIn("pylint is not installed", " ".join(report["notes"]))
        self.assertIn("cppcheck is not installed", " ".join(report["notes"]))

    def test_a_program_that_crashes_or_prints_without_end_does_not_take_the_review_with_it(self):
        fake = self.folder / "bin"
        fake.mkdir()
        (fake / "codespell").write_text("#!/bin/sh\nkill -SEGV $$\n")
        (fake / "cppcheck").write_text("#!/bin/sh\nyes 'src/buffer.cc:8: error: again' 1>&2\n")
        for program in fake.iterdir():
            program.chmod(0o755)
        report = self.review(repository=self.planted(), env=self.environment(PATH=f"{fake}:{os.environ['PATH']}"))
        self.assertEqual(report["status"], "complete")
        self.assertIn("run.sh", {f["file"] for f in report["findings"]})
        self.assertIn("codespell", " ".join(report["notes"]))

    def test_a_checker_of_ones_own_takes_part(self):
        folder = self.folder / "config/baton/checkers"
        folder.mkdir(parents=True)
        (folder / "grep-rm.toml").write_text(
            'name = "grep-rm"\nprogram = "grep"\narguments = ["-Hn", "rm -rf", "{files}"]\nlanguages = ["shell"]\n'
            'task_types = ["security_vulnerability_assessment"]\nok_exit_codes = [0, 1]\n'
            '[output]\nstream = "stdout"\npattern = \'^(?P<file>[^:]+):(?P<line>\\d+):(?P<message>.+)$\'\n'
            'default_severity = "critical"\n')
        report = self.review("--fail-on", "critical", repository=self.planted(), code=FINDINGS)
        found = [(f["file"], f["line"]) for f in report["findings"] if f["severity"] == "critical"]
        self.assertEqual(found, [("run.sh", 3)])

    def test_local_uses_no_model_though_there_is_a_key(self):
        mock = self.mock()
        report = self.review("--local", repository=self.planted(), mock=mock)
        self.assertEqual((report["status"], mock.bill()["requests"]), ("complete", 0))


class TheReviewedRepository(LocalTest):
    def test_does_not_configure_the_linters_nor_run_code(self):
        trap = self.folder / "sprung"
        hostile = {
            ".pylintrc": f"[MASTER]\ninit-hook='open(\"{trap}\", \"w\")'\n",
            "pylintrc": f"[MASTER]\ninit-hook='open(\"{trap}\", \"w\")'\n",
            "setup.cfg": "[codespell]\nskip = *\n", ".codespellrc": "[codespell]\nskip = *\n",
            ".oxlintrc.json": '{"jsPlugins": ["./plugin.js"], "rules": {"no-debugger": "off"}}',
            "plugin.js": f"require('fs').writeFileSync('{trap}', '')",
            ".shellcheckrc": "disable=all\n", "astroid.py": f"open('{trap}', 'w')\n", "re.py": f"open('{trap}', 'w')\n",
        }
        repository = self.repository()
        repository.commit("Begin", BEFORE | hostile)
        repository.commit("Plant", {path: BEFORE[path] + text for path, text in ADDED.items()}
                          | {"astroid.py": hostile["astroid.py"] + "\n", "re.py": hostile["re.py"] + "\n"})
        report = self.review(repository=repository, cwd=repository.folder)
        self.assertFalse(trap.exists())
        self.assertLessEqual({("run.sh", 3), ("web/app.js", 7), ("src/app.py", 9)},
                             {(f["file"], f["line"]) for f in report["findings"]})


class WithAKey(LocalTest):
    def test_a_covered_task_goes_to_its_checker_at_no_cost(self):
        repository = self.repository()
        repository.commit("Begin", {"app.py": '"""Module."""\n'})
        repository.commit("Import", {"app.py": '"""Module."""\nimport os\nimport os\n', "run.sh": "rm -rf $1\n"})
        script = [plan(planned(1, "import_organization", "app.py"), planned(2, "error_message_quality", "run.sh")),
                  works(finding("run.sh", 1, "Unquoted."))]
        mock = self.mock(script=script)
        report = self.review(repository=repository, mock=mock)
        self.assertEqual(report["status"], "complete")
        covered, modelled = [t for t in report["tasks"] if t["role"] == "worker"]
        self.assertEqual((covered["tier"], covered["model"], covered["attempts"], covered["status"]),
                         ("local", "pylint", 0, "done"))
        self.assertEqual(modelled["tier"], "fast")
        self.assertIn(("app.py", "import_organization"), {(f["file"], f["category"]) for f in report["findings"]})
        self.assertNotIn(covered["id"], {part["task"] for part in report["cost"]["by_task"]})
        self.assertEqual(mock.bill()["requests"], 3)  # the plan, the other task, the report
        self.assert_books_balance(report["run_id"], mock)

    def test_a_task_whose_checker_fails_goes_to_a_model(self):
        repository = self.repository()
        repository.commit("Begin", {"app.py": '"""Module."""\nimport os\n'})
        fake = self.folder / "bin"
        fake.mkdir()
        (fake / "pylint").write_text("#!/bin/sh\necho 'usage: pylint' >&2\nexit 32\n")
        (fake / "pylint").chmod(0o755)
        mock = self.mock(script=[plan(planned(1, "import_organization", "app.py")),
                                 answers("Task: Task number 1 ", finding("app.py", 2, "Not used."))])
        environment = self.environment(mock, PATH=f"{fake}:{os.environ['PATH']}")
        report = self.review(repository=repository, mock=mock, env=environment)
        self.assertEqual(report["status"], "complete")
        (worker,) = [t for t in report["tasks"] if t["role"] == "worker"]
        self.assertEqual((worker["tier"], worker["attempts"]), ("fast", 1))
        self.assertEqual([f["message"] for f in report["findings"]], ["Not used."])

    def test_a_task_on_a_language_that_no_checker_covers_goes_to_a_model(self):
        repository = self.small_change()
        mock = self.mock(script=[plan(planned(1, "import_organization", "src/retry.go")), works()])
        report = self.review(repository=repository, mock=mock)
        (worker,) = [t for t in report["tasks"] if t["role"] == "worker"]
        self.assertEqual(worker["tier"], "fast")


if __name__ == "__main__":
    unittest.main()
