#include <fmt/format.h>

#include "tool/sandbox_job.h"
#include "tool/tool_form.h"
#include "tool/tool_text.h"
#include "tool/workspace_path.h"

namespace baton {
namespace {

constexpr std::int64_t kLargestSource = 4 << 20;
constexpr std::int64_t kLargestPdf = 256 << 20;
constexpr int kNoPandoc = 90;
constexpr int kNoWeasyprint = 91;

// $1 the Markdown file, $2 the PDF, $3 the title. The names begin with "./": none is an option.
constexpr std::string_view kScript = R"sh(command -v pandoc >/dev/null || exit 90
command -v weasyprint >/dev/null || exit 91
mkdir -p "$(dirname "$2")" &&
pandoc --from=markdown --standalone --metadata pagetitle="$3" --resource-path="$(dirname "$1")" \
  --pdf-engine=weasyprint --output="$2" "$1")sh";

std::string pdf_name(std::string_view source) {
  const std::size_t dot = source.rfind('.');
  const std::size_t slash = source.rfind('/');
  const bool has_ending = dot != source.npos && (slash == source.npos || dot > slash + 1);
  return fmt::format("{}.pdf", has_ending ? source.substr(0, dot) : source);
}

ToolResult missing(std::string_view program) {
  return failed_result(fmt::format(
      "no PDF was made: {} is not installed. PDFs need the packages pandoc and weasyprint (Debian: "
      "apt install pandoc weasyprint); say so in your answer and leave the Markdown file.",
      program));
}

ToolResult render_pdf(const Arguments& arguments, const ToolSite& site) {
  const Result<std::string> source = workspace_path(arguments.path("source"));
  if (!source) return failed_result("source: " + source.error().message);
  const Result<std::string> target = workspace_path(
      arguments.has("target") ? std::string(arguments.path("target")) : pdf_name(*source));
  if (!target) return failed_result("target: " + target.error().message);
  if (!target->ends_with(".pdf")) return failed_result("target: must end with .pdf");
  const Result<std::string> text = site.workspace.read(*source, kLargestSource);
  if (!text) return failed_result("source: " + text.error().message);
  if (site.sandbox == nullptr) {
    return failed_result("no PDF was made: there is no sandbox on this machine to run pandoc in");
  }
  const std::string title = source->substr(source->rfind('/') + 1);
  const Result<SandboxEnd> end = run_in_sandbox(
      site,
      {"bash", "-c", std::string(kScript), "render_pdf", "./" + *source, "./" + *target, title},
      Millis::seconds(180));
  if (!end) return failed_result("no PDF was made: " + end.error().message);
  if (end->status == kNoPandoc) return missing("pandoc");
  if (end->status == kNoWeasyprint) return missing("weasyprint");
  const std::string said = tail_of(program_text(end->output), 4000);
  const Result<std::string> pdf = site.workspace.read(*target, kLargestPdf);
  const bool made = passed(*end) && pdf && pdf->starts_with("%PDF-");
  ToolResult result =
      told_change(made ? fmt::format("wrote {}: {} bytes\n{}", shown(*target), pdf->size(), said)
                       : fmt::format("no PDF was made: pandoc {}\n{}", ending_of(*end), said));
  result.failed = !made;
  return result;
}

constexpr ToolForm kForm = {
    .name = "render_pdf",
    .description = "Makes a PDF of a Markdown file in the workspace.",
    .schema = R"({"type":"object","properties":{)"
              R"("source":{"type":"string","description":"The Markdown file."},)"
              R"("target":{"type":"string","description":"Default: the same name with .pdf."}},)"
              R"("required":["source"],"additionalProperties":false})",
    .changes = true,
    .run = render_pdf};

}  // namespace

const Tool& render_pdf_tool() {
  static const FormedTool tool(kForm);
  return tool;
}

}  // namespace baton
