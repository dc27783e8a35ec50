#include "store/head_files.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

namespace baton {
namespace {

constexpr std::size_t kMostOpen = 128;
constexpr std::size_t kDigits = 20;
constexpr std::size_t kHashDigits = 64;
constexpr std::size_t kSize = kDigits + 1 + kHashDigits + 1;

}  // namespace

void HeadFiles::write(const RunId& run, const Head& head) {
  const Fd* file = file_of(run);
  if (file == nullptr) return;
  // Of one size, so that a shorter number leaves nothing of a longer one behind.
  const std::string text = fmt::format("{:0{}} {}\n", head.sequence, kDigits, head.hash);
  [[maybe_unused]] const ssize_t written = ::pwrite(file->get(), text.data(), text.size(), 0);
}

const Fd* HeadFiles::file_of(const RunId& run) {
  if (const auto found = by_run_.find(run); found != by_run_.end()) {
    open_.splice(open_.begin(), open_, found->second);
    return &open_.front().file;
  }
  Result<Fd> file = open_private_file(folder_ / run);
  if (!file) return nullptr;
  if (open_.size() == kMostOpen) {
    by_run_.erase(open_.back().run);
    open_.pop_back();
  }
  open_.push_front({run, std::move(*file)});
  by_run_[run] = open_.begin();
  return &open_.front().file;
}

Result<std::optional<Head>> read_head(const std::filesystem::path& file) {
  const std::optional<std::string> text = read_beginning(file, kSize + 1);
  if (!text) return std::optional<Head>();
  const bool blank = std::all_of(text->begin(), text->end(), [](char c) { return c == '\0'; });
  if (blank) return std::optional<Head>();

  Head head;
  const char* const digits_end = text->data() + std::min(kDigits, text->size());
  const auto [end, error] = std::from_chars(text->data(), digits_end, head.sequence);
  const bool shaped = text->size() == kSize && error == std::errc() && end == digits_end &&
                      (*text)[kDigits] == ' ' && text->back() == '\n';
  if (!shaped || head.sequence < 1) {
    return input_error(fmt::format("{} does not hold a sequence number and a hash", file.string()));
  }
  head.hash = text->substr(kDigits + 1, kHashDigits);
  return std::optional<Head>(std::move(head));
}

}  // namespace baton
