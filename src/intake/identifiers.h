// The identifiers of a source text, whatever its language: how one file is seen to refer to what
// another defines.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace baton {

// A name as a number: equal names have equal numbers, others nearly always different ones. The same
// in every process, so that numbers can be kept.
using NameHash = std::uint32_t;
NameHash name_hash(std::string_view name);

// Shorter names are too common to point anywhere.
inline constexpr std::size_t kShortestIdentifier = 3;

// Each once, in ascending order; at most the first 4,000 of a text. ASCII letters, digits and '_',
// and every byte beyond ASCII; also those in comments and strings.
std::vector<NameHash> identifiers_of(std::string_view text);

}  // namespace baton
