#include "intake/repo_facts.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <utility>

#include "base/text.h"
#include "intake/file_list.h"
#include "intake/git.h"
#include "intake/tags.h"

namespace baton {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxTaggedFiles = 300;
constexpr std::size_t kMaxTaggedBytes = 8 << 20;
constexpr Tokens kMapBudget(6000);

// The changed files whose text is known, up to our limits.
struct KnownTexts {
  std::vector<std::size_t> places;  // in the change
  std::vector<SourceText> texts;
  bool all = true;
};

KnownTexts texts_of(const Change& change) {
  KnownTexts known;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < change.files.size(); ++i) {
    const ChangedFile& file = change.files[i];
    if (!file.text) continue;
    bytes += file.text->size();
    if (known.texts.size() >= kMaxTaggedFiles || bytes > kMaxTaggedBytes) {
      known.all = false;
      break;
    }
    known.places.push_back(i);
    known.texts.push_back({file.path, *file.text});
  }
  return known;
}

void collect_symbols(const Change& change, RepoFacts& facts) {
  const KnownTexts known = texts_of(change);
  if (known.texts.empty()) return;
  Result<std::vector<std::vector<Symbol>>> symbols =
      symbols_of(known.texts, std::chrono::seconds(10));
  if (!symbols) {
    facts.notes.push_back(fmt::format("no symbols: {}", symbols.error().message));
    return;
  }
  for (std::size_t i = 0; i < known.places.size(); ++i) {
    facts.changed[known.places[i]].symbols = std::move((*symbols)[i]);
  }
  if (!known.all) facts.notes.push_back("symbols of the first changed files only");
}

}  // namespace

Result<std::vector<RepoFile>> files_of_commit(const fs::path& repo, const std::string& commit) {
  Result<std::string> output = git_output(repo, "list the files of " + commit,
                                          {"ls-tree", "-r", "-l", "-z", "--full-tree", commit});
  if (!output) return output.error();
  std::vector<RepoFile> files;
  std::string_view rest = *output;
  while (!rest.empty()) {  // "100644 blob <id>    1234\tpath\0"
    const std::size_t end = std::min(rest.find('\0'), rest.size());
    const std::string_view entry = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const std::size_t tab = entry.find('\t');
    if (tab == entry.npos) continue;
    const std::string_view size = entry.substr(0, tab).substr(entry.substr(0, tab).rfind(' ') + 1);
    RepoFile file{to_utf8(entry.substr(tab + 1)), 0};
    std::from_chars(size.data(), size.data() + size.size(), file.bytes);  // "-": a submodule, 0
    files.push_back(std::move(file));
  }
  return files;
}

Result<std::vector<RepoFile>> files_of_folder(const fs::path& folder) {
  Result<FileList> list = list_files(folder);
  if (!list) return list.error();
  std::vector<RepoFile> files;
  files.reserve(list->paths.size());
  for (const std::string& path : list->paths) {
    struct stat facts {};
    const bool known = lstat((list->root / path).c_str(), &facts) == 0 && S_ISREG(facts.st_mode);
    files.push_back({to_utf8(path), known ? facts.st_size : 0});
  }
  return files;
}

RepoFacts collect_repo_facts(std::vector<RepoFile> files, const Change& change) {
  RepoFacts facts{std::move(files), facts_of(change), {}};
  collect_symbols(change, facts);
  return facts;
}

std::string repo_map_of(std::vector<RepoFile> files, const Change& change) {
  return render_repo_map(collect_repo_facts(std::move(files), change), kMapBudget);
}

}  // namespace baton
