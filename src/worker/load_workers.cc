#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <set>

#include "base/embedded.h"
#include "worker/definition_tree.h"
#include "worker/worker.h"

namespace baton {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kBuiltIn = "built in";

std::optional<uid_t> owner_of(const fs::path& folder) {
  struct stat facts {};
  if (::stat(folder.c_str(), &facts) != 0) return std::nullopt;
  return facts.st_uid;
}

// From the folder up to the repository's root; the folder alone if it is in none. A parent of
// another owner ends the search: in a shared folder anybody can make a `.git`.
std::vector<fs::path> levels_of(const fs::path& repository) {
  std::error_code error;
  const fs::path start = fs::canonical(repository, error);
  if (error) return {};
  std::vector<fs::path> levels;
  for (fs::path folder = start;; folder = folder.parent_path()) {
    if (owner_of(folder) != owner_of(start)) break;
    levels.push_back(folder);
    if (fs::exists(fs::symlink_status(folder / ".git", error))) return levels;
    if (folder == folder.parent_path()) break;
  }
  return {start};
}

class Loader {
 public:
  void add_repository(const fs::path& repository) {
    const std::vector<fs::path> levels = levels_of(repository);
    for (const fs::path& level : levels) {
      const fs::path shown = level.lexically_relative(levels.back());
      for (const char* folder : {".baton", ".claude"}) {
        const bool is_ours = std::string_view(folder) == ".baton";
        const auto place = [&](std::string_view name) {
          const std::string below = fmt::format("{}/{}", folder, name);
          return TreePlace{.root = level,
                           .below = below,
                           .shown = (shown / below).lexically_normal().string(),
                           .is_repository = true};
        };
        add_workers(place(is_ours ? "workers" : "agents"));
        add_skills(place("skills"));
      }
    }
  }

  void add_user(const fs::path& root, const std::string& workers, const std::string& skills) {
    const auto place = [&](const std::string& below) {
      return TreePlace{.root = root, .below = below, .shown = (root / below).string()};
    };
    add_workers(place(workers));
    add_skills(place(skills));
  }

  void add_built_in() {
    for (const std::string_view path : embedded_files("workers/")) {
      add_embedded(table_.workers, read_worker(*embedded_file(path), path), path);
    }
    for (const std::string_view path : embedded_files("skills/")) {
      const std::string folder = fs::path(path).parent_path().filename().string();
      add_embedded(table_.skills, read_skill(*embedded_file(path), folder, path), path);
    }
  }

  WorkerTable finish() && {
    const auto by_name = [](const auto& a, const auto& b) { return a.name < b.name; };
    std::sort(table_.workers.begin(), table_.workers.end(), by_name);
    std::sort(table_.skills.begin(), table_.skills.end(), by_name);
    for (Worker& worker : table_.workers) {
      for (const std::string& skill : worker.skills) {
        if (table_.find_skill(skill) != nullptr) continue;
        worker.notes.push_back(fmt::format("there is no skill '{}': it goes without", skill));
      }
    }
    return std::move(table_);
  }

 private:
  void add_workers(const TreePlace& place) {
    if (!is_new(place)) return;
    DefinitionTree tree = worker_files(place);
    take_problems(tree);
    std::vector<Worker> found;
    for (const DefinitionFile& file : tree.files) {
      Result<Worker> worker = read_worker(file.text, file.shown);
      if (worker) {
        found.push_back(*std::move(worker));
      } else if (worker.error().kind != ErrorKind::kNotFound) {
        add_problem(file.shown, worker.error().message);
      }
    }
    add_tree(table_.workers, std::move(found), place.is_repository);
  }

  void add_skills(const TreePlace& place) {
    if (!is_new(place)) return;
    DefinitionTree tree = skill_files(place);
    take_problems(tree);
    std::vector<Skill> found;
    for (const DefinitionFile& file : tree.files) {
      Result<Skill> skill = read_skill(file.text, file.folder.filename().string(), file.shown);
      if (!skill) {
        add_problem(file.shown, skill.error().message);
        continue;
      }
      found.push_back(*std::move(skill));
      found.back().folder = file.folder;
    }
    add_tree(table_.skills, std::move(found), place.is_repository);
  }

  // The same folder can be reached twice: a home folder that is a repository.
  bool is_new(const TreePlace& place) {
    std::error_code error;
    return seen_.insert(fs::weakly_canonical(place.root / place.below, error)).second;
  }

  // Of two of one name nobody can say which was meant: neither is used.
  template <typename Definition>
  void add_tree(std::vector<Definition>& table, std::vector<Definition> found, bool is_repository) {
    for (Definition& one : found) {
      const auto other = std::find_if(found.begin(), found.end(), [&](const Definition& that) {
        return &that != &one && that.name == one.name;
      });
      if (other == found.end()) {
        add_one(table, one, is_repository);
      } else {
        add_problem(one.source, fmt::format("{}: '{}' is also defined in {}: neither is used",
                                            one.source, one.name, other->source));
      }
    }
  }

  template <typename Definition>
  void add_one(std::vector<Definition>& table, const Definition& one, bool is_repository) {
    const auto nearer = std::find_if(table.begin(), table.end(),
                                     [&](const Definition& that) { return that.name == one.name; });
    if (nearer == table.end()) {
      table.push_back(one);
      if (is_repository) of_repository_.insert(one.source);
    } else if (of_repository_.contains(nearer->source)) {
      nearer->notes.push_back(
          fmt::format("it is used in place of that of the same name, {}", one.source));
    }
  }

  template <typename Definition>
  void add_embedded(std::vector<Definition>& table, Result<Definition> built_in,
                    std::string_view path) {
    if (!built_in) return add_problem(std::string(path), built_in.error().message);
    built_in->source = kBuiltIn;
    add_one(table, *built_in, false);
  }

  void take_problems(DefinitionTree& tree) {
    for (WorkerProblem& problem : tree.problems) table_.problems.push_back(std::move(problem));
  }
  void add_problem(std::string file, std::string what) {
    table_.problems.push_back({.file = std::move(file), .what = std::move(what)});
  }

  WorkerTable table_;
  std::set<fs::path> seen_;
  std::set<std::string> of_repository_;  // sources
};

}  // namespace

WorkerTable load_workers(const fs::path& repository, const std::optional<fs::path>& user_config,
                         const std::optional<fs::path>& home) {
  Loader loader;
  loader.add_repository(repository);
  if (user_config) loader.add_user(*user_config, "workers", "skills");
  if (home) loader.add_user(*home, ".claude/agents", ".claude/skills");
  loader.add_built_in();
  return std::move(loader).finish();
}

}  // namespace baton
