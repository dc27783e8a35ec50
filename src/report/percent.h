// Shares as our reports show them: in percent with one decimal, rounded down.
#pragma once

#include <cstdint>
#include <string>

namespace baton {

// In tenths of a percent, rounded down, also below zero; 0 of nothing.
std::int64_t per_mille(std::int64_t part, std::int64_t whole);
double percent(std::int64_t part, std::int64_t whole);
// "-3.1%" for -31.
std::string percent_text(std::int64_t per_mille);

}  // namespace baton
