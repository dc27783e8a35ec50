// Modes: whether a plan and workers, one call alone, or that call at a lower effort is the better
// bargain for a change.
//
// A call alone is only an equal where splitting brings nothing: a change that is small (few changed
// lines in few files) and of one domain (at most two kinds of file), and that fits one context of
// the deep model beside its answer. Lower effort is only an equal for what is smaller still: one
// file and a few lines. Of the equals, the cheapest by its likely cost.
#pragma once

#include <optional>
#include <string>

#include "forecast/forecast.h"

namespace baton {

constexpr int kDirectLines = 150;  // changed: added and removed
constexpr int kDirectFiles = 4;
constexpr int kDirectKinds = 2;  // of file, by their ends: a source, its header, its page
constexpr int kLowerEffortLines = 20;

// Why the change should not be reviewed in one call; empty if nothing speaks against it.
std::string too_much_for_one_call(const Change& change);
// Likewise at a lower effort.
std::string too_much_for_lower_effort(const Change& change);

struct Prospects {
  Prospect orchestrate;
  Prospect direct;
  std::optional<Prospect> lower;  // none: the model takes no effort, or there is no lower one
  std::string lower_effort;
  bool direct_fits = true;  // the direct call's prompt and answer fit its model's window
};

struct Choice {
  Way way = Way::kOrchestrate;
  std::string effort;  // of the direct call; empty: its task type's
  std::string reason;  // for people

  bool operator==(const Choice&) const = default;
};

// `mode`: "auto", "orchestrate" or "direct". `effort`: what the user asked of a direct call, or
// empty; auto keeps to it.
Choice choose_way(const Change& change, const Prospects& prospects, const std::string& mode,
                  const std::string& effort);

// The prospect of what was chosen.
const Prospect& chosen(const Prospects& prospects, const Choice& choice);

}  // namespace baton
