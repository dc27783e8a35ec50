#include "intake/git.h"

#include <fmt/format.h>

#include <system_error>
#include <utility>

#include "base/spawn.h"
#include "base/text.h"

namespace baton {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxOutput = 256 << 20;

// Options and environment that hold whatever the repository's configuration says.
const std::vector<std::string> kOptions = {
    "--no-pager", "--literal-pathspecs",      "-c", "core.fsmonitor=false",
    "-c",         "core.hooksPath=/dev/null", "-c", "core.quotePath=true",
    "-c",         "core.bigFileThreshold=1m", "-c", "diff.external=",
    "-c",         "log.showSignature=false",  "-c", "submodule.recurse=false"};
const std::vector<std::string> kEnvironment = {
    "GIT_TERMINAL_PROMPT=0",   "GIT_OPTIONAL_LOCKS=0",     "GIT_NO_LAZY_FETCH=1",
    "GIT_ALLOW_PROTOCOL=none", "GIT_PROTOCOL_FROM_USER=0", "GIT_PAGER=cat"};

// What makes a repository of our own deaf to the machine and its users. It is ours, whoever we are
// today, and whoever owns the work tree.
const std::vector<std::string> kOwnOptions = {"-c", "safe.directory=*", "-c",
                                              "core.attributesFile=/dev/null"};
const std::vector<std::string> kOwnEnvironment = {"GIT_CONFIG_GLOBAL=/dev/null",
                                                  "GIT_CONFIG_NOSYSTEM=1", "GIT_ATTR_NOSYSTEM=1",
                                                  "GIT_NO_REPLACE_OBJECTS=1"};

// A large tree may take its time on a slow disk; a git that waits for something is stopped.
constexpr std::chrono::minutes kOwnTimeout{10};

std::string shown(std::string_view word) {
  return shorten(to_utf8(word), 200);
}

std::string without_end(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

bool has_commits(const fs::path& dir) {
  const Result<ProgramOutput> any = git(dir, {"rev-list", "-n", "1", "--all"});
  return any && any->status == 0 && !any->out.empty();
}

}  // namespace

Result<ProgramOutput> git(const fs::path& dir, const std::vector<std::string>& arguments,
                          std::string_view input) {
  ShortProgram program{.argv = {"git", "-C", dir.string()},
                       .environment = kEnvironment,
                       .input = input,
                       .max_output = kMaxOutput};
  program.argv.insert(program.argv.end(), kOptions.begin(), kOptions.end());
  program.argv.insert(program.argv.end(), arguments.begin(), arguments.end());
  Result<ProgramOutput> output = run_and_read(program);
  if (!output && output.error().kind == ErrorKind::kNotFound) {
    return usage_error(
        "git is not installed (no such program in PATH): install it, or review a diff with --diff "
        "FILE");
  }
  return output;
}

Result<ProgramOutput> git(const GitPlace& place, const std::vector<std::string>& arguments,
                          std::string_view input) {
  // Through flock: should we be killed, whoever comes next can wait for what still runs.
  // Through env: of a variable that is passed on to programs, our value must be the one that
  // counts.
  ShortProgram program{.argv = {"flock", "--shared", "--no-fork", place.git_folder.string(), "env",
                                "GIT_DIR=" + place.git_folder.string()},
                       .environment = kEnvironment,
                       .input = input,
                       .max_output = kMaxOutput,
                       .timeout = kOwnTimeout};
  const auto add = [&argv = program.argv](const std::vector<std::string>& words) {
    argv.insert(argv.end(), words.begin(), words.end());
  };
  add(kOwnEnvironment);
  add(place.environment);
  if (!place.work_tree.empty()) add({"GIT_WORK_TREE=" + place.work_tree.string()});
  if (!place.index.empty()) add({"GIT_INDEX_FILE=" + place.index.string()});
  add({"git", "-C", (place.work_tree.empty() ? place.git_folder : place.work_tree).string()});
  add(kOptions);
  add(kOwnOptions);
  for (const std::string& setting : place.settings) add({"-c", setting});
  add(arguments);
  return run_and_read(program);
}

namespace {

Result<std::string> output_of(Result<ProgramOutput> output, std::string_view attempt) {
  if (!output) {
    return Error{output.error().kind,
                 fmt::format("cannot {}: {}", attempt, output.error().message)};
  }
  if (output->status != 0) {
    return system_error(fmt::format("cannot {}: git ended with {}: {}", attempt,
                                    ending_words(output->status), complaint_of(*output)));
  }
  return std::move(output->out);
}

}  // namespace

Result<std::string> git_output(const fs::path& dir, std::string_view attempt,
                               const std::vector<std::string>& arguments, std::string_view input) {
  return output_of(git(dir, arguments, input), attempt);
}

Result<std::string> git_output(const GitPlace& place, std::string_view attempt,
                               const std::vector<std::string>& arguments, std::string_view input) {
  return output_of(git(place, arguments, input), attempt);
}

std::string complaint_of(const ProgramOutput& output) {
  std::string_view text = output.err;
  for (const std::string_view prefix : {"fatal: ", "error: "}) {
    if (text.starts_with(prefix)) text.remove_prefix(prefix.size());
  }
  return shown(text.substr(0, text.find('\n')));
}

std::optional<fs::path> repository_root(const fs::path& dir) {
  std::error_code error;
  fs::path at = fs::canonical(dir, error);
  if (error) return std::nullopt;
  while (true) {
    if (fs::exists(at / ".git", error)) return at;
    if (at == at.parent_path()) return std::nullopt;
    at = at.parent_path();
  }
}

Status check_repository(const fs::path& dir) {
  std::error_code error;
  if (!fs::is_directory(dir, error)) {
    return usage_error(fmt::format("there is no folder {}: name a repository with --repo DIR",
                                   shown(dir.string())));
  }
  const Result<ProgramOutput> output = git(dir, {"rev-parse", "--git-dir"});
  if (!output) return output.error();
  if (output->status == 0) return {};
  if (output->err.find("not a git repository") == std::string::npos) {
    return usage_error(fmt::format("git refuses to work in {}: {}", shown(dir.string()),
                                   shorten(to_utf8(without_end(output->err)), 1000)));
  }
  return usage_error(
      fmt::format("{} is not in a git repository: name one with --repo DIR, or review the files "
                  "with --tree PATH or a diff with --diff FILE",
                  shown(fs::absolute(dir, error).lexically_normal().string())));
}

Result<std::string> resolve_commit(const fs::path& dir, std::string_view revision) {
  const bool could_be_one =
      !revision.empty() && revision.front() != '-' && revision.find('\0') == revision.npos;
  if (could_be_one) {
    // In two steps: ":/text" takes all that stands behind it for text.
    std::string word(revision);
    for (const std::string_view suffix : {"", "^{commit}"}) {
      Result<ProgramOutput> output =
          git(dir, {"rev-parse", "--verify", "--quiet", "--end-of-options", word.append(suffix)});
      if (!output) return output.error();
      word = output->status == 0 ? without_end(std::move(output->out)) : "";
      if (word.empty()) break;
    }
    if (!word.empty()) return word;
  }
  if (!has_commits(dir)) {
    return usage_error(fmt::format(
        "the repository {} has no commit yet: make one, or review the files with --tree {}",
        shown(dir.string()), shown(dir.string())));
  }
  return usage_error(
      fmt::format("{} has no revision \"{}\": `git log` and `git branch -a` show "
                  "what there is",
                  shown(dir.string()), shown(revision)));
}

Result<std::vector<std::string>> parents_of(const fs::path& dir, const std::string& commit) {
  Result<std::string> text =
      git_output(dir, "read the commit " + commit, {"cat-file", "commit", commit});
  if (!text) return text.error();
  std::vector<std::string> parents;
  for (const std::string_view line : split_lines(*text)) {
    if (line.empty()) break;
    if (line.starts_with("parent ")) parents.emplace_back(line.substr(7));
  }
  return parents;
}

}  // namespace baton
