#include "worktree/run_repository.h"

#include <fmt/format.h>

#include <array>
#include <system_error>

#include "base/text.h"
#include "intake/git.h"
#include "worktree/disk.h"
#include "worktree/object_id.h"

namespace baton {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kBaseRef = "refs/baton/base";

// What is to be known of the user's repository.
struct UserGit {
  fs::path top;               // of the working tree; of a repository without one, its git folder
  std::string object_format;  // "sha1"
  fs::path objects;
  fs::path shallow;       // the list of commits whose parents a shallow clone lacks
  std::string line_ends;  // core.autocrlf and core.eol, as lines of our configuration
};

// How the user's git converts text is data, and part of what the blobs of this repository are.
Result<std::string> line_end_settings(const fs::path& user) {
  constexpr std::array<std::pair<std::string_view, std::array<std::string_view, 3>>, 2> kKnown = {
      {{"autocrlf", {"true", "input", "false"}}, {"eol", {"lf", "crlf", "native"}}}};
  std::string lines;
  for (const auto& [name, values] : kKnown) {
    Result<ProgramOutput> said = git(user, {"config", "--get", fmt::format("core.{}", name)});
    if (!said) return said.error();
    const std::string value = one_line(said->out);
    for (const std::string_view known : values) {
      if (value == known) lines += fmt::format("\t{} = {}\n", name, known);
    }
  }
  return lines;
}

Result<UserGit> look_at(const fs::path& user) {
  if (Status usable = check_repository(user); !usable) return usable.error();
  UserGit found;
  const auto ask = [&user](std::vector<std::string> words) {
    words.insert(words.begin(), {"rev-parse", "--path-format=absolute"});
    Result<std::string> said = git_output(user, "look at the repository", words);
    return said ? Result<std::string>(one_line(std::move(*said))) : said;
  };
  Result<std::string> top = ask({"--show-toplevel"});
  if (!top) top = ask({"--absolute-git-dir"});
  if (!top) return top.error();
  Result<std::string> format = ask({"--show-object-format"});
  if (!format) return format.error();
  Result<std::string> objects = ask({"--git-path", "objects"});
  if (!objects) return objects.error();
  Result<std::string> shallow = ask({"--git-path", "shallow"});
  if (!shallow) return shallow.error();
  Result<std::string> line_ends = line_end_settings(user);
  if (!line_ends) return line_ends.error();
  return UserGit{*top, *format, *objects, *shallow, *line_ends};
}

std::string configuration_for(const UserGit& user) {
  const bool extended = user.object_format != "sha1";
  return fmt::format(
      "[core]\n\trepositoryformatversion = {}\n\tbare = true\n\tfilemode = true\n"
      "\thooksPath = /dev/null\n\tfsmonitor = false\n\tlogAllRefUpdates = false\n"
      // Ours to do, once for each operation: see make_durable().
      "\tfsync = none\n"
      "{}{}[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n[protocol]\n\tallow = never\n",
      extended ? 1 : 0, user.line_ends,
      extended ? fmt::format("[extensions]\n\tobjectFormat = {}\n", user.object_format) : "");
}

// A line of objects/info/alternates, quoted as git's C-style quoting has it: a path may hold what
// such a line may not.
std::string alternates_line(const fs::path& objects) {
  std::string line = "\"";
  for (const char c : objects.string()) {
    if (c == '"' || c == '\\' || static_cast<unsigned char>(c) < ' ') {
      line += fmt::format("\\{:03o}", static_cast<unsigned char>(c));
    } else {
      line += c;
    }
  }
  return line + "\"\n";
}

// A git that was killed leaves its locks behind. One that was not, though whoever started it was,
// is let come to its end first.
Status remove_stale_locks(const fs::path& git_folder) {
  const Result<Fd> alone = lock_alone(git_folder);
  if (!alone) return alone.error();
  std::error_code error;
  std::vector<fs::path> stale;
  const auto note = [&stale](const fs::directory_entry& entry) {
    if (entry.path().extension() == ".lock") stale.push_back(entry.path());
  };
  for (const auto& entry : fs::directory_iterator(git_folder, error)) note(entry);
  for (const char* below : {"refs", "worktrees"}) {
    for (const auto& entry : fs::recursive_directory_iterator(git_folder / below, error)) {
      note(entry);
    }
  }
  for (const fs::path& lock : stale) fs::remove(lock, error);
  return {};
}

// Under another name first: a repository that is there is a whole one.
Status make_bare_repository(const fs::path& git_folder, const UserGit& user) {
  fs::path draft = git_folder;
  draft += ".draft";
  if (Status removed = remove_tree(draft); !removed) return removed;
  const GitPlace place{.git_folder = draft, .work_tree = {}, .index = {}};
  std::error_code error;
  fs::create_directories(draft, error);
  if (error) {
    return system_error(
        fmt::format("cannot make {}: {}", to_utf8(draft.string()), error.message()));
  }
  Result<std::string> made =
      git_output(place, "make the run's repository",
                 {"init", "-q", "--bare", "--template=", "--object-format=" + user.object_format,
                  draft.string()});
  if (!made) return made.error();
  fs::create_directories(draft / "objects" / "info", error);
  fs::create_directories(draft / "worktrees", error);
  fs::rename(draft, git_folder, error);
  if (!error) return {};
  return system_error(
      fmt::format("cannot make {}: {}", to_utf8(git_folder.string()), error.message()));
}

// What git wrote in C-style quotes, if it did.
std::string unquoted(std::string_view text) {
  if (text.size() < 2 || text.front() != '"') return std::string(text);
  constexpr std::string_view kLetters = "abfnrtv";
  constexpr std::string_view kMeanings = "\a\b\f\n\r\t\v";
  std::string plain;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] != '\\') {
      plain += text[i];
      continue;
    }
    const char next = text[++i];
    const std::size_t letter = kLetters.find(next);
    if (letter != kLetters.npos) {
      plain += kMeanings[letter];
    } else if (next >= '0' && next <= '3' && i + 3 < text.size()) {
      plain += static_cast<char>((next - '0') * 64 + (text[i + 1] - '0') * 8 + (text[i + 2] - '0'));
      i += 2;
    } else {
      plain += next;
    }
  }
  return plain;
}

// The folders whose objects are borrowed, also those the user's repository borrows from itself.
Result<std::vector<fs::path>> borrowed_folders(const GitPlace& place) {
  Result<std::string> counted =
      git_output(place, "look for borrowed objects", {"count-objects", "-v"});
  if (!counted) return counted.error();
  constexpr std::string_view kPrefix = "alternate: ";
  std::vector<fs::path> folders;
  for (const std::string_view line : split_lines(*counted)) {
    if (line.starts_with(kPrefix)) folders.emplace_back(unquoted(line.substr(kPrefix.size())));
  }
  return folders;
}

}  // namespace

RunRepository::RunRepository(fs::path folder, fs::path user)
    : folder_(std::move(folder)), git_folder_(folder_ / "repo.git"), user_(std::move(user)) {}

Result<RunRepository> RunRepository::open(const fs::path& folder, const fs::path& user_repository,
                                          const std::string& base) {
  std::error_code error;
  fs::create_directories(folder / "worktrees", error);
  const fs::path there = error ? folder : fs::canonical(folder, error);
  if (error) {
    return system_error(fmt::format("cannot make the run's folder {}: {}", to_utf8(folder.string()),
                                    error.message()));
  }
  RunRepository repository(there, fs::absolute(user_repository, error));
  if (Status done = repository.set_up(); !done) return done.error();
  if (Status settled = repository.settle_base(base); !settled) return settled.error();
  return repository;
}

Status RunRepository::set_up() {
  Result<UserGit> user = look_at(user_);
  if (!user) return user.error();
  // Its top, for git's index-pack believes that a folder within is one without a repository.
  user_ = user->top;
  std::error_code error;
  if (!fs::exists(git_folder_, error)) {
    if (Status made = make_bare_repository(git_folder_, *user); !made) return made;
  }
  if (Status mended = remove_stale_locks(git_folder_); !mended) return mended;
  // Each time, for the user's repository may have moved, or been deepened.
  const std::string shallow = read_whole(user->shallow).value_or("");
  fs::remove(git_folder_ / "shallow", error);
  for (const auto& [file, bytes] : std::vector<std::pair<fs::path, std::string>>{
           {"config", configuration_for(*user)},
           {"objects/info/alternates", alternates_line(user->objects)},
           {"shallow", shallow}}) {
    if (bytes.empty()) continue;
    if (Status written = write_whole(git_folder_ / file, bytes); !written) return written;
  }
  Result<std::vector<fs::path>> borrowed = borrowed_folders(place());
  if (!borrowed) return borrowed.error();
  borrowed_ = std::move(*borrowed);
  return {};
}

Status RunRepository::settle_base(const std::string& base) {
  Result<std::string> commit = resolve_commit(user_, base);
  if (!commit) return commit.error();
  Result<ProgramOutput> known =
      git(place(), {"rev-parse", "--verify", "--quiet", std::string(kBaseRef)});
  if (!known) return known.error();
  if (known->status == 0 && one_line(known->out) != *commit) {
    return input_error(fmt::format("{} was made for the commit {}, not for {}",
                                   to_utf8(folder_.string()), one_line(known->out), *commit));
  }
  base_ = *commit;
  if (known->status == 0) return {};
  Result<std::string> noted =
      git_output(place(), "note the run's base", {"update-ref", std::string(kBaseRef), base_});
  if (!noted) return noted.error();
  return make_durable(git_folder_);
}

GitPlace RunRepository::place() const {
  return {.git_folder = git_folder_,
          .work_tree = {},
          .index = {},
          .settings = {"core.excludesFile=/dev/null"}};
}

std::vector<fs::path> RunRepository::readable() const {
  std::vector<fs::path> folders = {git_folder_};
  folders.insert(folders.end(), borrowed_.begin(), borrowed_.end());
  return folders;
}

Status RunRepository::remove() {
  return remove_tree(folder_);
}

}  // namespace baton
