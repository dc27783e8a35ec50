// Admission: which files become part of a Change, and in which form.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "change/change.h"
#include "intake/read_beneath.h"

namespace baton {

inline constexpr std::int64_t kMaxFileBytes = 1 << 20;
inline constexpr std::size_t kMaxChangeBytes = 64 << 20;
inline constexpr std::size_t kMaxLineBytes = 20'000;
inline constexpr std::size_t kMaxDescriptionBytes = 8 << 10;

// "larger than 1 MiB (10.0 MiB)"
std::string too_large(std::int64_t bytes);

// As git decides it: a NUL near the beginning.
bool is_binary_to_git(std::string_view bytes);

// Well-formed UTF-8 whose lines end in "\n".
std::string reviewable_text(std::string_view bytes);

// Why there is nothing to read, for a skipped file. Requires: file.kind is not kRead.
std::string why_not_read(const FileRead& file);

class Admission {
 public:
  explicit Admission(Change& change) : change_(change) {}

  // Puts the file into the change, or under the skipped with the reason. `bytes`: its new side, if
  // it is known whole.
  void admit(ChangedFile file, std::optional<std::string_view> bytes);
  void skip(std::string path, std::string reason);

 private:
  void note_conversion(const std::string& path);

  Change& change_;
  std::size_t admitted_bytes_ = 0;
};

}  // namespace baton
