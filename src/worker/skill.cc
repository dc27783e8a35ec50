#include "worker/skill.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "intake/read_beneath.h"
#include "worker/frontmatter.h"
#include "worker/names.h"
#include "worker/worker_keys.h"

namespace baton {
namespace {

using Shape = FrontmatterEntry::Shape;

constexpr std::size_t kLongestListed = 1536;  // bytes, as Claude Code cuts it
constexpr std::size_t kMostBody = 64 << 10;

std::string without(std::string text, std::string_view what) {
  for (std::size_t at = text.find(what); at != text.npos; at = text.find(what, at)) {
    text.erase(at, what.size());
  }
  return text;
}

std::string first_paragraph(std::string_view body) {
  for (std::size_t at = 0; at < body.size();) {
    const std::size_t end = std::min(body.find("\n\n", at), body.size());
    const std::string_view paragraph = body.substr(at, end - at);
    if (!paragraph.starts_with('#')) return one_paragraph(paragraph);
    at = end + 2;
  }
  return {};
}

// Reads the entries of one file; the first fault is kept.
class SkillFile {
 public:
  SkillFile(const Frontmatter& file, std::string_view folder_name, std::string_view name)
      : file_(file), folder_name_(folder_name), name_(name) {
    skill_.source = name;
  }

  Result<Skill> read() {
    for (const FrontmatterEntry& entry : file_.entries) read_entry(entry);
    settle_name();
    settle_body();
    if (skill_.description.empty()) skill_.description = first_paragraph(skill_.body);
    if (skill_.description.empty()) fail(1, "'description' is missing: it says when to use it");
    if (!when_to_use_.empty()) skill_.description += " " + when_to_use_;
    if (error_) return *error_;
    return std::move(skill_);
  }

 private:
  void read_entry(const FrontmatterEntry& entry) {
    const std::string_view key = entry.key;
    if (key == "name") return void(skill_.name = text(entry));
    if (key == "description") return void(skill_.description = text(entry));
    if (key == "when_to_use") return void(when_to_use_ = text(entry));
    if (key == "disable-model-invocation") return void(skill_.is_listed = text(entry) != "true");
    const bool is_for_people = key == "license" || key == "compatibility" || key == "metadata" ||
                               key == "user-invocable" || key == "version";
    if (is_for_people) return;
    const std::string_view why = why_skill_key_is_unused(key);
    skill_.notes.push_back(fmt::format("line {}: '{}' is not used: {}", entry.line, key,
                                       why.empty() ? "no such key is known" : why));
  }

  void settle_name() {
    if (skill_.name.empty()) skill_.name = folder_name_;
    if (const std::string what = objection_to_name(skill_.name); !what.empty()) {
      fail(1, fmt::format("its name '{}' {}", skill_.name, what));
    }
    if (skill_.name != folder_name_) {
      skill_.notes.push_back(
          fmt::format("its name '{}' is not that of its folder, '{}'", skill_.name, folder_name_));
    }
  }

  void settle_body() {
    skill_.body = without(without(file_.body, "${CLAUDE_SKILL_DIR}/"), "${CLAUDE_PROJECT_DIR}/");
    if (skill_.body.empty()) fail(1, "there is nothing after the frontmatter");
    if (skill_.body.size() > kMostBody) {
      fail(1, fmt::format("its body is above {} KiB: put details into files it points to",
                          kMostBody >> 10));
    }
    if (skill_.body.find("!`") != std::string::npos) {
      skill_.notes.push_back("commands of the form !`…` are not run: they stay text");
    }
    if (skill_.body.find("$ARGUMENTS") != std::string::npos) {
      skill_.notes.push_back("a skill takes no arguments: $ARGUMENTS stays text");
    }
  }

  std::string text(const FrontmatterEntry& entry) {
    if (entry.shape == Shape::kText) return one_paragraph(for_terminal(entry.text));
    fail(entry.line, fmt::format("'{}' must be a text", entry.key));
    return {};
  }

  void fail(int line, std::string_view what) {
    if (!error_) error_ = fault_at(name_, line, what);
  }

  const Frontmatter& file_;
  std::string_view folder_name_;
  std::string_view name_;
  Skill skill_;
  std::string when_to_use_;
  std::optional<Error> error_;
};

}  // namespace

Result<Skill> read_skill(std::string_view text, std::string_view folder_name,
                         std::string_view name) {
  const Result<Frontmatter> file = read_frontmatter(text, name);
  if (!file) return file.error();
  return SkillFile(*file, folder_name, name).read();
}

std::string skill_listing(const std::vector<Skill>& skills) {
  std::string out;
  for (const Skill& skill : skills) {
    if (!skill.is_listed) continue;
    out += fmt::format("- {}: {}\n", skill.name, shorten(skill.description, kLongestListed));
  }
  return out;
}

Result<std::string> read_skill_file(const Skill& skill, std::string_view path) {
  const auto not_read = [&](std::string_view why) {
    return fmt::format("skill {}: cannot read '{}': {}", skill.name, path, why);
  };
  if (skill.folder.empty()) return not_found(not_read("it has no other files"));
  const Result<Folder> folder = Folder::open(skill.folder);
  if (!folder) return not_found(not_read(folder.error().message));
  while (path.starts_with("./")) path.remove_prefix(2);
  FileRead file = folder->read(path, kMostSkillFile);
  switch (file.kind) {
    case FileRead::Kind::kRead:
      break;
    case FileRead::Kind::kMissing:
      return not_found(not_read("there is no such file in its folder"));
    case FileRead::Kind::kSymbolicLink:
      return input_error(not_read("symbolic links are not followed"));
    case FileRead::Kind::kFolder:
      return input_error(not_read("it is a folder"));
    case FileRead::Kind::kTooLarge:
      return input_error(not_read(fmt::format("it is above {} KiB", kMostSkillFile >> 10)));
    case FileRead::Kind::kUnreadable:
      return input_error(not_read(file.why));
  }
  const bool is_text = is_utf8(file.bytes) && file.bytes.find('\0') == std::string::npos;
  if (!is_text) return input_error(not_read("it is not text"));
  return std::move(file.bytes);
}

}  // namespace baton
