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
constexpr std::size_t kCheckDigits = 16;
constexpr std::size_t kOldSize = kDigits + 1 + kHashDigits + 1;
constexpr std::size_t kSize = kOldSize + kDigits + 1 + kCheckDigits + 1;

// Of a fixed length and nothing but digits, so that no sign and no blank passes for one.
std::optional<std::int64_t> number_in(std::string_view digits) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size() || number < 0)
    return std::nullopt;
  return number;
}

// A flipped bit in the amount would pass unseen otherwise; the hash is compared with the journal's.
std::string check_of(std::string_view text) {
  return sha256_hex(text).substr(0, kCheckDigits);
}

// "SEQUENCE HASH\n", and since format 4 "SEQUENCE HASH COMMITTED CHECK\n".
std::optional<Head> head_in(std::string_view text) {
  const bool old = text.size() == kOldSize;
  if ((!old && text.size() != kSize) || text[kDigits] != ' ' || text.back() != '\n')
    return std::nullopt;
  Head head;
  const std::optional<std::int64_t> sequence = number_in(text.substr(0, kDigits));
  if (!sequence || *sequence < 1) return std::nullopt;
  head.sequence = *sequence;
  head.hash = text.substr(kDigits + 1, kHashDigits);
  if (old) return head;
  const std::string_view checked = text.substr(0, kSize - kCheckDigits - 1);
  const std::optional<std::int64_t> committed = number_in(text.substr(kOldSize, kDigits));
  if (!committed || text.substr(checked.size(), kCheckDigits) != check_of(checked))
    return std::nullopt;
  head.committed = Money::pico(*committed);
  return head;
}

}  // namespace

// Always of one size, so that a shorter number leaves nothing of a longer one behind.
std::string head_text(const Head& head) {
  const std::int64_t committed =
      std::max<std::int64_t>(0, head.committed.value_or(Money()).picodollars());
  const std::string text =
      fmt::format("{:0{}} {} {:0{}} ", head.sequence, kDigits, head.hash, committed, kDigits);
  return fmt::format("{}{}\n", text, check_of(text));
}

void HeadFiles::write(const RunId& run, const Head& head) {
  const Fd* file = file_of(run);
  if (file == nullptr) return;
  const std::string text = head_text(head);
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

  std::optional<Head> head = head_in(*text);
  if (head) return head;
  return input_error(fmt::format(
      "{} does not hold a sequence number and a hash as they were written", file.string()));
}

}  // namespace baton
