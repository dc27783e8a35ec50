#include "intake/tree_rank.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cctype>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "base/ascii.h"

namespace baton {
namespace {

constexpr std::size_t kMostDefiners = 4;
constexpr int kRecentCommits = 50;
constexpr std::size_t kMostFocusWords = 64;

// ---- references ----

// Files of one family can use each other's names.
NameHash family_of(std::string_view path) {
  static const std::unordered_map<std::string_view, std::string_view> kFamilies = {
      {"h", "c"},         {"cc", "c"},      {"cpp", "c"},   {"cxx", "c"},    {"hh", "c"},
      {"hpp", "c"},       {"hxx", "c"},     {"inl", "c"},   {"m", "c"},      {"mm", "c"},
      {"ts", "js"},       {"jsx", "js"},    {"tsx", "js"},  {"mjs", "js"},   {"cjs", "js"},
      {"vue", "js"},      {"svelte", "js"}, {"kt", "java"}, {"kts", "java"}, {"scala", "java"},
      {"groovy", "java"}, {"pyi", "py"},    {"pyx", "py"}};
  const std::string_view name = path.substr(path.rfind('/') + 1);
  const std::string_view extension = name.substr(name.rfind('.') + 1);
  const auto found = kFamilies.find(extension);
  return name_hash(found == kFamilies.end() ? extension : found->second);
}

// A short word in small letters is as likely to be a variable or prose.
bool is_telling(std::string_view name) {
  constexpr std::size_t kLongWord = 9;
  if (name.size() < kShortestIdentifier) return false;
  return name.size() >= kLongWord || std::any_of(name.begin(), name.end(), [](char c) {
           return c < 'a' || c > 'z';  // a capital, a digit, '_'
         });
}

// A name within a family; never 0.
NameHash within(NameHash family, NameHash name) {
  return std::max<NameHash>(name ^ family, 1);
}

// Who defines a name: the first few files, by their places.
struct Definers {
  NameHash name = 0;
  std::uint32_t count = 0;
  std::array<std::uint32_t, kMostDefiners> files{};
};

// Open addressing: a million look-ups are made for ten thousand files.
class DefinerTable {
 public:
  explicit DefinerTable(std::size_t names) {
    while (size_ < names * 2) size_ *= 2;
    slots_.resize(size_);
  }
  void add(NameHash name, std::uint32_t file) {
    Definers& definers = slots_[place_of(name)];
    definers.name = name;
    const auto end = definers.files.begin() + std::min<std::size_t>(definers.count, kMostDefiners);
    if (std::find(definers.files.begin(), end, file) != end) return;
    if (definers.count < kMostDefiners) definers.files[definers.count] = file;
    ++definers.count;
  }
  // The place of the name's definers, if they are few enough to be meant.
  std::optional<std::size_t> find(NameHash name) const {
    const std::size_t place = place_of(name);
    const bool known = slots_[place].name == name && slots_[place].count <= kMostDefiners;
    return known ? std::optional(place) : std::nullopt;
  }
  const Definers& operator[](std::size_t place) const { return slots_[place]; }
  std::size_t size() const { return size_; }

 private:
  std::size_t place_of(NameHash name) const {
    std::size_t at = (name * 2'654'435'769U) & (size_ - 1);
    while (slots_[at].name != 0 && slots_[at].name != name) at = (at + 1) & (size_ - 1);
    return at;
  }
  std::size_t size_ = 64;
  std::vector<Definers> slots_;
};

DefinerTable definers_of(const std::vector<RankedFile>& files) {
  std::size_t names = 0;
  for (const RankedFile& file : files) names += file.facts->symbols.size();
  DefinerTable table(names);
  for (std::size_t i = 0; i < files.size(); ++i) {
    const NameHash family = family_of(files[i].path);
    for (const Symbol& symbol : files[i].facts->symbols) {
      if (!is_telling(symbol.name)) continue;
      table.add(within(family, name_hash(symbol.name)), static_cast<std::uint32_t>(i));
    }
  }
  return table;
}

void count_references(std::vector<RankedFile>& files) {
  const DefinerTable table = definers_of(files);
  std::vector<std::int64_t> uses(table.size());
  std::vector<std::size_t> last_user(files.size(), files.size());
  for (std::size_t user = 0; user < files.size(); ++user) {
    const NameHash family = family_of(files[user].path);
    for (const NameHash name : files[user].facts->names) {
      const std::optional<std::size_t> place = table.find(within(family, name));
      if (!place) continue;
      const Definers& definers = table[*place];
      const auto begin = definers.files.begin();
      const auto end = begin + definers.count;
      if (std::find(begin, end, user) != end) continue;  // its own, most likely
      ++uses[*place];
      for (auto file = begin; file != end; ++file) {
        if (std::exchange(last_user[*file], user) != user) ++files[*file].named_by;
      }
    }
  }
  for (RankedFile& file : files) {
    const NameHash family = family_of(file.path);
    file.symbols.clear();
    for (const Symbol& symbol : file.facts->symbols) {
      const auto place = table.find(within(family, name_hash(symbol.name)));
      file.symbols.push_back(place ? uses[*place] : 0);
    }
  }
}

// ---- focus ----

// Each word of a text or a name, in small letters: "RunState_of" has three.
template <typename See>
void each_word(std::string_view text, See see) {
  std::string word;
  const auto end_word = [&] {
    if (word.size() >= kShortestIdentifier) see(std::string_view(word));
    word.clear();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const bool in_word = std::isalnum(c) != 0 || c >= 0x80;
    const bool begins =
        std::isupper(c) != 0 && i > 0 && std::islower(static_cast<unsigned char>(text[i - 1])) != 0;
    if (!in_word || begins) end_word();
    if (in_word) word += lower(text[i]);
  }
  end_word();
}

// Places of the words of the request, so that a file's are bits of one number.
class FocusWords {
 public:
  explicit FocusWords(std::string_view focus) {
    each_word(focus, [this](std::string_view word) {
      if (words_.size() < kMostFocusWords) words_.try_emplace(std::string(word), words_.size());
    });
    for (const auto& [word, place] : words_) {
      first_[static_cast<unsigned char>(word.front())] = true;
    }
  }
  bool empty() const { return words_.empty(); }

  std::uint64_t in(std::string_view text) {
    std::uint64_t bits = 0;
    each_word(text, [&](std::string_view word) {
      if (!first_[static_cast<unsigned char>(word.front())]) return;
      key_.assign(word);
      if (const auto found = words_.find(key_); found != words_.end()) {
        bits |= std::uint64_t{1} << found->second;
      }
    });
    return bits;
  }

 private:
  std::unordered_map<std::string, std::size_t> words_;
  std::array<bool, 256> first_{};
  std::string key_;
};

struct Hits {
  std::uint64_t name = 0;  // bits of words in the file's name, its folders, its symbols
  std::uint64_t folders = 0;
  std::uint64_t symbols = 0;
};

std::vector<Hits> hits_of(const std::vector<RankedFile>& files, FocusWords& words) {
  std::vector<Hits> all;
  all.reserve(files.size());
  for (const RankedFile& file : files) {
    const std::size_t name = file.path.rfind('/') + 1;
    Hits& hits = all.emplace_back();
    hits.name = words.in(file.path.substr(name));
    hits.folders = words.in(file.path.substr(0, name));
    for (const Symbol& symbol : file.facts->symbols) hits.symbols |= words.in(symbol.name);
  }
  return all;
}

// The bits of words that few enough files hold.
std::uint64_t telling(const std::vector<Hits>& all) {
  std::array<std::size_t, kMostFocusWords> holders{};
  for (const Hits& hits : all) {
    const std::uint64_t any = hits.name | hits.folders | hits.symbols;
    for (std::size_t bit = 0; bit < kMostFocusWords; ++bit) holders[bit] += any >> bit & 1;
  }
  std::uint64_t bits = 0;
  for (std::size_t bit = 0; bit < kMostFocusWords; ++bit) {
    if (holders[bit] <= std::max<std::size_t>(all.size() / 4, 4)) bits |= std::uint64_t{1} << bit;
  }
  return bits;
}

void weigh_focus(std::vector<RankedFile>& files, std::string_view focus) {
  FocusWords words(focus);
  if (words.empty()) return;
  const std::vector<Hits> all = hits_of(files, words);
  const std::uint64_t counted = telling(all);
  for (std::size_t i = 0; i < files.size(); ++i) {
    const auto count = [&](std::uint64_t bits) { return std::popcount(bits & counted); };
    files[i].focus = 4 * count(all[i].name) + 2 * count(all[i].symbols) + count(all[i].folders);
    // Named in full: that one is meant.
    if (files[i].path.size() > kShortestIdentifier && focus.find(files[i].path) != focus.npos) {
      files[i].focus += 1000;
    }
  }
}

// ---- order ----

bool is_foreign(std::string_view path) {
  for (const std::string_view folder : {"vendor/", "third_party/", "node_modules/"}) {
    const std::size_t at = path.find(folder);
    if (at != path.npos && (at == 0 || path[at - 1] == '/')) return true;
  }
  return false;
}

std::int64_t weight_of(const RankedFile& file) {
  return 4 * file.named_by + (file.changed ? (kRecentCommits - *file.changed) / 2 : 0);
}

}  // namespace

void rank_files(std::vector<RankedFile>& files, std::string_view focus) {
  count_references(files);
  weigh_focus(files, focus);
  const auto key = [](const RankedFile& file) {
    return std::tuple(-file.focus, is_foreign(file.path), -weight_of(file),
                      std::count(file.path.begin(), file.path.end(), '/'), file.path);
  };
  using Key = decltype(key(files.front()));
  std::vector<std::pair<Key, std::size_t>> order;
  order.reserve(files.size());
  for (std::size_t i = 0; i < files.size(); ++i) order.emplace_back(key(files[i]), i);
  std::sort(order.begin(), order.end());
  std::vector<RankedFile> sorted;
  sorted.reserve(files.size());
  for (const auto& [unused, place] : order) sorted.push_back(std::move(files[place]));
  files = std::move(sorted);
}

}  // namespace baton
