#include "memory/full_text_query.h"

#include <cctype>
#include <cstddef>
#include <set>

namespace baton {

std::string full_text_query(std::string_view text) {
  constexpr std::size_t kMostWords = 64;
  constexpr std::size_t kShortest = 2;
  std::set<std::string, std::less<>> seen;
  std::string query;
  std::string word;
  const auto end_word = [&] {
    if (word.size() >= kShortest && seen.size() < kMostWords && seen.insert(word).second) {
      if (!query.empty()) query += " OR ";
      query.append("\"").append(word).append("\"");
    }
    word.clear();
  };
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80 || std::isalnum(byte) != 0) {
      word += static_cast<char>(byte < 0x80 ? std::tolower(byte) : byte);
    } else {
      end_word();
    }
  }
  end_word();
  return query;
}

}  // namespace baton
