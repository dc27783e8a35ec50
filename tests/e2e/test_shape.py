"""`--shape three-tier`: plan, implement, clean up, each with a small part of a large repository."""

import unittest

from agents import AgentTest, CODING, converses, finishes, leads, reviews, task, uses

PLANNER, WORK, CLEAN_UP = 40_000, 60_000, 10_000
WHOLE = 180_000  # tokens, as the report counts them


def module(number):
    lines = [f"def part_{number}_{line}(value):\n    \"\"\"Adds {line} to what it is given.\"\"\"\n"
             f"    return value + {line} * {number}\n\n" for line in range(120)]
    return "".join(lines)


class ShapeTest(AgentTest):
    def test_each_role_keeps_to_its_context_on_a_repository_that_one_model_would_not_read_whole(self):
        repository = self.repository()
        repository.commit("Begin", {f"parts/part_{number}.py": module(number) for number in range(75)})
        before = self.picture(repository)
        many = [{"path": f"parts/part_{number}.py", "first_line": 1, "last_line": 0} for number in range(40)]
        works = converses(CODING, "Write the sum",
                          *(uses("read", path=f"parts/part_{number}.py") for number in range(50, 62)),
                          uses("write", path="parts/total.py", text="def total():\n    return 1\n"), finishes())
        tidies = converses(CODING, "Clean up", uses("read", path="parts/total.py"), finishes("Nothing to tidy."))
        tidies[0]["match"]["model"] = "claude-haiku-4-5"
        mock = self.mock(script=[leads(task(1, "Write the sum", files=many)), *tidies, *works, reviews()])
        report = self.agents("feature", "Add the sum of all parts", repository, "--shape", "three-tier", mock=mock)
        self.assertEqual(report["status"], "complete")
        self.assertGreaterEqual(report["repository_tokens"], WHOLE)
        contexts = {one["role"]: one for one in report["contexts"]}
        for role, most in (("planner", PLANNER), ("code-writer", WORK), ("clean-up", CLEAN_UP)):
            self.assertEqual(contexts[role]["pack_budget_tokens"], most, role)
            self.assertLessEqual(contexts[role]["largest_prompt_tokens"], most, role)
            self.assertGreater(contexts[role]["largest_prompt_tokens"], 0, role)
            self.assertGreater(contexts[role]["window_percent"], 0, role)
        self.assertGreater(len(contexts["code-writer"]["left_out"]), 0)  # forty files were named
        tiers = {one["title"]: one["tier"] for one in report["tasks"]}
        self.assertEqual((tiers["Plan"], tiers["Write the sum"], tiers["Clean up"]), ("deep", "balanced", "fast"))
        self.assert_clean_end(report, repository, before, mock)

    def test_another_shape_is_not_known(self):
        done = self.baton("feature", "Anything", "--shape", "round", "--repo", self.calculator().folder, mock=self.mock())
        self.assertEqual(done.code, 2)
        self.assertIn("three-tier", done.err)


if __name__ == "__main__":
    unittest.main()
