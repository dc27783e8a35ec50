#include "workflow/appraisal.h"

#include <fmt/format.h>

#include <boost/json.hpp>

namespace baton {
namespace json = boost::json;

std::optional<Appraisal> unless_whole(const CallSettled& answer) {
  if (answer.stop == StopReason::kRefusal)
    return Appraisal{Verdict::kRefused, "the model declined the task", {}};
  if (answer.stop == StopReason::kWindowExceeded) {
    return Appraisal{
        Verdict::kWindowFull, "the answer was cut because the context window was full", {}};
  }
  if (answer.stop == StopReason::kMaxTokens) {
    return Appraisal{Verdict::kTruncated,
                     fmt::format("the answer was cut after {} tokens", answer.usage.output.count()),
                     {}};
  }
  return std::nullopt;
}

Appraisal invalid(std::string_view why, std::string_view what_to_do) {
  const std::string text = fmt::format("That answer cannot be used: {}. {}", why, what_to_do);
  return {Verdict::kInvalid, std::string(why),
          json::serialize(json::array{{{"type", "text"}, {"text", text}}})};
}

}  // namespace baton
