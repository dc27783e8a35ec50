// Commits, merges, and what is read of them.
#include <fmt/format.h>

#include <charconv>
#include <map>
#include <system_error>

#include "base/text.h"
#include "intake/git.h"
#include "worktree/disk.h"
#include "worktree/object_id.h"
#include "worktree/run_repository.h"

namespace baton {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxSubject = 200;
constexpr std::size_t kMaxBody = 64 << 10;
constexpr std::size_t kMaxTrailer = 500;

std::string one_safe_line(std::string_view text, std::size_t limit) {
  std::string line = for_terminal(text);
  for (char& c : line) {
    if (c == '\n' || c == '\t') c = ' ';
  }
  const std::size_t begin = std::min(line.find_first_not_of(' '), line.size());
  const std::size_t end = line.find_last_not_of(' ');
  return end == line.npos ? ""
                          : shorten(std::string_view(line).substr(begin, end + 1 - begin), limit);
}

std::string safe_body(std::string_view text) {
  std::string body = shorten(for_terminal(text), kMaxBody);
  const std::size_t begin = std::min(body.find_first_not_of('\n'), body.size());
  const std::size_t end = body.find_last_not_of(" \n\t");
  return end == body.npos ? "" : body.substr(begin, end + 1 - begin);
}

std::string safe_key(std::string_view key) {
  std::string safe;
  for (const char c : key.substr(0, kMaxTrailer)) {
    const bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    safe += fits ? c : '-';
  }
  return safe;
}

// Only the last paragraph of a message is trailers, so nothing in the body is one.
std::string message_of(const CommitText& text) {
  const std::string subject = one_safe_line(text.subject, kMaxSubject);
  std::string message = subject.empty() ? "Change files" : subject;
  message += '\n';
  if (const std::string body = safe_body(text.body); !body.empty()) message += "\n" + body + "\n";
  if (!text.trailers.empty()) message += '\n';
  for (const auto& [key, value] : text.trailers) {
    message += fmt::format("{}: {}\n", safe_key(key), one_safe_line(value, kMaxTrailer));
  }
  return message;
}

std::vector<std::string> identity_at(Instant at) {
  const std::string date = fmt::format("@{} +0000", at.unix_ms() / 1000);
  std::vector<std::string> environment;
  for (const char* who : {"AUTHOR", "COMMITTER"}) {
    environment.push_back(fmt::format("GIT_{}_NAME=baton", who));
    environment.push_back(fmt::format("GIT_{}_EMAIL=baton@localhost", who));
    environment.push_back(fmt::format("GIT_{}_DATE={}", who, date));
  }
  return environment;
}

// Takes fields ended by NUL off the front of git's output.
class Fields {
 public:
  explicit Fields(std::string_view output) : rest_(output) {}

  bool empty() const { return rest_.empty(); }
  std::string_view next() {
    const std::size_t end = std::min(rest_.find('\0'), rest_.size());
    const std::string_view field = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    return field;
  }

 private:
  std::string_view rest_;
};

int count_of(std::string_view digits) {
  int count = 0;  // also of "-", which says that a file is binary
  std::from_chars(digits.data(), digits.data() + digits.size(), count);
  return count;
}

// "MODE ID STAGE\tPATH": one side of a file in conflict.
void note_stage(std::string_view field, std::map<std::string, Conflict>& conflicts) {
  const std::size_t tab = field.find('\t');
  const std::size_t space = field.find(' ');
  if (tab == field.npos || space == field.npos || tab < 2) return;
  const std::string path(field.substr(tab + 1));
  Conflict& conflict = conflicts[path];
  conflict.path = path;
  const std::string id(field.substr(space + 1, tab - space - 3));
  switch (field[tab - 1]) {
    case '1':
      conflict.base = id;
      break;
    case '2':
      conflict.ours = id;
      break;
    default:
      conflict.theirs = id;
  }
}

// What `git merge-tree -z` says: the tree; stages, up to an empty field; then messages, each as a
// number, so many paths, a kind and the text.
MergeResult read_merge(std::string_view output) {
  Fields fields(output);
  MergeResult result;
  result.tree = fields.next();
  std::map<std::string, Conflict> conflicts;
  for (std::string_view field = fields.next(); !field.empty(); field = fields.next()) {
    note_stage(field, conflicts);
  }
  for (auto& [path, conflict] : conflicts) result.conflicts.push_back(std::move(conflict));
  while (!fields.empty()) {
    for (int paths = count_of(fields.next()); paths > 0 && !fields.empty(); --paths) fields.next();
    fields.next();
    result.messages += for_terminal(fields.next());
  }
  return result;
}

// Of a model or a repository of its making, so nothing but a path below the top.
bool is_plain_path(std::string_view path) {
  return !path.empty() && path.front() != '/' && path.back() != '/' &&
         path.find('\0') == path.npos && path.find("//") == path.npos;
}

struct TreeEntry {
  std::string mode, id, path;
  std::size_t size = 0;
};

// Reads `git ls-tree -z -l`: "MODE TYPE ID    SIZE\tPATH".
std::vector<TreeEntry> read_entries(std::string_view output) {
  std::vector<TreeEntry> entries;
  for (Fields fields(output); !fields.empty();) {
    const std::string_view field = fields.next();
    const std::size_t tab = std::min(field.find('\t'), field.size() - 1);
    const std::string_view head = field.substr(0, tab);
    const std::size_t id = std::min(head.find(' ', 7), head.size() - 1) + 1;
    TreeEntry entry{std::string(head.substr(0, 6)),
                    std::string(head.substr(id, head.find(' ', id) - id)),
                    std::string(field.substr(tab + 1))};
    const std::string_view size = head.substr(head.rfind(' ') + 1);
    std::from_chars(size.data(), size.data() + size.size(), entry.size);
    entries.push_back(std::move(entry));
  }
  return entries;
}

Status check_pair(const std::string& from, const std::string& to) {
  if (Status fits = check_object_id("commit", from); !fits) return fits;
  return check_object_id("commit", to);
}

}  // namespace

Result<std::string> RunRepository::write_commit(const std::string& tree,
                                                const std::vector<std::string>& parents,
                                                const CommitText& text) const {
  if (Status fits = check_object_id("tree", tree); !fits) return fits.error();
  std::vector<std::string> words = {"commit-tree", tree};
  for (const std::string& parent : parents) {
    if (Status fits = check_object_id("commit", parent); !fits) return fits.error();
    words.insert(words.end(), {"-p", parent});
  }
  GitPlace place = this->place();
  place.environment = identity_at(text.at);
  Result<std::string> id = git_output(place, "make a commit", words, message_of(text));
  if (!id) return id.error();
  return one_line(std::move(*id));
}

Result<std::string> RunRepository::commit(const std::string& branch, const std::string& tree,
                                          const std::vector<std::string>& parents,
                                          const CommitText& text) {
  Result<std::string> id = write_commit(tree, parents, text);
  if (!id) return id;
  Result<std::string> moved =
      git_output(place(), fmt::format("put the branch {} on a commit", branch),
                 {"update-ref", "refs/heads/" + branch, *id});
  if (!moved) return moved.error();
  if (Status durable = make_durable(git_folder_); !durable) return durable.error();
  return id;
}

Result<MergeResult> RunRepository::merge(const std::string& ours, const std::string& theirs,
                                         const CommitText& text) {
  if (Status fits = check_pair(ours, theirs); !fits) return fits.error();
  Result<ProgramOutput> merged = git(place(), {"merge-base", "--is-ancestor", theirs, ours});
  if (!merged) return merged.error();
  if (merged->status == 0) {
    Result<std::string> tree = tree_of(ours);
    if (!tree) return tree.error();
    return MergeResult{.commit = ours, .tree = *tree, .conflicts = {}, .messages = {}};
  }
  // With a work tree, though an empty one, and renormalization git goes by the .gitattributes of
  // the trees: files that are to be merged by union, or not at all, and line ends.
  GitPlace place = this->place();
  place.work_tree = folder_ / "empty";
  place.settings.push_back("merge.renormalize=true");
  std::error_code error;
  fs::create_directories(place.work_tree, error);
  const std::string attempt = fmt::format("merge {} into {}", theirs, ours);
  Result<ProgramOutput> output =
      git(place, {"merge-tree", "--write-tree", "--messages", "-z", ours, theirs});
  if (!output) return output.error();
  if (output->status > 1) {
    return system_error(fmt::format("cannot {}: {}", attempt, complaint_of(*output)));
  }
  MergeResult result = read_merge(output->out);
  if (output->status == 0) {
    Result<std::string> commit = write_commit(result.tree, {ours, theirs}, text);
    if (!commit) return commit.error();
    result.commit = std::move(*commit);
  }
  if (Status durable = make_durable(git_folder_); !durable) return durable.error();
  return result;
}

Result<std::string> RunRepository::tree_of(const std::string& commit) const {
  if (Status fits = check_object_id("commit", commit); !fits) return fits.error();
  Result<std::string> tree = git_output(place(), "read the commit " + commit,
                                        {"rev-parse", "--verify", commit + "^{tree}"});
  if (!tree) return tree.error();
  return one_line(std::move(*tree));
}

Result<std::vector<FileChange>> RunRepository::changes(const std::string& from,
                                                       const std::string& to) const {
  if (Status fits = check_pair(from, to); !fits) return fits.error();
  Result<std::string> output =
      git_output(place(), fmt::format("compare {} with {}", from, to),
                 {"diff-tree", "-r", "-z", "--raw", "--numstat", "--no-renames", "--no-ext-diff",
                  "--no-textconv", from, to, "--"});
  if (!output) return output.error();
  std::map<std::string, FileChange, std::less<>> changes;
  for (Fields fields(*output); !fields.empty();) {
    const std::string_view head = fields.next();
    if (head.starts_with(':')) {
      const char status = head.back() == 'A' || head.back() == 'D' ? head.back() : 'M';
      const std::string path(fields.next());
      changes[path] = {.status = status, .path = path};
      continue;
    }
    const std::size_t second = head.find('\t') + 1;
    const std::size_t third = head.find('\t', second) + 1;
    const auto change = changes.find(head.substr(third));
    if (change == changes.end()) continue;
    change->second.added = count_of(head);
    change->second.removed = count_of(head.substr(second));
  }
  std::vector<FileChange> sorted;
  for (auto& [path, change] : changes) sorted.push_back(std::move(change));
  return sorted;
}

Result<std::string> RunRepository::diff(const std::string& from, const std::string& to,
                                        std::size_t limit) const {
  if (Status fits = check_pair(from, to); !fits) return fits.error();
  Result<std::string> output =
      git_output(place(), fmt::format("compare {} with {}", from, to),
                 {"diff-tree", "-r", "-p", "-M", "--no-color", "--no-ext-diff", "--no-textconv",
                  "--src-prefix=a/", "--dst-prefix=b/", from, to, "--"});
  if (!output) return output;
  std::string text = to_utf8(*output);
  if (text.size() <= limit) return text;
  const std::size_t end = text.rfind('\n', limit);
  const std::size_t kept = end == text.npos || end >= limit ? 0 : end + 1;
  const std::size_t left_out = text.size() - kept;
  text.resize(kept);
  return text + fmt::format("[{} more bytes are not shown]\n", left_out);
}

Result<std::vector<std::string>> RunRepository::files(const std::string& commit) const {
  if (Status fits = check_object_id("commit", commit); !fits) return fits.error();
  Result<std::string> output = git_output(place(), "list the files of " + commit,
                                          {"ls-tree", "-r", "-z", "-l", "--full-tree", commit});
  if (!output) return output.error();
  std::vector<std::string> paths;
  for (TreeEntry& entry : read_entries(*output)) {
    if (entry.mode != "160000") paths.push_back(std::move(entry.path));
  }
  return paths;
}

Result<std::string> RunRepository::text(const std::string& commit, std::string_view path,
                                        std::size_t limit) const {
  if (Status fits = check_object_id("commit", commit); !fits) return fits.error();
  const std::string shown = shorten(for_terminal(path), 300);
  const Error none = not_found(fmt::format("there is no file {} in {}", shown, commit));
  if (!is_plain_path(path)) return none;
  Result<std::string> listed =
      git_output(place(), "look for " + shown,
                 {"ls-tree", "-z", "-l", "--full-tree", commit, "--", std::string(path)});
  if (!listed) return listed.error();
  const std::vector<TreeEntry> entries = read_entries(*listed);
  if (entries.empty() || entries.front().path != path) return none;
  const TreeEntry& entry = entries.front();
  if (!entry.mode.starts_with("100")) {
    return input_error(fmt::format("{} is not a file in {}", shown, commit));
  }
  if (entry.size > limit) {
    return input_error(fmt::format("{} has {} bytes in {}, more than the {} that can be read",
                                   shown, entry.size, commit, limit));
  }
  return git_output(place(), "read " + shown, {"cat-file", "blob", entry.id});
}

}  // namespace baton
