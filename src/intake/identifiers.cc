#include "intake/identifiers.h"

#include <algorithm>
#include <array>

namespace baton {
namespace {

constexpr std::size_t kMost = 4'000;
constexpr std::size_t kSlots = 16'384;  // a power of two, well above kMost

constexpr std::array<bool, 256> word_bytes() {
  std::array<bool, 256> is_word{};
  for (int c = 0; c < 256; ++c) {
    is_word[static_cast<std::size_t>(c)] = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                           (c >= '0' && c <= '9') || c == '_' || c >= 0x80;
  }
  return is_word;
}
constexpr std::array<bool, 256> kWordBytes = word_bytes();

bool is_word(char c) {
  return kWordBytes[static_cast<unsigned char>(c)];
}

// A set of a known most, without an allocation for each member.
class HashSet {
 public:
  HashSet() : slots_(kSlots) {}

  void add(NameHash hash) {
    std::size_t at = hash & (kSlots - 1);
    while (slots_[at] != 0 && slots_[at] != hash) at = (at + 1) & (kSlots - 1);
    if (slots_[at] == hash) return;
    slots_[at] = hash;
    members_.push_back(hash);
  }
  std::size_t size() const { return members_.size(); }

  std::vector<NameHash> take() {
    for (const NameHash member : members_) {
      for (std::size_t at = member & (kSlots - 1); slots_[at] != 0; at = (at + 1) & (kSlots - 1)) {
        slots_[at] = 0;
      }
    }
    std::sort(members_.begin(), members_.end());
    return std::exchange(members_, {});
  }

 private:
  std::vector<NameHash> slots_;  // 0: free
  std::vector<NameHash> members_;
};

}  // namespace

NameHash name_hash(std::string_view name) {
  NameHash hash = 2'166'136'261U;  // FNV-1a
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 16'777'619U;
  return hash == 0 ? 1 : hash;
}

std::vector<NameHash> identifiers_of(std::string_view text) {
  static thread_local HashSet found;
  for (std::size_t at = 0; at < text.size() && found.size() < kMost;) {
    if (!is_word(text[at])) {
      ++at;
      continue;
    }
    const std::size_t begin = at;
    while (at < text.size() && is_word(text[at])) ++at;
    const bool number = text[begin] >= '0' && text[begin] <= '9';
    if (!number && at - begin >= kShortestIdentifier) {
      found.add(name_hash(text.substr(begin, at - begin)));
    }
  }
  return found.take();
}

}  // namespace baton
