// What the map of a repository knows of one text, whichever files hold it: found once, then kept.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "intake/identifiers.h"
#include "prompt/repo_map.h"

namespace baton {

struct BlobFacts {
  enum class Kind : std::uint8_t {
    kText,    // looked into
    kPlain,   // not looked into: prose, data, or more than the map takes in
    kBinary,  // not for a model to read
  };
  Kind kind = Kind::kPlain;
  std::int64_t bytes = 0;
  std::int64_t lines = 0;  // of what was looked into
  std::vector<Symbol> symbols;
  std::vector<NameHash> names;  // the identifiers in it, as identifiers_of() gives them

  bool operator==(const BlobFacts&) const = default;
};

// As bytes of this machine, to be kept on it.
std::string encode(const BlobFacts& facts);
std::optional<BlobFacts> decode_blob_facts(std::string_view bytes);

}  // namespace baton
