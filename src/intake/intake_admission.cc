#include "intake/intake_admission.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace baton {
namespace {

constexpr std::size_t kBinaryProbe = 8 << 10;

std::size_t longest_line(std::string_view text) {
  std::size_t longest = 0;
  for (const std::string_view line : split_lines(text)) longest = std::max(longest, line.size());
  return longest;
}

std::size_t longest_line(const ChangedFile& file) {
  std::size_t longest = file.text ? longest_line(*file.text) : 0;
  for (const Hunk& hunk : file.hunks) {
    for (const HunkLine& line : hunk.lines) longest = std::max(longest, line.text.size());
  }
  return longest;
}

std::size_t bytes_of(const ChangedFile& file) {
  std::size_t bytes = file.text ? file.text->size() : 0;
  for (const Hunk& hunk : file.hunks) {
    for (const HunkLine& line : hunk.lines) bytes += line.text.size() + 1;
  }
  return bytes;
}

}  // namespace

std::string too_large(std::int64_t bytes) {
  return fmt::format("larger than 1 MiB ({:.1f} MiB)",
                     static_cast<double>(bytes) / static_cast<double>(1 << 20));
}

bool is_binary_to_git(std::string_view bytes) {
  return bytes.substr(0, kBinaryProbe).find('\0') != bytes.npos;
}

std::string reviewable_text(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    const bool ends_line = at + 1 == bytes.size() || bytes[at + 1] == '\n';
    if (bytes[at] != '\r' || !ends_line) text += bytes[at];
  }
  return is_utf8(text) ? text : to_utf8(text);
}

std::string why_not_read(const FileRead& file) {
  switch (file.kind) {
    case FileRead::Kind::kRead:
      break;
    case FileRead::Kind::kMissing:
      return "not there";
    case FileRead::Kind::kSymbolicLink:
      return "symbolic link";
    case FileRead::Kind::kFolder:
      return "submodule";  // what git lists as a file, and is a folder
    case FileRead::Kind::kTooLarge:
      return too_large(file.size);
    case FileRead::Kind::kUnreadable:
      return fmt::format("unreadable: {}", file.why);
  }
  BATON_CHECK(false);
}

void Admission::admit(ChangedFile file, std::optional<std::string_view> bytes) {
  if (bytes) {
    if (is_binary_to_git(*bytes)) return skip(std::move(file.path), "binary");
    file.text = reviewable_text(*bytes);
    if (!is_utf8(*bytes)) note_conversion(file.path);
  }
  if (const std::size_t longest = longest_line(file); longest > kMaxLineBytes) {
    return skip(std::move(file.path),
                fmt::format("minified or generated: a line of {} characters", longest));
  }
  const std::size_t size = bytes_of(file);
  if (admitted_bytes_ + size > kMaxChangeBytes) {
    return skip(std::move(file.path), "beyond the 64 MiB that are reviewed at once");
  }
  admitted_bytes_ += size;
  change_.files.push_back(std::move(file));
}

void Admission::skip(std::string path, std::string reason) {
  change_.skipped.push_back({std::move(path), std::move(reason)});
}

void Admission::note_conversion(const std::string& path) {
  std::string note = fmt::format(
      "{} is not UTF-8: each byte that belongs to no character is shown as U+FFFD", path);
  auto& notes = change_.notes;
  if (std::find(notes.begin(), notes.end(), note) == notes.end()) notes.push_back(std::move(note));
}

}  // namespace baton
