#include "worker/worker.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "base/text.h"
#include "worker/frontmatter.h"
#include "worker/names.h"
#include "worker/tool_list.h"
#include "worker/tool_names.h"
#include "worker/worker_keys.h"

namespace baton {
namespace {

using Shape = FrontmatterEntry::Shape;

constexpr std::size_t kMostDescription = 2000;
constexpr std::size_t kMostModelId = 128;
constexpr std::int64_t kMostTurns = 10'000;
constexpr std::int64_t kLeastContext = 1'000;
constexpr std::int64_t kMostContext = 10'000'000;
constexpr std::array<std::string_view, 5> kEfforts = {"low", "medium", "high", "xhigh", "max"};

struct ModelWord {
  std::string_view word;
  std::optional<Tier> tier;  // none: as the task's type says
};
constexpr std::array kModelWords = {
    ModelWord{"haiku", Tier::kFast},    ModelWord{"sonnet", Tier::kBalanced},
    ModelWord{"opus", Tier::kDeep},     ModelWord{"fable", Tier::kDeep},
    ModelWord{"best", Tier::kDeep},     ModelWord{"opusplan", Tier::kBalanced},
    ModelWord{"inherit", std::nullopt}, ModelWord{"default", std::nullopt},
};

bool is_model_id(std::string_view text) {
  return !text.empty() && text.size() <= kMostModelId &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return is_ascii_alnum(c) ||
                  std::string_view("._:/@-[]").find(c) != std::string_view::npos;
         });
}

// Reads the entries of one file; the first fault is kept, and reading goes on harmlessly.
class WorkerFile {
 public:
  WorkerFile(const Frontmatter& file, std::string_view name) : file_(file), name_(name) {
    worker_.source = name;
  }

  Result<Worker> read() {
    for (const FrontmatterEntry& entry : file_.entries) read_entry(entry);
    settle_tools();
    if (worker_.description.empty()) fail(1, "'description' is missing: it says when to choose it");
    if (file_.body.empty()) fail(1, "there are no instructions after the frontmatter");
    worker_.instructions = file_.body;
    if (error_) return *error_;
    return std::move(worker_);
  }

 private:
  void read_entry(const FrontmatterEntry& entry) {
    const std::string_view key = entry.key;
    if (key == "name") return read_name(entry);
    if (key == "description") return read_description(entry);
    if (key == "tools") return void(granted_ = list(entry));
    if (key == "disallowedTools") return void(denied_ = list(entry));
    if (key == "model") return read_model(entry);
    if (key == "tier") return read_tier(entry);
    if (key == "effort") return read_effort(entry);
    if (key == "maxTurns" || key == "max_turns") return read_turns(entry);
    if (key == "context") {
      return void(worker_.context = Tokens(number(entry, kLeastContext, kMostContext)));
    }
    if (key == "skills") return read_skills(entry);
    if (key == "memory") return read_memory(entry);
    if (key == "omitClaudeMd") return void(worker_.omits_project_instructions = truth(entry));
    if (key == "isolation") return read_isolation(entry);
    const std::string_view why = why_worker_key_is_unused(key);
    note(entry, fmt::format("is not used: {}", why.empty() ? "no such key is known" : why));
  }

  void read_name(const FrontmatterEntry& entry) {
    worker_.name = word(entry);
    if (const std::string what = objection_to_name(worker_.name); !what.empty()) fail(entry, what);
  }

  void read_description(const FrontmatterEntry& entry) {
    if (entry.shape != Shape::kText) return fail(entry, "must be a text");
    worker_.description = one_paragraph(for_terminal(entry.text));
    if (worker_.description.size() <= kMostDescription) return;
    worker_.description = shorten(worker_.description, kMostDescription);
    note(entry, fmt::format("is cut to {} bytes: the planner reads all of them", kMostDescription));
  }

  void read_model(const FrontmatterEntry& entry) {
    std::string_view text = word(entry);
    constexpr std::string_view kLongContext = "[1m]";
    const bool is_long = text.ends_with(kLongContext);
    const std::string_view plain =
        is_long ? text.substr(0, text.size() - kLongContext.size()) : text;
    for (const ModelWord& known : kModelWords) {
      if (known.word != plain) continue;
      if (is_long) note(entry, "has no 1m form here: `context` bounds the prompts");
      if (!tier_is_given_) worker_.tier = known.tier;
      return;
    }
    if (!is_model_id(text)) {
      return fail(entry, "must be haiku, sonnet, opus, fable, inherit or a model's full id");
    }
    worker_.model = text;
  }

  void read_tier(const FrontmatterEntry& entry) {
    const std::optional<Tier> tier = tier_from(word(entry));
    if (!tier || *tier == Tier::kLocal) return fail(entry, "must be fast, balanced or deep");
    worker_.tier = tier;
    tier_is_given_ = true;  // ours, so it goes before `model`'s
  }

  void read_effort(const FrontmatterEntry& entry) {
    const std::string& text = word(entry);
    const bool is_number =
        !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
    if (is_number) return note(entry, "is not used: efforts have names here, not numbers");
    if (std::find(kEfforts.begin(), kEfforts.end(), text) == kEfforts.end()) {
      return fail(entry, "must be low, medium, high, xhigh or max");
    }
    worker_.effort = text;
  }

  void read_turns(const FrontmatterEntry& entry) {
    if (worker_.max_turns) return fail(entry, "stands there twice: maxTurns and max_turns are one");
    worker_.max_turns = static_cast<int>(number(entry, 1, kMostTurns));
  }

  void read_skills(const FrontmatterEntry& entry) {
    std::set<std::string> seen;
    for (std::string& skill : list(entry)) {
      const std::string what = objection_to_name(skill);
      if (!what.empty()) {
        note(entry, fmt::format("names '{}', which {}: left out", skill, what));
      } else if (seen.insert(skill).second) {
        worker_.skills.push_back(std::move(skill));
      }
    }
  }

  void read_memory(const FrontmatterEntry& entry) {
    const std::string& scope = word(entry);
    const bool is_known = scope == "project" || scope == "local" || scope == "user";
    if (!is_known) return fail(entry, "must be project, local or user");
    has_memory_ = true;
    if (scope != "project") {
      note(entry,
           fmt::format("is taken as 'project': facts are kept for each project, not '{}'", scope));
    }
  }

  void read_isolation(const FrontmatterEntry& entry) {
    if (word(entry) == "worktree") return;  // every worker that writes has one
    note(entry, "is not used: a worker that writes always has a worktree of its own");
  }

  void settle_tools() {
    if (granted_ && has_memory_) granted_->emplace_back("memory");
    ToolChoice choice = choose_tools(granted_, denied_);
    if (choice.none_left) {
      const FrontmatterEntry* tools = file_.find("tools");
      fail(tools == nullptr ? 1 : tools->line,
           fmt::format("'tools' leaves it none{}{}", choice.notes.empty() ? "" : "; ",
                       fmt::join(choice.notes, "; ")));
    }
    worker_.tools = std::move(choice.tools);
    for (std::string& text : choice.notes) worker_.notes.push_back(std::move(text));
  }

  // A single word; a fault, and empty, if it is anything else.
  const std::string& word(const FrontmatterEntry& entry) {
    static const std::string kNone;
    if (entry.shape == Shape::kText && !entry.literal) return entry.text;
    fail(entry, "must be one word");
    return kNone;
  }

  std::vector<std::string> list(const FrontmatterEntry& entry) {
    // Read as prose, half of what was meant would be lost, and what is not denied is allowed.
    if (entry.literal) return fail(entry, "is not YAML: write [a, b]"), std::vector<std::string>();
    if (entry.shape == Shape::kNested) {
      return fail(entry, "must be a list of names"), std::vector<std::string>();
    }
    std::vector<std::string> entries;
    if (entry.shape == Shape::kText) entries = split_tool_list(entry.text);
    for (const std::string& item : entry.items) {
      for (std::string& name : split_tool_list(item)) entries.push_back(std::move(name));
    }
    if (entries.empty()) fail(entry, "is empty: leave the key out, or name something");
    return entries;
  }

  std::int64_t number(const FrontmatterEntry& entry, std::int64_t least, std::int64_t most) {
    const std::string& text = word(entry);
    std::int64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    const bool is_good = error == std::errc() && stop == end && least <= value && value <= most;
    if (is_good) return value;
    fail(entry, fmt::format("must be a whole number from {} to {}", least, most));
    return least;
  }

  bool truth(const FrontmatterEntry& entry) {
    const std::string& text = word(entry);
    if (text != "true" && text != "false") fail(entry, "must be true or false");
    return text == "true";
  }

  void note(const FrontmatterEntry& entry, std::string_view what) {
    worker_.notes.push_back(fmt::format("line {}: '{}' {}", entry.line, entry.key, what));
  }
  void fail(const FrontmatterEntry& entry, std::string_view what) {
    fail(entry.line, fmt::format("'{}' {}", entry.key, what));
  }
  void fail(int line, std::string_view what) {
    if (!error_) error_ = fault_at(name_, line, what);
  }

  const Frontmatter& file_;
  std::string_view name_;
  Worker worker_;
  std::optional<std::vector<std::string>> granted_;
  std::vector<std::string> denied_;
  bool has_memory_ = false;
  bool tier_is_given_ = false;
  std::optional<Error> error_;
};

}  // namespace

bool Worker::writes() const {
  return std::any_of(tools.begin(), tools.end(), [](const std::string& tool) {
    return std::find(kWritingTools.begin(), kWritingTools.end(), tool) != kWritingTools.end();
  });
}

Result<Worker> read_worker(std::string_view text, std::string_view name) {
  const Result<Frontmatter> file = read_frontmatter(text, name);
  if (!file) return file.error();
  if (file->find("name") == nullptr) {
    return not_found(fmt::format("{}: no worker: there is no 'name' in its frontmatter", name));
  }
  return WorkerFile(*file, name).read();
}

const Worker* WorkerTable::find(std::string_view name) const {
  const auto found = std::find_if(workers.begin(), workers.end(),
                                  [&](const Worker& worker) { return worker.name == name; });
  return found == workers.end() ? nullptr : &*found;
}

const Skill* WorkerTable::find_skill(std::string_view name) const {
  const auto found = std::find_if(skills.begin(), skills.end(),
                                  [&](const Skill& skill) { return skill.name == name; });
  return found == skills.end() ? nullptr : &*found;
}

}  // namespace baton
