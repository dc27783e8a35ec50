#include "intake/repo_facts.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cctype>
#include <charconv>
#include <chrono>
#include <fstream>
#include <limits>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

#include "base/json_fields.h"
#include "base/run_and_read.h"
#include "base/temporary_folder.h"
#include "base/text.h"
#include "intake/file_list.h"
#include "intake/git.h"

namespace baton {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr std::size_t kMaxTaggedFiles = 300;
constexpr std::size_t kMaxTaggedBytes = 8 << 20;
constexpr Tokens kMapBudget(6000);

// ctags tells the language by the name, so the copies keep it; unless it could be misread.
std::string safe_name(const std::string& path) {
  std::string name = fs::path(path).filename().string();
  for (char& c : name) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '_';
    if (!plain) c = '_';
  }
  return name.size() > 100 ? name.substr(name.size() - 100) : name;
}

// Copies of the changed files, each in a folder named by its place in the change.
struct Copies {
  std::string list;  // one name a line, for ctags -L
  bool all = true;
};

Copies copy_texts(const Change& change, const fs::path& into) {
  Copies copies;
  std::size_t count = 0;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < change.files.size(); ++i) {
    const ChangedFile& file = change.files[i];
    if (!file.text) continue;
    bytes += file.text->size();
    if (++count > kMaxTaggedFiles || bytes > kMaxTaggedBytes) {
      copies.all = false;
      break;
    }
    const fs::path copy = into / std::to_string(i) / safe_name(file.path);
    std::error_code error;
    fs::create_directory(copy.parent_path(), error);
    std::ofstream(copy, std::ios::binary) << *file.text;
    copies.list.append(copy.string()).append("\n");
  }
  return copies;
}

// What tells a planner little about how a file is built.
bool is_detail(std::string_view kind) {
  static const std::set<std::string_view> kDetails = {
      "variable",  "local",  "parameter", "enumerator", "label",  "header",     "extern",
      "externvar", "string", "number",    "boolean",    "null",   "array",      "key",
      "unknown",   "alias",  "property",  "constant",   "object", "macroparam", "namespace"};
  return kDetails.contains(kind);
}

int line_at(const json::object& tag, std::string_view name) {
  constexpr std::int64_t kMost = std::numeric_limits<int>::max();
  return static_cast<int>(std::clamp<std::int64_t>(integer_at(tag, name).value_or(0), 0, kMost));
}

// The place in the change that copy_texts wrote into the copy's path.
std::optional<std::size_t> place_of(std::string_view copy) {
  const std::string folder = fs::path(copy).parent_path().filename().string();
  std::size_t place = 0;
  const auto [end, error] = std::from_chars(folder.data(), folder.data() + folder.size(), place);
  if (error != std::errc() || end != folder.data() + folder.size()) return std::nullopt;
  return place;
}

void add_symbol(std::string_view line, std::vector<ChangedFacts>& changed) {
  const Result<json::object> tag = parse_object(line, "a line of ctags");
  if (!tag) return;
  const std::optional<std::size_t> place = place_of(text_at(*tag, "path"));
  const int first = line_at(*tag, "line");
  Symbol symbol{std::string(text_at(*tag, "name")),
                std::string(text_at(*tag, "kind")),
                {first, line_at(*tag, "end")}};
  if (!place || *place >= changed.size() || first < 1 || is_detail(symbol.kind)) return;
  if (symbol.name.starts_with("__anon")) return;  // ctags' own name for what has none
  // Python's methods are members with a signature, C's fields members without.
  if (symbol.kind == "member" && !tag->contains("signature")) return;
  symbol.lines.last = std::max(symbol.lines.last, first);
  changed[*place].symbols.push_back(std::move(symbol));
}

void collect_symbols(const Change& change, RepoFacts& facts) {
  const Result<TemporaryFolder> folder = TemporaryFolder::create("baton");
  if (!folder) {
    facts.notes.push_back(fmt::format("no symbols: {}", folder.error().message));
    return;
  }
  const Copies copies = copy_texts(change, folder->path());
  if (copies.list.empty()) return;
  // --options=NONE: no ctags configuration is read, of nobody.
  const Result<ProgramOutput> output =
      run_and_read({.argv = {"ctags", "--options=NONE", "--output-format=json", "--fields=+neKSt",
                             "--sort=no", "-f", "-", "-L", "-"},
                    .environment = {},
                    .input = copies.list,
                    .timeout = std::chrono::seconds(10)});
  if (!output) {
    facts.notes.push_back(fmt::format("no symbols: {}", output.error().message));
    return;
  }
  if (output->status != 0) {
    facts.notes.push_back("no symbols: ctags is not universal-ctags, or failed");
    return;
  }
  for (const std::string_view line : split_lines(output->out)) add_symbol(line, facts.changed);
  if (!copies.all) facts.notes.push_back("symbols of the first changed files only");
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
