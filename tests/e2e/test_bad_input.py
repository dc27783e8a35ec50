"""What a user can get wrong: each gets one clear message that says what to do, and nothing is begun or paid."""

import time
import unittest

from harness import BUDGET, DONE, PROVIDER, USAGE, BatonTest, finding, plan, planned, works

DIFF = "--- a/none.py\n+++ b/none.py\n@@ -1,2 +1,2 @@\n-a = 1\n+b = 1\n c = 1\n"


class Refused(BatonTest):
    def setUp(self):
        super().setUp()
        self.served = self.mock()

    def tearDown(self):
        self.assertEqual(self.served.bill()["requests"], 0)
        self.assertFalse((self.state / "baton.db").exists())

    def refused(self, *arguments, words=(), cwd=None, stdin=None, **environment):
        done = self.baton("review", *arguments, cwd=cwd, stdin=stdin, env=self.environment(self.served, **environment))
        self.assert_one_message(done, USAGE, *words)


class TheRepository(Refused):
    def test_is_none(self):
        self.refused(words=["not in a git repository", "--repo DIR", "--tree PATH", "--diff FILE"])
        self.refused("--repo", self.folder / "home", words=[f"{self.folder}/home is not in a git repository"])

    def test_is_not_there(self):
        self.refused("--repo", self.folder / "nowhere", words=["there is no folder", "--repo DIR"])

    def test_has_no_commit(self):
        repository = self.repository()
        self.refused("--repo", repository.folder, words=["has no commit yet", "--tree"])
        self.refused("HEAD~1..HEAD", "--repo", repository.folder, words=["has no commit yet", "--tree"])

    def test_does_not_have_the_revision(self):
        repository = self.small_change()
        for revision, named in [("nosuch", "nosuch"), ("nosuch..HEAD", "nosuch"), ("HEAD..nosuch", "nosuch"),
                                ("HEAD~9..HEAD", "HEAD~9"), ("main...other", "other")]:
            with self.subTest(revision=revision):
                self.refused(revision, "--repo", repository.folder,
                             words=[f'has no revision "{named}"', "`git log`"])

    def test_is_not_asked_with_an_option_in_a_revisions_place(self):
        repository = self.small_change()
        self.refused("--repo", repository.folder, "--", "--output=/tmp/x..HEAD", words=["has no revision"])

    def test_is_named_though_git_is_not_installed(self):
        (self.folder / "bin").mkdir()
        self.refused("--repo", self.small_change().folder, PATH=str(self.folder / "bin"),
                     words=["git is not installed", "--diff FILE"])


class TheDiff(Refused):
    def test_is_not_there(self):
        self.refused("--diff", self.folder / "nosuch.diff", words=["nosuch.diff", "No such file or directory"])

    def test_is_a_folder(self):
        self.refused("--diff", self.folder, words=["is a folder", "--tree"])

    def test_is_none(self):
        self.refused("--diff", "-", stdin=b"hello\nworld\n", words=["standard input", "not a unified diff"])

    def test_is_broken(self):
        broken = DIFF.replace("-1,2 +1,2", "-1,5 +1,9")
        self.refused("--diff", "-", stdin=broken.encode(), words=["standard input", "line "])

    def test_is_bytes_without_sense(self):
        self.refused("--diff", "-", stdin=bytes(range(256)) * 64, words=["not a unified diff"])


class TheTree(Refused):
    def test_is_not_there(self):
        self.refused("--tree", self.folder / "nosuch", words=["nosuch", "No such file or directory"])


class TheOptions(Refused):
    def test_contradict_each_other(self):
        repository = self.small_change()
        for several in (["HEAD", "--tree", "."], ["--diff", "-", "--tree", "."], ["HEAD", "--diff", "-"]):
            with self.subTest(options=several):
                self.refused(*several, "--repo", repository.folder,
                             words=["give one of a revision range, --diff and --tree"])

    def test_name_what_there_is_not(self):
        for options, words in [
            (["--profile", "cheap"], ["no profile 'cheap'", "default or 5.5"]),
            (["--deep", "claude-none-1"], ["'claude-none-1'", "has no price", "--prices FILE"]),
            (["--fast", "gpt-none"], ["fast tier", "'gpt-none'", "--prices FILE"]),
            (["--prices", "nosuch.toml"], ["nosuch.toml", "No such file or directory"]),
            (["--task-types", "nosuch.toml"], ["nosuch.toml", "No such file or directory"]),
        ]:
            with self.subTest(options=options):
                self.refused(*options, "--repo", self.folder, words=words)

    def test_are_no_amount_of_money(self):
        for budget in ("a lot", "-1", "1e3", "1,50", "nan", "99999999999999999999"):
            with self.subTest(budget=budget):
                self.refused(f"--budget={budget}", words=["--budget", "in dollars, such as 2.50"])

    def test_are_out_of_range_or_unknown(self):
        for options in (["--parallel", "0"], ["--parallel", "many"], ["--max-tasks", "-3"], ["--format", "xml"],
                        ["--fail-on", "awful"], ["--no-such-option"]):
            with self.subTest(options=options):
                done = self.baton("review", *options, env=self.environment(self.served))
                self.assertEqual((done.code, done.out), (USAGE, ""))
                self.assertIn(options[0], done.err)

    def test_are_missing(self):
        for arguments in ([], ["no-such-command"], ["resume"]):
            with self.subTest(arguments=arguments):
                done = self.baton(*arguments, env=self.environment(self.served))
                self.assertEqual((done.code, done.out), (USAGE, ""))
                self.assertIn("--help", done.err)


class TheEnvironment(Refused):
    def test_has_a_key_that_can_be_none_and_is_not_shown(self):
        for key in ("sk-secret one", "sk-secret\nx-evil: 1", "sk-secret\u00e9"):
            with self.subTest(key=key):
                done = self.baton("review", "--tree", self.folder, env=self.environment(self.served, key=key))
                self.assert_one_message(done, USAGE, "ANTHROPIC_API_KEY", "set it again")
                self.assertNotIn("sk-secret", done.err)

    def test_has_a_base_url_that_is_none(self):
        for url in ("ftp://127.0.0.1", "127.0.0.1:80", "http://", "http://user:word@127.0.0.1", "https://a b"):
            with self.subTest(url=url):
                self.refused("--tree", self.folder, ANTHROPIC_BASE_URL=url, words=["ANTHROPIC_BASE_URL"])

    def test_would_send_the_key_in_clear_text(self):
        self.refused("--tree", self.folder, ANTHROPIC_BASE_URL="http://api.example.invalid",
                     words=["clear text", "https://"])

    def test_has_headers_that_are_none(self):
        self.refused("--tree", self.folder, ANTHROPIC_CUSTOM_HEADERS="no colon", words=["ANTHROPIC_CUSTOM_HEADERS"])
        self.refused("--tree", self.folder, ANTHROPIC_CUSTOM_HEADERS="Content-Length: 3",
                     words=["ANTHROPIC_CUSTOM_HEADERS", "content-length"])


class TheConfiguration(Refused):
    """The user's own data files are refused with file and place, not passed over."""

    def test_is_broken(self):
        for number, (name, text, words) in enumerate([
            ("prices.toml", "[[model]]\nid = 3\n", ["id"]),
            ("prices.toml", "[[model\n", ["line 1"]),
            ("task_types.toml", '[[type]]\nname = "a"\ntier = "warp"\n', [":1", "tier must be fast, balanced or deep"]),
            ("review.toml", "[plan]\nsystem = 3\n", [":2", "plan.system"]),
            ("review.toml", "[work]\nschema = 'any'\n", [":2", "work.schema is not a JSON object"]),
            ("checkers/own.toml", "name = 'own'\n", ["program"]),
        ]):
            with self.subTest(name=name, text=text):
                config = self.folder / f"config{number}"
                file = config / "baton" / name
                file.parent.mkdir(parents=True)
                file.write_text(text)
                self.refused("--tree", self.folder / "home", XDG_CONFIG_HOME=str(config), words=[str(file), *words])


class NothingToReview(BatonTest):
    def test_is_said_and_costs_nothing(self):
        repository = self.small_change()
        (self.folder / "empty").mkdir()
        mock = self.mock()
        for arguments, stdin in ((["HEAD..HEAD"], None), (["--diff", "-"], b""), (["--tree", self.folder / "empty"], None)):
            with self.subTest(arguments=arguments):
                done = self.baton("review", "--repo", repository.folder, *arguments, mock=mock, stdin=stdin)
                self.assertEqual(done.code, DONE, done.err)
                self.assertIn("there is nothing to review", done.err)
                self.assertNotIn("left to a model", done.out)
        repository.commit("Nothing")
        self.assertIn("there is nothing to review", self.baton("review", "--repo", repository.folder, mock=mock).err)
        self.assertEqual(mock.bill()["requests"], 0)


class ADiffOfFilesThatAreNotThere(BatonTest):
    def test_is_reviewed_by_what_it_shows(self):
        script = [plan(planned(1, "error_message_quality", "none.py")),
                  works(finding("none.py", 1, "Renamed."), finding("none.py", 40, "Not shown."))]
        report = self.review("--diff", "-", stdin=DIFF.encode(), repository=self.small_change(),
                             mock=self.mock(script=script))
        self.assertEqual([(f["file"], f["line"]) for f in report["findings"]], [("none.py", 1)])
        self.assertEqual(report["dropped_findings"], 1)
        self.assertIn("the diff names none.py, which is not in", " ".join(report["notes"]))

    def test_reads_nothing_outside_the_repository(self):
        outside = "secret-of-the-machine = 1\n"
        (self.folder / "secret.py").write_text(outside)
        repository = self.small_change()
        (repository.folder / "link.py").symlink_to(self.folder / "secret.py")
        for path in ("../secret.py", str(self.folder / "secret.py"), "link.py"):
            with self.subTest(path=path):
                diff = DIFF.replace("none.py", path)
                report = self.review("--diff", "-", stdin=diff.encode(), repository=repository, mock=self.mock())
                state = b"".join(p.read_bytes() for p in self.state.rglob("*") if p.is_file())
                self.assertNotIn(b"secret-of-the-machine", state)
                self.assertIn(report["status"], ("complete",))


class TheProvider(BatonTest):
    def test_that_does_not_answer_is_named_and_can_be_tried_again(self):
        begun = time.monotonic()
        done = self.baton("review", "--repo", self.small_change().folder, "--format", "json", mock="http://127.0.0.1:9")
        self.assertEqual(done.code, PROVIDER, done.err)
        self.assertLess(time.monotonic() - begun, 30)
        (run,) = self.runs()
        self.assertIn("paused: the request was never sent: connecting to 127.0.0.1:9", done.err)
        self.assertIn(f"`baton resume {run['run_id']}`", done.err)
        self.assertEqual(run["spent_usd"], "0.00")  # what was never sent is not booked
        self.assertEqual(self.cost()["unknown_calls"], 0)
        self.assertEqual(self.resume(run["run_id"], mock=self.mock())["status"], "complete")

    def test_that_refuses_the_key_is_asked_once(self):
        mock = self.mock("--key", "the-right-one")
        done = self.baton("review", "--repo", self.small_change().folder, mock=mock)
        self.assertEqual(done.code, PROVIDER, done.err)
        self.assertEqual(mock.bill()["requests"], 1)
        self.assertIn("invalid x-api-key; set a key that is accepted (ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN), "
                      "then `baton resume", done.err)

    def test_is_not_asked_what_the_budget_does_not_hold(self):
        mock = self.mock()
        done = self.baton("review", "--repo", self.small_change().folder, "--budget", "0.001", mock=mock)
        self.assertEqual(done.code, BUDGET, done.err)
        self.assertEqual(mock.bill()["requests"], 0)
        self.assertIn("--budget DOLLARS", done.err)


class LookingAtRuns(BatonTest):
    def test_that_are_not_there_makes_no_folder(self):
        for command in (["runs"], ["show"], ["cost"], ["verify"]):
            with self.subTest(command=command):
                self.assert_one_message(self.baton(*command), USAGE, "there are no runs", "`baton review` makes one")
                self.assertFalse(self.state.exists())

    def test_by_a_wrong_name_says_how_to_find_the_right_one(self):
        self.review(repository=self.small_change(), mock=self.mock())
        for command in (["show", "r-none"], ["cost", "--run", "r-none"], ["resume", "r-none"]):
            with self.subTest(command=command):
                self.assert_one_message(self.baton(*command), USAGE, "there is no run 'r-none'", "`baton runs`")


if __name__ == "__main__":
    unittest.main()
