#!/usr/bin/env python3
"""Takes one guard out at a time and shows that the test named for it goes red.

    ./dev mutants [NAME...]      all of tests/mutants/guards.toml, or those named

Each guard is an exact piece of the source and what stands in its place without it. The change is
made in a copy of the tree, never in this one. A guard that no test misses is a failure, and so is a
test that is red before anything was taken out.
"""
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = "build/mutants"


def run(command, folder, seconds=900):
    """The exit status and what was printed; a test that never ends is as red as one that fails."""
    started = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                               errors="replace", shell=isinstance(command, str), start_new_session=True)
    try:
        text, _ = started.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(started.pid, signal.SIGKILL)  # and what it has started
        started.communicate()
        return 124, f"not done after {seconds} s"
    return started.returncode, text


class Tree:
    """A copy of the files that git knows or would know, built in a folder of its own."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        names = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, check=True,
                               stdout=subprocess.PIPE).stdout.decode().split("\0")
        for name in filter(None, names):
            if (ROOT / name).is_file():
                (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, self.folder / name)
        configure = ["cmake", "-S", ".", "-B", BUILD, "-G", "Ninja"]
        status, text = run(configure, self.folder)
        if status != 0:
            sys.exit(f"mutants: the copy does not configure:\n{text[-2000:]}")

    def build(self, targets):
        status, text = run(["ninja", "-C", BUILD, "-j", os.environ.get("JOBS", str(os.cpu_count())), *targets],
                           self.folder, 1800)
        return "" if status == 0 else text[-3000:]

    def test(self, guard):
        return run(guard["test"].replace("$BUILD", BUILD), self.folder, guard.get("seconds", 300))

    def replace(self, guard):
        """Takes the guard out; gives back what puts it in again. None: it does not stand there, or more than once."""
        path = self.folder / guard["file"]
        text = path.read_text()
        if text.count(guard["guard"]) != 1:
            return None
        path.write_text(text.replace(guard["guard"], guard["without"]))
        return lambda: path.write_text(text)


def judge(tree, guard):
    """What is wrong with the guard's test; empty: it goes red without the guard, and only then."""
    if failed := tree.build(guard["targets"]):
        return f"does not build:\n{failed}"
    status, text = tree.test(guard)
    if status != 0:
        return f"its test is red already ({status}):\n{text[-2000:]}"
    restore = tree.replace(guard)
    if restore is None:
        return f"{guard['file']} does not have its guard once"
    try:
        if failed := tree.build(guard["targets"]):
            return f"does not build without its guard:\n{failed}"
        status, _ = tree.test(guard)
    finally:
        restore()
    return "" if status != 0 else f"no test misses it: {guard['test']}"


def main():
    guards = tomllib.loads((ROOT / "tests/mutants/guards.toml").read_text())["guard"]
    wanted = sys.argv[1:]
    if unknown := set(wanted) - {guard["name"] for guard in guards}:
        sys.exit(f"mutants: no such guard: {', '.join(sorted(unknown))}")
    bad = 0
    with tempfile.TemporaryDirectory(prefix="baton-mutants-") as folder:
        tree = Tree(folder)
        for guard in guards:
            if wanted and guard["name"] not in wanted:
                continue
            began = time.monotonic()
            wrong = judge(tree, guard)
            bad += bool(wrong)
            print(f"{'SURVIVED' if wrong else 'caught  '}  {guard['name']:<28} {time.monotonic() - began:5.0f} s  "
                  f"{wrong or guard['promise']}", flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
