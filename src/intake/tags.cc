#include "intake/tags.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cctype>
#include <limits>
#include <optional>
#include <set>
#include <utility>

#include "base/json_fields.h"
#include "base/run_and_read.h"
#include "base/spawn.h"
#include "base/text.h"

namespace baton {
namespace {

namespace json = boost::json;

constexpr std::size_t kLongestName = 200;

// --options=NONE: no configuration of ctags is read, of nobody. Prototypes: of C and C++, they are
// what a header has to offer.
std::vector<std::string> command(std::string_view mode) {
  return {"ctags",          "--options=NONE",    fmt::format("--_interactive={}", mode),
          "--fields=NneKS", "--kinds-C=dfgpstu", "--kinds-C++=cdfgpstu"};
}

std::string safe_name(std::string_view path) {
  std::string name(path.substr(path.rfind('/') + 1));
  for (char& c : name) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '_';
    if (!plain) c = '_';
  }
  return name.size() > 100 ? name.substr(name.size() - 100) : name;
}

std::string questions(const std::vector<SourceText>& texts) {
  std::size_t size = 0;
  for (const SourceText& text : texts) size += text.text.size() + 200;
  std::string input;
  input.reserve(size);
  for (const SourceText& text : texts) {
    input += fmt::format(R"({{"command":"generate-tags","filename":"{}","size":{}}})"
                         "\n",
                         safe_name(text.path), text.text.size());
    input += text.text;
  }
  return input;
}

// What tells a planner little about how a file is built.
bool is_detail(std::string_view kind) {
  static const std::set<std::string_view> kDetails = {
      "variable",  "local",  "parameter", "enumerator", "label",  "header",     "extern",
      "externvar", "string", "number",    "boolean",    "null",   "array",      "key",
      "unknown",   "alias",  "property",  "constant",   "object", "macroparam", "namespace"};
  return kDetails.contains(kind);
}

int line_at(const json::object& tag, std::string_view name) {
  constexpr std::int64_t kMost = std::numeric_limits<int>::max();
  return static_cast<int>(std::clamp<std::int64_t>(integer_at(tag, name).value_or(0), 0, kMost));
}

// Elsewhere a prototype repeats a header, or is a macro's call that looks like one.
bool is_header(std::string_view path) {
  const std::string_view extension = path.substr(path.rfind('.') + 1);
  return extension.starts_with('h') || extension.starts_with('H');
}

std::optional<Symbol> symbol_of(const json::object& tag, std::string_view path) {
  const std::string_view name = text_at(tag, "name");
  const std::string_view kind = text_at(tag, "kind");
  const int first = line_at(tag, "line");
  if (first < 1 || name.empty() || is_detail(kind)) return std::nullopt;
  if (name.starts_with("__anon")) return std::nullopt;  // ctags' own name for what has none
  // Python's methods are members with a signature, other languages' fields members without.
  if (kind == "member" && !tag.contains("signature")) return std::nullopt;
  if (kind == "prototype" && !is_header(path)) return std::nullopt;
  return Symbol{shorten(name, kLongestName),
                std::string(kind),
                {first, std::max(first, line_at(tag, "end"))}};
}

// Answers come in the order of the texts, each ended by a line of its own.
class Answers {
 public:
  explicit Answers(const std::vector<SourceText>& texts) : texts_(texts), symbols_(texts.size()) {}

  void read(std::string_view line) {
    std::array<unsigned char, 4096> buffer;
    json::monotonic_resource memory(buffer.data(), buffer.size());
    json::error_code error;
    const json::value answer = json::parse(line, error, &memory);
    if (error || !answer.is_object()) return;
    const json::object& object = answer.get_object();
    const std::string_view type = text_at(object, "_type");
    if (type == "completed") ++done_;
    if (type != "tag" || done_ >= symbols_.size()) return;
    if (std::optional<Symbol> symbol = symbol_of(object, texts_[done_].path)) {
      symbols_[done_].push_back(std::move(*symbol));
    }
  }
  bool complete() const { return done_ == symbols_.size(); }
  std::vector<std::vector<Symbol>> symbols() && { return std::move(symbols_); }

 private:
  const std::vector<SourceText>& texts_;
  std::vector<std::vector<Symbol>> symbols_;
  std::size_t done_ = 0;
};

Result<ProgramOutput> run_ctags(std::string_view mode, std::string_view input,
                                std::chrono::milliseconds timeout) {
  return run_and_read(
      {.argv = command(mode), .environment = {}, .input = input, .timeout = timeout});
}

// "sandbox", if this ctags has it and it works here.
std::string_view best_mode() {
  static const std::string_view mode = [] {
    const std::vector<SourceText> probe = {{"a.c", "int f() {}\n"}};
    const Result<ProgramOutput> output =
        run_ctags("sandbox", questions(probe), std::chrono::seconds(5));
    const bool works =
        output && output->status == 0 && output->out.find("\"completed\"") != std::string::npos;
    return works ? "sandbox" : "default";
  }();
  return mode;
}

}  // namespace

Result<std::vector<std::vector<Symbol>>> symbols_of(const std::vector<SourceText>& texts,
                                                    std::chrono::milliseconds timeout) {
  const std::string input = questions(texts);
  const Result<ProgramOutput> output = run_ctags(best_mode(), input, timeout);
  if (!output) return output.error();
  Answers answers(texts);
  for (const std::string_view line : split_lines(output->out)) answers.read(line);
  if (answers.complete() && output->status == 0) return std::move(answers).symbols();
  return system_error(
      fmt::format("ctags is not universal-ctags with JSON, or failed: it ended with {}",
                  ending_words(output->status)));
}

}  // namespace baton
