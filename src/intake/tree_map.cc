#include "intake/tree_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <unordered_map>
#include <utility>

#include "intake/git.h"
#include "intake/tree_rank.h"
#include "intake/tree_scan.h"
#include "intake/tree_text.h"
#include "prompt/prompt.h"

namespace baton {
namespace {

namespace fs = std::filesystem;

// A commit that changes more (an import, a new layout) says nothing about any of its files.
constexpr std::size_t kMostOfOneCommit = 1000;

using Changed = std::unordered_map<std::string, int>;  // by path: how many commits ago

// Of the latest 50 commits on the first parents' line. Nothing if git cannot tell.
Changed latest_changes(const fs::path& repository, const std::string& commit) {
  Changed changed;
  const Result<ProgramOutput> output =
      git(repository, {"log", "-n", "50", "--first-parent", "--diff-merges=first-parent",
                       "--name-only", "--no-renames", "-z", "--format=%x01", commit, "--"});
  if (!output || output->status != 0) return changed;
  std::vector<std::string_view> paths;
  int age = -1;
  const auto end_commit = [&] {
    for (const std::string_view path : paths) {
      if (paths.size() <= kMostOfOneCommit) changed.try_emplace(std::string(path), age);
    }
    paths.clear();
    ++age;
  };
  std::string_view rest = output->out;
  while (!rest.empty()) {  // "\1\0" begins a commit, then "\npath\0path\0"
    const std::size_t end = std::min(rest.find('\0'), rest.size());
    std::string_view word = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (word.starts_with('\n')) word.remove_prefix(1);
    if (word == "\1") {
      end_commit();
    } else if (!word.empty()) {
      paths.push_back(word);
    }
  }
  end_commit();
  return changed;
}

bool is_full_id(std::string_view commit) {
  return (commit.size() == 40 || commit.size() == 64) &&
         commit.find_first_not_of("0123456789abcdef") == commit.npos;
}

std::vector<RankedFile> ranked(const TreeScan& scan, const Changed& changed,
                               std::string_view focus) {
  std::vector<RankedFile> files;
  files.reserve(scan.files.size());
  for (const TreeFile& file : scan.files) {
    RankedFile& ranked = files.emplace_back();
    ranked.path = file.path;
    ranked.facts = &scan.facts[file.facts];
    const auto found = changed.find(file.path);
    if (found != changed.end()) ranked.changed = found->second;
  }
  rank_files(files, focus);
  return files;
}

}  // namespace

Result<TreeMap> tree_map(const TreeMapRequest& request) {
  Result<std::string> commit = is_full_id(request.commit)
                                   ? request.commit
                                   : resolve_commit(request.repository, request.commit);
  if (!commit) return commit.error();
  std::future<Changed> changed =
      std::async(std::launch::async, [&] { return latest_changes(request.repository, *commit); });
  const Result<TreeScan> scan = scan_tree(request.repository, *commit, request.cache);
  const Changed latest = changed.get();
  if (!scan) return scan.error();

  TreeMap map;
  map.files = std::ssize(scan->files);
  map.notes = scan->notes;
  std::size_t bytes = 0;
  for (const TreeFile& file : scan->files) {
    const BlobFacts& facts = scan->facts[file.facts];
    if (facts.kind != BlobFacts::Kind::kBinary) bytes += static_cast<std::size_t>(facts.bytes);
  }
  map.whole = estimated_tokens(bytes);
  map.text = render_tree(ranked(*scan, latest, request.focus), scan->notes, request.budget);
  return map;
}

}  // namespace baton
