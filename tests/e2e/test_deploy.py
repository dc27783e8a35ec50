"""deploy/: what it tells compose, systemd and Kubernetes is what the program and its store understand."""

import pathlib
import re
import shlex
import shutil
import subprocess
import tempfile
import unittest

import yaml

from harness import BATON
from postgres import Postgres

DEPLOY = pathlib.Path(__file__).parents[2] / "deploy"
DOCS = pathlib.Path(__file__).parents[2] / "docs" / "deploy.md"
WITH_SECRETS = DEPLOY / "with-secrets"


def text(name):
    return (DEPLOY / name).read_text()


def compose():
    return yaml.safe_load(text("compose.yaml"))


def kubernetes():
    """Every object, by kind and name."""
    objects = {}
    for file in sorted((DEPLOY / "kubernetes").glob("*.yaml")):
        for thing in yaml.safe_load_all(file.read_text()):
            objects[thing["kind"], thing.get("metadata", {}).get("name", "")] = thing
    return objects


def unit():
    """The service's settings; one that may come again has all its values."""
    settings = {}
    for line in text("systemd/baton-worker@.service").splitlines():
        if line and line[0] not in "#[":
            name, value = line.split("=", 1)
            settings.setdefault(name, []).append(value)
    return settings


def dockerfile_words(instruction):
    joined = text("Dockerfile").replace("\\\n", " ")
    return [line.split(maxsplit=1)[1] for line in joined.splitlines() if line.startswith(instruction + " ")]


def worker_pod():
    return kubernetes()["Deployment", "baton-worker"]["spec"]["template"]["spec"]


def command_lines():
    """How each of them starts baton, by what starts it."""
    words = shlex.split(unit()["ExecStart"][0])
    return {
        "compose": compose()["services"]["worker"]["command"],
        "systemd": words[words.index("/usr/local/bin/baton") + 1:],
        "kubernetes": worker_pod()["containers"][0]["args"],
        "image": yaml.safe_load(dockerfile_words("CMD")[0]),
    }


def option(words, name):
    return int(words[words.index(name) + 1])


class CommandLines(unittest.TestCase):
    def test_every_option_is_one_of_the_worker(self):
        told = subprocess.run([BATON, "worker", "--help"], capture_output=True, text=True, check=True).stdout
        known = set(re.findall(r"--[a-z][a-z-]*", told))
        for place, words in command_lines().items():
            self.assertEqual(words[0], "worker", place)
            self.assertLessEqual({word for word in words if word.startswith("--")}, known, place)

    def test_who_stops_a_worker_waits_longer_than_it_drains(self):
        waits = {
            "compose": int(compose()["services"]["worker"]["stop_grace_period"].removesuffix("s")),
            "systemd": int(unit()["TimeoutStopSec"][0]),
            "kubernetes": worker_pod()["terminationGracePeriodSeconds"],
        }
        for place, seconds in waits.items():
            self.assertGreaterEqual(seconds, option(command_lines()[place], "--drain-seconds") + 30, place)

    def test_the_scaler_counts_as_many_runs_a_worker_as_a_worker_takes(self):
        trigger = kubernetes()["ScaledObject", "baton-worker"]["spec"]["triggers"][0]
        self.assertEqual(int(trigger["metadata"]["targetQueryValue"]), option(command_lines()["kubernetes"], "--runs"))

    @unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is not installed")
    def test_systemd_understands_the_unit(self):
        with tempfile.TemporaryDirectory() as folder:
            copy = pathlib.Path(folder) / "baton-worker@.service"
            # The program need not be installed to be named.
            copy.write_text(text("systemd/baton-worker@.service").replace("/usr/local/lib/baton/with-secrets", "/usr/bin/env"))
            done = subprocess.run(["systemd-analyze", "verify", "--man=no", copy], capture_output=True, text=True)
            about_it = [line for line in done.stderr.splitlines() if "baton-worker@" in line]
            self.assertEqual((about_it, done.returncode), ([], 0))


class Images(unittest.TestCase):
    def test_every_image_is_of_a_version(self):
        images = [service["image"] for service in compose()["services"].values()]
        images += [line.split()[0] for line in dockerfile_words("FROM")]
        images += [f"{image['newName']}:{image['newTag']}" for image in kubernetes()["Kustomization", ""]["images"]]
        for image in images:
            self.assertRegex(image, r":[0-9]+\.[0-9]+", image)

    @unittest.skipUnless(shutil.which("dpkg"), "not a Debian system")
    def test_the_image_has_what_the_program_is_linked_with(self):
        packages = set(dockerfile_words("RUN")[-1].split())
        linked = subprocess.run(["objdump", "-p", BATON], capture_output=True, text=True, check=True).stdout
        for library in re.findall(r"NEEDED +(\S+)", linked):
            told = subprocess.run(["dpkg", "-S", f"*/{library}"], capture_output=True, text=True).stdout
            owners = {line.split(":")[0] for line in told.splitlines()}
            if not owners & {"libc6", "libgcc-s1"}:  # in every image
                self.assertTrue(owners & packages, f"{library}: {owners}")


class Secrets(unittest.TestCase):
    def test_no_secret_stands_in_a_file(self):
        for file in [*DEPLOY.rglob("*"), DOCS]:
            if not file.is_file() or file.parent.name == "secrets":
                continue
            for number, line in enumerate(file.read_text().splitlines(), 1):
                where = f"{file}:{number}"
                self.assertNotRegex(line, r"\bsk-[A-Za-z0-9]", where)
                for password in re.findall(r"postgres(?:ql)?://[^\s:/@]*:([^\s@]+)@", line):
                    self.assertEqual(password, "PASSWORD", where)
                self.assertNotRegex(line, r"(?i)\b(PGPASSWORD|POSTGRES_PASSWORD|API_KEY|AUTH_TOKEN)\s*[:=]\s*[^\s$]", where)
        self.assertEqual(set(kubernetes()["Secret", "baton"]["stringData"].values()), {""})

    def run_with(self, files, *command):
        """What the command prints that is run with these secrets."""
        with tempfile.TemporaryDirectory() as folder:
            environment = {"PATH": "/usr/bin:/bin"}
            for name, value in files.items():
                path = pathlib.Path(folder) / name
                environment[f"{name}_FILE"] = str(path)
                if value is not None:
                    path.write_text(value)
            return subprocess.run([WITH_SECRETS, *command], env=environment, capture_output=True, text=True)

    def test_secrets_come_from_files_into_the_environment(self):
        store = "postgresql://u:it's \"$HOME\" `id`@h/d"  # nothing of it is read by a shell
        done = self.run_with({"ANTHROPIC_API_KEY": "key\n", "BATON_STORE": store}, "env")
        told = dict(line.split("=", 1) for line in done.stdout.splitlines())
        self.assertEqual((told["ANTHROPIC_API_KEY"], told["BATON_STORE"], done.returncode), ("key", store, 0))
        self.assertNotIn("BATON_STORE_FILE", told)

    def test_a_secret_that_is_missing_or_empty_starts_nothing(self):
        for value, says in ((None, "cannot be read"), ("", "is empty"), ("\n", "is empty")):
            done = self.run_with({"PGPASSWORD": value}, "echo", "started")
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertIn(says, done.stderr)

    def test_its_shell_script_has_no_findings(self):
        done = subprocess.run(["shellcheck", WITH_SECRETS], capture_output=True, text=True)
        self.assertEqual((done.stdout, done.returncode), ("", 0))


class Scaler(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Postgres()
        cls.addClassCleanup(cls.server.close)
        done = subprocess.run([BATON, "runs", "--store", cls.server.url], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    def test_the_store_is_asked_for_as_the_health_check_asks(self):
        words = compose()["services"]["worker"]["healthcheck"]["test"]
        self.assertEqual(words[:3], ["CMD", "/usr/local/bin/with-secrets", "/usr/local/bin/baton"])
        told = [subprocess.run([BATON, *words[3:]], env={"HOME": "/nonexistent", "PATH": "/usr/bin:/bin", "BATON_STORE": store},
                               capture_output=True, text=True).returncode
                for store in (self.server.url, "postgresql://baton@127.0.0.1:1/baton")]
        self.assertEqual((told[0], told[1] != 0), (0, True))

    def test_the_query_counts_the_runs_that_need_a_worker_with_the_rights_the_page_grants(self):
        rights = re.search(r"```sql\n(.*?)```", DOCS.read_text(), re.DOTALL).group(1)
        self.server.sql(rights.replace(" PASSWORD NULL", ""))
        runs = [("waiting", ""), ("waiting", ""), ("driven", ""), ("waiting", "a-state-folder"), ("parked", ""),
                ("quarantined", ""), ("done", "")]
        for number, (state, place) in enumerate(runs):
            self.server.sql("INSERT INTO baton.queue (run, place, state, queued)"
                            f" VALUES ('r-{number}', '{place}', '{state}', now())")
        query = kubernetes()["ScaledObject", "baton-worker"]["spec"]["triggers"][0]["metadata"]["query"]
        self.assertEqual(self.server.sql(query, user="baton_scaler").strip(), "3")
        with self.assertRaisesRegex(RuntimeError, "permission denied"):
            self.server.sql("SELECT count(*) FROM baton.events", user="baton_scaler")


if __name__ == "__main__":
    unittest.main()
