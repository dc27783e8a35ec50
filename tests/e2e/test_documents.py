"""A documentation task delivers a PDF made from Markdown."""

import shutil
import unittest

from agents import AgentTest, DOCUMENTING, converses, finishes, leads, task, uses

GUIDE = "# The guide\n\nHow to add:\n\n| Sum | Result |\n|---|---|\n| 1 + 1 | 2 |\n"


class DocumentsTest(AgentTest):
    def setUp(self):
        super().setUp()
        self.project = self.repository()
        self.project.commit("Begin", {"a.txt": "one\n"})

    def writes(self, *steps):
        return self.mock(script=[leads(task(1, "Write the guide", worker="documentation-writer")),
                                 *converses(DOCUMENTING, "Write the guide", *steps)])

    @unittest.skipUnless(shutil.which("pandoc") and shutil.which("weasyprint"), "needs pandoc and weasyprint")
    def test_a_pdf_made_from_markdown_is_on_the_branch_beside_its_source(self):
        before = self.picture(self.project)
        mock = self.writes(uses("skill", name="markdown-to-pdf"), uses("write", path="docs/guide.md", text=GUIDE),
                           uses("render_pdf", source="docs/guide.md"), finishes())
        report = self.agents("run", "A guide as PDF", self.project, mock=mock, timeout=180)
        self.assertEqual(report["status"], "complete")
        pdf = self.project.git("show", f"{report['branch']}:docs/guide.pdf")
        self.assertTrue(pdf.startswith(b"%PDF-"))
        self.assertIn(b"%%EOF", pdf[-64:])
        self.assertEqual(self.file_of(report, self.project, "docs/guide.md"), GUIDE)
        self.assertTrue(any("Write for pages" in text for text in self.texts()))  # the skill was opened
        self.assert_clean_end(report, self.project, before, mock)

    def test_a_source_that_is_not_there_or_lies_outside_makes_no_pdf(self):
        mock = self.writes(uses("render_pdf", source="none.md"), uses("render_pdf", source="../../none.md"),
                           uses("render_pdf", source="a.txt", target="/tmp/a.pdf"), finishes("There was no source."))
        report = self.agents("run", "A guide as PDF", self.project, mock=mock)
        self.assertEqual(report["changed"], [])
        calls = [call for turn in self.journal(report["run_id"]).of("tools_ended") for call in turn["calls"]]
        self.assertEqual([call.get("failed", False) for call in calls if call["name"] == "render_pdf"], [True] * 3)


if __name__ == "__main__":
    unittest.main()
