// Reads {"<key>": [element, …], …} while its text still arrives, and hands each element over the
// moment its closing brace has come: a plan's tasks start before the plan has ended.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace baton {

class ArrayStream {
 public:
  // `element` is the JSON text of one object of the array, re-serialised. Valid during the call.
  using OnElement = std::function<void(std::string_view element)>;

  explicit ArrayStream(std::string key);
  ~ArrayStream();
  ArrayStream(ArrayStream&&) noexcept;
  ArrayStream& operator=(ArrayStream&&) noexcept;

  // Elements completed by these bytes are handed over in order. kInput at the first byte that is
  // not JSON (with its offset), at a depth over 32 or an element over 256 KiB; elements before it
  // stay delivered.
  Status feed(std::string_view bytes, const OnElement& on_element);
  // Whether the text so far is one complete JSON object that held the key as an array.
  Status finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace baton
