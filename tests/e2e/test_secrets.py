"""The key goes to the provider and nowhere else."""

import os
import shutil
import unittest

from harness import DONE, KEY, PLANNING, PROVIDER, BatonTest, fails, plan, planned, wait_until, works

# Runs the program it stands for, and leaves what it was given.
SPY = """#!/bin/sh
{{ echo "{name} $*"; env; }} >> '{record}'
exec '{program}' "$@"
"""


class TheKey(BatonTest):
    def secrets(self):
        return {"ANTHROPIC_API_KEY": KEY, "ANTHROPIC_AUTH_TOKEN": "token-" + KEY,
                "ANTHROPIC_CUSTOM_HEADERS": "x-team: header-" + KEY}

    def assert_nowhere(self, *texts):
        for text in texts:
            self.assertNotIn(KEY, text)
        for folder in ("state", "work", "home", "config", "tmp"):
            for path in (self.folder / folder).rglob("*"):
                if path.is_file():
                    self.assertNotIn(KEY.encode(), path.read_bytes(), path)

    def test_is_in_no_output_and_no_file_of_any_command(self):
        repository, mock = self.small_change(), self.mock()
        environment = self.environment(mock, **self.secrets())
        for form in ("text", "md", "json", "sarif"):
            done = self.baton("review", "--repo", repository.folder, "--format", form, env=environment)
            self.assertEqual(done.code, DONE, done.err)
            self.assert_nowhere(done.out, done.err)
        for command in (["runs"], ["show"], ["cost"], ["verify"]):
            done = self.baton(*command, env=environment)
            self.assertEqual(done.code, DONE, done.err)
            self.assert_nowhere(done.out, done.err)

    def test_is_in_no_message_when_things_go_wrong(self):
        repository = self.small_change()
        refusal = fails(PLANNING, status=401, error={"message": "invalid x-api-key"})
        for mock, code in ((self.mock(script=[refusal]).url, PROVIDER), ("http://127.0.0.1:9", PROVIDER)):
            environment = self.environment(mock, **self.secrets())
            done = self.baton("review", "--repo", repository.folder, env=environment)
            self.assertEqual(done.code, code, done.err)
            self.assert_nowhere(done.out, done.err)

    def test_is_in_no_core_of_a_run_that_was_killed(self):
        mock = self.mock("--latency-ms", "200:300")
        process = self.start("review", "--repo", self.small_change().folder,
                             env=self.environment(mock, **self.secrets()))
        wait_until(lambda: len(mock.requests()) >= 3, what="a few calls")
        process.kill()
        out, err = process.communicate()
        self.assert_nowhere(out, err)

    def test_is_in_no_environment_of_a_program_that_is_started(self):
        spies, record = self.folder / "bin", self.folder / "work/record"
        spies.mkdir()
        watched = ("git", "pylint", "cppcheck", "shellcheck", "codespell", "oxlint", "ast-grep")
        for name in watched:
            program = shutil.which(name)
            if program:
                (spies / name).write_text(SPY.format(name=name, record=record, program=program))
                (spies / name).chmod(0o755)
        repository = self.repository()
        repository.commit("Begin", {"app.py": '"""Module."""\nimport os\n', "run.sh": "rm -rf $1\n"})
        mock = self.mock(script=[plan(planned(1, "import_organization", "app.py"),
                                      planned(2, "documentation_completeness", "app.py")), works()])
        environment = self.environment(mock, PATH=f"{spies}:{os.environ['PATH']}", BATON_TOOLS=str(self.folder),
                                       **self.secrets())
        self.review(repository=repository, env=environment)
        self.review("--local", repository=repository, env=environment)
        started = record.read_text()
        for name in ("git", "pylint", "shellcheck", "codespell"):
            self.assertIn(f"\n{name} ", "\n" + started)
        self.assertNotIn("ANTHROPIC", started)
        self.assert_nowhere(started)

    def test_in_the_custom_headers_is_sent_and_not_told(self):
        mock = self.mock("--key", KEY)
        environment = self.environment(mock, key="another", ANTHROPIC_CUSTOM_HEADERS=f"x-api-key: {KEY}")
        done = self.baton("review", "--repo", self.small_change().folder, env=environment)
        self.assertEqual(done.code, DONE, done.err)  # it was sent: the stand-in takes no other
        self.assert_nowhere(done.out, done.err)


if __name__ == "__main__":
    unittest.main()
