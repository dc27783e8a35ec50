#include "sandbox/bounded_output.h"

#include <fmt/format.h>

#include <algorithm>

namespace baton {

void BoundedOutput::add(std::string_view bytes) {
  said_ += bytes.size();
  const std::size_t first = std::min(bytes.size(), half_ - beginning_.size());
  beginning_.append(bytes.substr(0, first));
  bytes.remove_prefix(first);
  if (bytes.size() > half_) bytes.remove_prefix(bytes.size() - half_);
  ending_.append(bytes);
  if (ending_.size() > 2 * half_) ending_.erase(0, ending_.size() - half_);
}

std::string_view BoundedOutput::ending() const {
  const std::string_view all = ending_;
  return all.substr(all.size() - std::min(all.size(), half_));
}

std::string BoundedOutput::text() const {
  if (!truncated()) return beginning_ + std::string(ending());
  return fmt::format("{}\n[{} bytes left out]\n{}", beginning_, left_out(), ending());
}

}  // namespace baton
