// SHA-256: the names of stored texts, the content keys of calls, the chain of the journal.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace baton {

using Sha256 = std::array<unsigned char, 32>;

Sha256 sha256(std::string_view bytes);
std::string to_hex(const Sha256& hash);          // 64 lower-case digits
std::string sha256_hex(std::string_view bytes);  // to_hex(sha256(bytes))

}  // namespace baton
