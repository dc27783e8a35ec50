#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "base/text.h"
#include "change/unified_diff.h"
#include "intake/git.h"
#include "intake/intake.h"
#include "intake/intake_admission.h"
#include "intake/repo_facts.h"

namespace baton {
namespace {

namespace fs = std::filesystem;

// Both ends of a range, as full ids.
struct Ends {
  std::string old_tree;  // a commit, or the empty tree
  std::string new_commit;
  std::vector<std::string> log_range;  // what `git log` is asked for
  std::string ids;                     // short, for the title
};

std::string short_id(std::string_view id) {
  return std::string(id.substr(0, 10));
}

Result<std::string> common_ancestor(const fs::path& repo, const std::string& left,
                                    const std::string& right) {
  Result<ProgramOutput> output = git(repo, {"merge-base", left, right});
  if (!output) return output.error();
  if (output->status != 0) {
    return usage_error(
        fmt::format("{} and {} have no common ancestor, which A...B needs: ask for A..B, or fetch "
                    "more of the history if this is a shallow clone",
                    short_id(left), short_id(right)));
  }
  return std::string(split_lines(output->out).front());
}

Result<Ends> ends_of_pair(const fs::path& repo, std::string_view range, std::size_t dots) {
  const std::size_t width = range.substr(dots).starts_with("...") ? 3 : 2;
  const std::string_view left = range.substr(0, dots);
  const std::string_view right = range.substr(dots + width);
  if (left.empty() && right.empty()) {
    return usage_error(fmt::format(
        "\"{}\" names no revision: a range is A..B, such as HEAD~3..HEAD or main..HEAD", range));
  }
  Result<std::string> from = resolve_commit(repo, left.empty() ? "HEAD" : left);
  if (!from) return from.error();
  Result<std::string> to = resolve_commit(repo, right.empty() ? "HEAD" : right);
  if (!to) return to.error();
  if (width == 3) {
    from = common_ancestor(repo, *from, *to);
    if (!from) return from.error();
  }
  return Ends{*from, *to, {*from + ".." + *to}, short_id(*from) + ".." + short_id(*to)};
}

Result<Ends> ends_of_commit(const fs::path& repo, std::string_view revision) {
  Result<std::string> commit = resolve_commit(repo, revision);
  if (!commit) return commit.error();
  Result<std::vector<std::string>> parents = parents_of(repo, *commit);
  if (!parents) return parents.error();
  Ends ends{"", *commit, {"-n", "1", *commit}, short_id(*commit)};
  if (parents->empty()) {
    Result<std::string> empty =
        git_output(repo, "name the empty tree", {"hash-object", "-t", "tree", "--stdin"});
    if (!empty) return empty.error();
    ends.old_tree = std::string(split_lines(*empty).front());
    return ends;
  }
  ends.old_tree = parents->front();
  const Result<ProgramOutput> there = git(repo, {"cat-file", "-e", ends.old_tree});
  if (!there) return there.error();
  if (there->status != 0) {
    return usage_error(
        fmt::format("the parent of {} is not in this clone, so what it changed cannot be told: "
                    "`git fetch --deepen=1` gets it",
                    revision));
  }
  return ends;
}

Result<Ends> ends_of(const fs::path& repo, std::string_view range) {
  const std::size_t dots = range.find("..");
  return dots == range.npos ? ends_of_commit(repo, range) : ends_of_pair(repo, range, dots);
}

// What says the same whatever the repository's configuration asks of `git diff`.
std::vector<std::string> diff_command(const Ends& ends, std::vector<std::string> form) {
  std::vector<std::string> command = {"diff",
                                      "-M",
                                      "--no-color",
                                      "--full-index",
                                      "--no-ext-diff",
                                      "--no-textconv",
                                      "--no-relative",
                                      "--src-prefix=a/",
                                      "--dst-prefix=b/",
                                      "--submodule=short",
                                      "--ignore-submodules=none",
                                      "--unified=3",
                                      "--inter-hunk-context=0",
                                      "-O/dev/null"};
  command.insert(command.end(), form.begin(), form.end());
  command.insert(command.end(), {ends.old_tree, ends.new_commit, "--"});
  return command;
}

// The blobs of a changed file.
struct Blobs {
  std::string old_id;
  std::string new_id;
};

bool is_blob(std::string_view mode, std::string_view id) {
  return mode.starts_with("100") && id.find_first_not_of('0') != id.npos;
}

// Reads `git diff --raw -z`: ":100644 100644 <old> <new> M\0path\0", with two paths after R.
std::map<std::string, Blobs> read_raw(std::string_view raw) {
  std::map<std::string, Blobs> blobs;
  const auto field = [&raw](char end) {
    const std::size_t length = std::min(raw.find(end), raw.size());
    const std::string_view text = raw.substr(0, length);
    raw.remove_prefix(std::min(length + 1, raw.size()));
    return text;
  };
  while (!raw.empty()) {
    const std::string_view old_mode = field(' ').substr(1);
    const std::string_view new_mode = field(' ');
    const std::string_view old_id = field(' ');
    const std::string_view new_id = field(' ');
    const std::string_view status = field('\0');
    if (status.starts_with('R') || status.starts_with('C')) field('\0');
    Blobs& known = blobs[to_utf8(field('\0'))];
    if (is_blob(old_mode, old_id)) known.old_id = old_id;
    if (is_blob(new_mode, new_id)) known.new_id = new_id;
  }
  return blobs;
}

std::string joined(const std::set<std::string>& ids) {
  std::string lines;
  for (const std::string& id : ids) lines.append(id).append("\n");
  return lines;
}

// "<id> blob <size>", of cat-file. Size -1: missing.
struct ObjectLine {
  std::string id;
  std::int64_t size = -1;
};

ObjectLine object_line(std::string_view line) {
  ObjectLine object;
  object.id = line.substr(0, line.find(' '));
  const std::string_view size = line.substr(line.rfind(' ') + 1);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(size.data(), size.data() + size.size(), value);
  if (error == std::errc() && end == size.data() + size.size()) object.size = value;
  return object;
}

using Sizes = std::map<std::string, std::int64_t>;
using Texts = std::map<std::string, std::string>;

Result<Sizes> sizes_of(const fs::path& repo, const std::map<std::string, Blobs>& blobs) {
  std::set<std::string> ids;
  for (const auto& [path, known] : blobs) {
    if (!known.old_id.empty()) ids.insert(known.old_id);
    if (!known.new_id.empty()) ids.insert(known.new_id);
  }
  Result<std::string> output = git_output(repo, "read the sizes of the changed files",
                                          {"cat-file", "--batch-check", "--buffer"}, joined(ids));
  if (!output) return output.error();
  Sizes sizes;
  for (const std::string_view line : split_lines(*output)) {
    const ObjectLine object = object_line(line);
    sizes[object.id] = object.size;
  }
  return sizes;
}

// The texts of the files that will be reviewed, by blob. What is too large, or too much, is left
// out.
Result<Texts> texts_of(const fs::path& repo, const Change& change,
                       const std::map<std::string, Blobs>& blobs, const Sizes& sizes) {
  std::set<std::string> ids;
  std::int64_t total = 0;
  for (const ChangedFile& file : change.files) {
    const auto known = blobs.find(file.path);
    if (known == blobs.end() || known->second.new_id.empty()) continue;
    const auto size = sizes.find(known->second.new_id);
    if (size == sizes.end() || size->second < 0 || size->second > kMaxFileBytes) continue;
    total += size->second;
    if (total > static_cast<std::int64_t>(kMaxChangeBytes)) break;
    ids.insert(known->second.new_id);
  }
  Result<std::string> output = git_output(repo, "read the texts of the changed files",
                                          {"cat-file", "--batch", "--buffer"}, joined(ids));
  if (!output) return output.error();
  Texts texts;
  std::string_view rest = *output;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const ObjectLine object = object_line(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (object.size < 0) continue;
    const std::size_t size = std::min(static_cast<std::size_t>(object.size), rest.size());
    texts[object.id] = rest.substr(0, size);
    rest.remove_prefix(std::min(size + 1, rest.size()));
  }
  return texts;
}

// git calls binary what is large, and what .gitattributes tells it to: say which it is.
std::string true_reason(std::string reason, const Blobs& blobs, const Sizes& sizes) {
  if (reason != "binary") return reason;
  for (const std::string& id : {blobs.new_id, blobs.old_id}) {
    const auto size = sizes.find(id);
    if (size != sizes.end() && size->second > kMaxFileBytes) return too_large(size->second);
  }
  return reason;
}

Result<std::string> messages_of(const fs::path& repo, const Ends& ends) {
  std::vector<std::string> command = {
      "log",         "--no-color",     "--no-show-signature", "--no-patch", "--encoding=UTF-8",
      "--format=%B", "--max-count=100"};
  command.insert(command.end(), ends.log_range.begin(), ends.log_range.end());
  Result<std::string> output = git_output(repo, "read the commit messages", command);
  if (!output) return output.error();
  std::string text = to_utf8(*output);
  while (text.ends_with('\n')) text.pop_back();
  return shorten(text, kMaxDescriptionBytes);
}

// The change as git's diff has it, with the files' whole texts.
Result<Change> read_change_between(const fs::path& repo, const Ends& ends) {
  Result<std::string> diff =
      git_output(repo, "compare " + ends.ids, diff_command(ends, {"--patch"}));
  if (!diff) return diff.error();
  Result<std::string> raw =
      git_output(repo, "compare " + ends.ids, diff_command(ends, {"--raw", "-z", "--no-abbrev"}));
  if (!raw) return raw.error();
  Result<Change> parsed = parse_unified_diff(*diff);
  if (!parsed) {
    return system_error(
        fmt::format("cannot read what git says about {}: {}", ends.ids, parsed.error().message));
  }
  const std::map<std::string, Blobs> blobs = read_raw(*raw);
  Result<Sizes> sizes = sizes_of(repo, blobs);
  if (!sizes) return sizes.error();
  Result<Texts> texts = texts_of(repo, *parsed, blobs, *sizes);
  if (!texts) return texts.error();

  const auto blobs_of = [&blobs](const std::string& path) {
    const auto known = blobs.find(path);
    return known == blobs.end() ? Blobs{} : known->second;
  };
  Change change;
  change.notes = std::move(parsed->notes);
  Admission admission(change);
  for (SkippedFile& file : parsed->skipped) {
    std::string reason = true_reason(std::move(file.reason), blobs_of(file.path), *sizes);
    admission.skip(std::move(file.path), std::move(reason));
  }
  for (ChangedFile& file : parsed->files) {
    const auto text = texts->find(blobs_of(file.path).new_id);
    std::optional<std::string_view> bytes;
    if (text != texts->end() && file.state != ChangedFile::State::kDeleted) bytes = text->second;
    admission.admit(std::move(file), bytes);
  }
  return change;
}

}  // namespace

Result<Change> change_from_range(const fs::path& repo, std::string_view range) {
  if (Status status = check_repository(repo); !status.ok()) return status.error();
  Result<Ends> ends = ends_of(repo, range);
  if (!ends) return ends.error();
  Result<Change> change = read_change_between(repo, *ends);
  if (!change) return change.error();
  Result<std::string> messages = messages_of(repo, *ends);
  if (!messages) return messages.error();

  change->kind = Change::Kind::kRange;
  change->title = fmt::format("{} ({})", to_utf8(range), ends->ids);
  change->description = std::move(*messages);
  Result<std::vector<RepoFile>> files = files_of_commit(repo, ends->new_commit);
  if (!files) return files.error();
  change->map = repo_map_of(std::move(*files), *change);
  return change;
}

}  // namespace baton
