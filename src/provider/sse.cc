#include "provider/sse.h"

#include <algorithm>
#include <utility>

namespace baton {
namespace {

// Capacity that a stream keeps between events; one large event must not hold its memory for the
// rest of a long stream.
constexpr std::size_t kKeptCapacity = 4096;

void clear(std::string& buffer) {
  if (buffer.capacity() > kKeptCapacity) {
    std::string().swap(buffer);
  } else {
    buffer.clear();
  }
}

std::string_view without_bom(std::string_view line) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (line.starts_with(kByteOrderMark)) line.remove_prefix(kByteOrderMark.size());
  return line;
}

}  // namespace

bool SseSplitter::feed(std::string_view bytes, const OnEvent& on_event) {
  // Each kind of line end is looked for again only once it has been passed, so that a stream with
  // only one of them is still read in linear time.
  std::size_t at = 0;
  std::size_t lf = bytes.find('\n');
  std::size_t cr = bytes.find('\r');
  while (!overflowed_ && at < bytes.size()) {
    if (std::exchange(after_cr_, false) && bytes[at] == '\n') {
      ++at;
      continue;
    }
    if (lf < at) lf = bytes.find('\n', at);
    if (cr < at) cr = bytes.find('\r', at);
    const std::size_t end = std::min(lf, cr);
    const std::string_view piece = bytes.substr(at, std::min(end, bytes.size()) - at);
    if (line_.size() + piece.size() > kMaxEventBytes) {
      overflowed_ = true;
      break;
    }
    if (end == bytes.npos) {
      line_ += piece;
      break;
    }
    if (line_.empty()) {
      end_line(piece, on_event);
    } else {
      line_ += piece;
      end_line(line_, on_event);
      clear(line_);
    }
    after_cr_ = bytes[end] == '\r';
    at = end + 1;
  }
  return !overflowed_;
}

void SseSplitter::end_line(std::string_view line, const OnEvent& on_event) {
  if (std::exchange(first_line_, false)) line = without_bom(line);
  if (line.empty()) {
    if (has_data_) on_event(event_, data_);
    clear(event_);
    clear(data_);
    has_data_ = false;
    return;
  }
  const std::size_t colon = line.find(':');
  const std::string_view field = line.substr(0, colon);
  std::string_view value = colon == line.npos ? std::string_view() : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (field == "data") {
    add_data(value);
  } else if (field == "event") {
    event_ = value;
  }  // a comment (empty field), "id", "retry" and what else may come say nothing to us
}

void SseSplitter::add_data(std::string_view value) {
  if (data_.size() + 1 + value.size() > kMaxEventBytes) {
    overflowed_ = true;
    return;
  }
  if (std::exchange(has_data_, true)) data_ += '\n';
  data_ += value;
}

}  // namespace baton
