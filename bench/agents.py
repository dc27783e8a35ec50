"""What a turn of a tool loop costs `baton feature`, beside the model: one worker, one tool call a turn.

Two runs of different length are compared, so that what a run costs by itself (start, probe of the sandbox, plan, merge,
branch) is left out. The stand-in answers at once; its part of the wall time is in the figure, not in the CPU, which is that
of baton and of every git it starts. Each turn is journaled before its call and before its tools, as always.
"""

import json
import os
import pathlib
import statistics
import subprocess
import tempfile

FEW, MANY = 5, 75  # turns of the two runs
FILES, LINES = 1000, 100  # of the repository


def git(folder, *arguments):
    names = {f"GIT_{who}_{what}": "bench@example.invalid" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    subprocess.run(["git", *arguments], cwd=folder, check=True, env=os.environ | names, stdout=subprocess.DEVNULL)


def make_repository(folder):
    for number in range(FILES):
        path = folder / f"src/part{number % 20}/file{number}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"line {line} of {number}\n" for line in range(1, LINES + 1)))
    (folder / "counter.txt").write_text("turn 0 of many\n" + "".join(f"line {line}\n" for line in range(2, LINES + 1)))
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "Begin")


def read(turn):
    return {"name": "read", "input": {"path": "src/part7/file7.txt", "first_line": turn + 1, "last_line": turn + 20}}


def edit(turn):
    return {"name": "edit", "input": {"path": "counter.txt", "old_text": f"turn {turn} of", "new_text": f"turn {turn + 1} of"}}


def script(tool, turns):
    plan = {"approach": "", "answer": "", "tasks": [{
        "id": "p1", "worker": "code-writer", "why": "", "title": "Turn", "description": "Turn by turn.", "files": [],
        "constraints": [], "acceptance": [], "commands": [], "output": "", "depends_on": [], "facts": []}]}
    finish = {"name": "finish", "input": {"summary": "Done.", "files": []}}
    answers = [{"match": {"tool_results": turn, "contains": "You change the code of a repository"},
                "answer": {"tool_use": tool(turn) if turn < turns else finish}} for turn in range(turns + 1)]
    return {"rules": [{"match": {"regex": "You lead|You take a request"}, "answer": {"json": plan}}, *answers]}


def one_run(baton, repository, tool, turns, scratch, measured, job=("feature", "--rounds", "0"), look=lambda folder: None,
            environment=None):
    """A Sample of the run; `look` is shown its folder before that is removed."""
    with tempfile.TemporaryDirectory(dir=scratch) as name:
        folder = pathlib.Path(name)
        (folder / "script.json").write_text(json.dumps(script(tool, turns)))
        stand_in = subprocess.Popen([baton, "mock-api", "--port", "0", "--instant", "--no-record", "--script",
                                     folder / "script.json"], stdout=subprocess.PIPE, text=True)
        try:
            url = stand_in.stdout.readline().split()[-1]
            command = [baton, *job, "Turn", "--repo", repository, "--state", "state", "--budget", "1000", "--branch",
                       f"baton/{folder.name}", "--format", "json"]
            out, sample = measured(command, folder,
                                   {"ANTHROPIC_API_KEY": "bench", "ANTHROPIC_BASE_URL": url, **(environment or {})})
            assert json.loads(out)["status"] == "complete", out
            look(folder)
            return sample
        finally:
            stand_in.terminate()
            stand_in.wait()
            stand_in.stdout.close()


def main(build, scratch, runs, measured):
    def run(tool, turns):
        return one_run(build / "baton", repository, tool, turns, scratch, measured)

    print(f"\n### agents: a turn of one tool call, in a repository of {FILES:,} files\n")
    print("| | wall, ms a turn | CPU, ms a turn | a run of five turns, s |\n|---|---:|---:|---:|")
    with tempfile.TemporaryDirectory(dir=scratch) as name:
        repository = pathlib.Path(name) / "repository"
        repository.mkdir()
        make_repository(repository)
        for title, tool in (("read of 20 lines", read), ("edit, with the snapshot of the worktree", edit)):
            samples = [(run(tool, FEW), run(tool, MANY)) for _ in range(runs)]

            def a_turn(value):
                return statistics.median((value(many) - value(few)) / (MANY - FEW) * 1e3 for few, many in samples)

            alone = statistics.median(few.wall for few, _ in samples)
            print(f"| {title} | {a_turn(lambda s: s.wall):.2f} | {a_turn(lambda s: s.cpu):.2f} | {alone:.2f} |")
