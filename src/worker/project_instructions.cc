#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/text.h"
#include "intake/read_beneath.h"
#include "prompt/prompt.h"
#include "worker/instruction_text.h"
#include "worker/worker.h"

namespace baton {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kMostBytes = 256 << 10;  // of one file
constexpr std::size_t kMostFiles = 40;
constexpr int kMostHops = 4;
constexpr int kMostLevels = 64;
constexpr std::string_view kAgents = "AGENTS.md";
constexpr std::array<std::string_view, 3> kClaude = {"CLAUDE.md", ".claude/CLAUDE.md",
                                                     "CLAUDE.local.md"};

struct Section {
  std::string file;
  std::string text;
};

// Hidden files hold credentials, so an import must not bring one into a prompt: `@.env`.
bool is_hidden(const fs::path& path) {
  static const std::set<std::string> kShown = {".claude", ".baton", ".github"};
  return std::any_of(path.begin(), path.end(), [](const fs::path& name) {
    return name.native().starts_with('.') && !kShown.contains(name.string());
  });
}

bool leads_outside(const fs::path& normal) {
  return normal.is_absolute() || (!normal.empty() && *normal.begin() == "..");
}

class Collector {
 public:
  explicit Collector(const fs::path& repository)
      : repository_(repository), folder_(Folder::open(repository)) {}

  void collect(std::string_view path) {
    if (!folder_) return note(folder_.error().message);
    const std::vector<fs::path> levels = levels_to(path);
    const fs::path nearest_agents = nearest(levels);
    for (const fs::path& level : levels) {
      const fs::path agents = level / kAgents;
      if (agents == nearest_agents) add(agents, 0);
      for (const std::string_view name : kClaude) add(level / name, 0);
    }
  }

  std::vector<Section> take_sections() { return std::move(sections_); }
  std::vector<std::string> take_notes() { return std::move(notes_); }

 private:
  // The repository's root, then each folder on the way to the path, as relative paths.
  std::vector<fs::path> levels_to(std::string_view path) {
    std::vector<fs::path> levels = {fs::path()};
    const fs::path normal = fs::path(path).lexically_normal();
    if (leads_outside(normal)) {
      note(fmt::format("'{}' is outside of the repository: only its root is looked at",
                       to_utf8(path)));
      return levels;
    }
    for (const fs::path& name : normal) {
      const bool is_step = !name.empty() && name != ".";
      if (is_step && levels.size() < kMostLevels) levels.push_back(levels.back() / name);
    }
    return levels;
  }

  fs::path nearest(const std::vector<fs::path>& levels) const {
    for (auto level = levels.rbegin(); level != levels.rend(); ++level) {
      const FileRead file = folder_->read((*level / kAgents).string(), kMostBytes);
      if (file.kind != FileRead::Kind::kMissing) return *level / kAgents;
    }
    return {};
  }

  // False: there is no such file.
  bool add(const fs::path& path, int hops) {
    if (seen_.contains(path)) return true;
    const std::string shown = to_utf8(path.string());
    FileRead file = folder_->read(path.string(), kMostBytes);
    if (file.kind == FileRead::Kind::kMissing) return false;
    seen_.insert(path);
    if (file.kind == FileRead::Kind::kFolder) return true;
    if (file.kind == FileRead::Kind::kSymbolicLink) {
      if (!is_link_between_the_two(path)) note(shown + " is a symbolic link: not followed");
      return true;
    }
    if (file.kind == FileRead::Kind::kTooLarge) {
      note(fmt::format("{} is above {} KiB: not read", shown, kMostBytes >> 10));
      return true;
    }
    if (file.kind != FileRead::Kind::kRead) {
      note(fmt::format("{} was not read: {}", shown, file.why));
      return true;
    }
    if (sections_.size() == kMostFiles) {
      note(fmt::format("{} is left out: more than {} files", shown, kMostFiles));
      return true;
    }
    InstructionText read_one = read_instruction_text(to_utf8(file.bytes));
    sections_.push_back({.file = shown, .text = std::move(read_one.text)});
    for (const std::string& import : read_one.imports) add_import(path, import, hops + 1);
    return true;
  }

  void add_import(const fs::path& importer, std::string_view import, int hops) {
    if (import.starts_with("~/") || import.starts_with('/')) return refuse(importer, import);
    const auto try_to_add = [&](std::string_view name) {
      const fs::path path = (importer.parent_path() / name).lexically_normal();
      if (leads_outside(path)) return refuse(importer, import), true;
      if (is_hidden(path)) return refuse_hidden(importer, path), true;
      if (hops <= kMostHops) return add(path, hops);
      if (folder_->read(path.string(), 0).kind == FileRead::Kind::kMissing) return false;
      note(fmt::format("{}: '@{}' is the fifth import in a row: left out",
                       to_utf8(importer.string()), import));
      return true;
    };
    if (try_to_add(import)) return;
    // At the end of a sentence; what is not a file at all ("@param") is just text.
    const std::size_t end = import.find_last_not_of(".,;:!?)]}'\"*_");
    const std::string_view shorter = import.substr(0, end == import.npos ? 0 : end + 1);
    if (!shorter.empty() && shorter != import) try_to_add(shorter);
  }

  // CLAUDE.md as a link to the AGENTS.md beside it, or the other way round, is the usual bridge:
  // the one that is a file is read.
  bool is_link_between_the_two(const fs::path& path) const {
    std::error_code error;
    const fs::path target = fs::read_symlink(repository_ / path, error).lexically_normal();
    const fs::path name = path.filename();
    return (name == kClaude[0] && target == kAgents) || (name == kAgents && target == kClaude[0]);
  }

  void refuse(const fs::path& importer, std::string_view import) {
    note(fmt::format("{}: '@{}' is outside of the repository: not read", to_utf8(importer.string()),
                     import));
  }
  void refuse_hidden(const fs::path& importer, const fs::path& path) {
    if (folder_->read(path.string(), 0).kind == FileRead::Kind::kMissing) return;
    note(fmt::format("{}: '{}' is a hidden file: not read", to_utf8(importer.string()),
                     to_utf8(path.string())));
  }
  void note(std::string what) {
    if (notes_.size() < kMostFiles) notes_.push_back(std::move(what));
  }

  fs::path repository_;
  Result<Folder> folder_;
  std::set<fs::path> seen_;
  std::vector<Section> sections_;
  std::vector<std::string> notes_;
};

std::string framed(const Section& section) {
  const std::size_t end = section.text.find_last_not_of(" \t\r\n");
  if (end == section.text.npos) return {};
  return fmt::format("<instructions file=\"{}\">\n{}\n</instructions>\n", section.file,
                     section.text.substr(0, end + 1));
}

// The lines of the section that fit into `bytes`, framed; empty if hardly any would.
std::string framed_beginning(const Section& section, std::size_t bytes) {
  constexpr std::size_t kLeast = 200;
  constexpr std::string_view kCut = "\n(cut here)";
  const std::size_t frame = framed({section.file, "x"}).size() + kCut.size();
  if (bytes < frame + kLeast) return {};
  const std::size_t end = section.text.rfind('\n', bytes - frame);
  if (end == section.text.npos || end < kLeast) return {};
  return framed({section.file, section.text.substr(0, end).append(kCut)});
}

}  // namespace

ProjectInstructions project_instructions(const fs::path& repository, std::string_view path,
                                         Tokens budget) {
  Collector collector(repository);
  collector.collect(path);
  const std::vector<Section> sections = collector.take_sections();
  ProjectInstructions result;
  result.notes = collector.take_notes();
  // The most that estimated_tokens() takes for the budget.
  std::size_t room = budget > Tokens() ? static_cast<std::size_t>(budget.count()) * 4 - 1 : 0;
  bool is_full = false;
  // The nearest says more about the task than the root's, so it is the last to be cut.
  for (auto section = sections.rbegin(); section != sections.rend(); ++section) {
    std::string text = framed(*section);
    if (text.empty()) continue;
    if (is_full || text.size() > room) {
      text = is_full ? "" : framed_beginning(*section, room);
      result.notes.push_back(fmt::format("{} is {}: the budget is {} tokens", section->file,
                                         text.empty() ? "left out" : "cut", budget.count()));
      is_full = true;
      if (text.empty()) continue;
    }
    room -= text.size();
    result.text.insert(0, text);
    result.files.insert(result.files.begin(), section->file);
  }
  return result;
}

}  // namespace baton
