// By which rules a text may be a fact. Pure: the text alone decides.
//
// The rules keep out what has no place in a memory: what is too long or several things at once,
// what looks like a key or a password, what tells a model what to do. They are a sieve, not a wall:
// that a fact is shown as data, never as an order, is what protects (see docs/memory.md).
#pragma once

#include <string>
#include <string_view>

namespace baton {

inline constexpr std::size_t kLongestFact = 400;  // bytes

// What is wrong with its form, or that it holds a secret: holds for persons too. Empty: nothing.
std::string objection_to_form(std::string_view text);
// That it is an order to a model, or an address to fetch. Empty: it is not.
std::string objection_to_order(std::string_view text);

// As it is stored: without spaces at its ends, single spaces within.
std::string tidy_fact(std::string_view text);
// Two texts are one fact if this is equal: small letters, spaces for punctuation.
std::string normalised_fact(std::string_view text);

}  // namespace baton
