// What every workflow says of an answer, whatever it asked for.
#pragma once

#include <optional>
#include <string_view>

#include "workflow/workflow.h"

namespace baton {

// Of an answer that was declined or cut; none: it is whole.
std::optional<Appraisal> unless_whole(const CallSettled& answer);

// An answer that cannot be used, and what the model is told of it, once.
Appraisal invalid(std::string_view why, std::string_view what_to_do);
inline constexpr std::string_view kAnswerAgain =
    "Answer again, the whole answer and nothing else, in the form that was asked for.";

}  // namespace baton
