#include "simulation/kept_seeds.h"

#include <fmt/format.h>

#include <charconv>

namespace baton::sim {
namespace {

std::string_view take_word(std::string_view& line) {
  const std::string_view word = line.substr(0, line.find(' '));
  line.remove_prefix(word.size());
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  return word;
}

Result<KeptSeed> read_line(std::string_view line, int number) {
  KeptSeed kept;
  const std::string_view seed = take_word(line);
  const auto [end, error] = std::from_chars(seed.data(), seed.data() + seed.size(), kept.seed);
  if (error != std::errc() || end != seed.data() + seed.size())
    return input_error(fmt::format("line {}: '{}' is no seed", number, seed));
  kept.allowed = take_word(line);
  const Result<FaultSet> faults = read_faults(kept.allowed);
  if (!faults) return input_error(fmt::format("line {}: {}", number, faults.error().message));
  kept.faults = *faults;
  kept.why = line;
  if (kept.why.empty())
    return input_error(fmt::format("line {}: say what was wrong with seed {}", number, seed));
  return kept;
}

}  // namespace

Result<std::vector<KeptSeed>> read_kept_seeds(std::string_view text) {
  std::vector<KeptSeed> seeds;
  for (int number = 1; !text.empty(); ++number) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.empty() || line.front() == '#') continue;
    Result<KeptSeed> kept = read_line(line, number);
    if (!kept) return kept.error();
    seeds.push_back(std::move(*kept));
  }
  return seeds;
}

}  // namespace baton::sim
