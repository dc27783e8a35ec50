// BATON_CHECK: a "Requires" of a header, checked in release builds too. Breaking one is a bug, so
// the process stops at once: a journal survives a stop, it may not survive a wrong write.
#pragma once

namespace baton {
[[noreturn]] void check_failed(const char* condition, const char* file, int line);
}  // namespace baton

#define BATON_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::baton::check_failed(#condition, __FILE__, __LINE__))
