#include "workflow/array_stream.h"

#include <boost/json.hpp>
#include <boost/json/basic_parser_impl.hpp>

namespace baton {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostDepth = 32;
constexpr std::size_t kMostElementBytes = 256u << 10;
constexpr std::string_view kElementTooLarge = "an element passes 256 KiB";

// What basic_parser tells of the text, by depth: the root object is at 1, the array of interest at
// 2. Of what lies elsewhere nothing is kept. Strings and numbers arrive in parts; `*_part` holds
// what came before, and a value_stack builds the element out of them.
class Handler {
 public:
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

  explicit Handler(std::string key) : key_(std::move(key)) {}

  // Set for the time of one write.
  const ArrayStream::OnElement* on_element = nullptr;

  // Why a handler of ours stopped the parse; empty if none did.
  std::string_view refusal() const { return refusal_; }
  bool root_is_object() const { return root_is_object_; }
  bool found_array() const { return found_array_; }

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }

  bool on_object_begin(json::error_code&) {
    if (depth_ == 0) root_is_object_ = true;
    if (depth_ == 2 && in_array_) begin_element();
    ++depth_;
    return true;
  }
  bool on_object_end(std::size_t members, json::error_code& error) {
    --depth_;
    if (!in_element_) return true;
    stack_.push_object(members);
    return depth_ == 2 ? end_element() : grow(2, error);
  }
  bool on_array_begin(json::error_code& error) {
    if (depth_ == 1 && root_is_object_ && at_key_) {
      if (found_array_) return refuse("the array comes twice", error);
      found_array_ = true;
      in_array_ = true;
    }
    ++depth_;
    return true;
  }
  bool on_array_end(std::size_t values, json::error_code& error) {
    --depth_;
    if (depth_ == 1) in_array_ = false;
    if (!in_element_) return true;
    stack_.push_array(values);
    return grow(2, error);
  }

  bool on_key_part(json::string_view part, std::size_t, json::error_code& error) {
    if (in_element_) {
      stack_.push_chars(part);
      return grow(part.size(), error);
    }
    if (depth_ == 1)
      root_key_ += part.substr(0, key_.size() + 1 - std::min(root_key_.size(), key_.size() + 1));
    return true;
  }
  bool on_key(json::string_view part, std::size_t size, json::error_code& error) {
    if (in_element_) {
      stack_.push_key(part);
      return grow(part.size() + 4, error);
    }
    if (depth_ == 1) {
      on_key_part(part, size, error);
      at_key_ = root_key_ == key_;
      root_key_.clear();
    }
    return true;
  }
  bool on_string_part(json::string_view part, std::size_t, json::error_code& error) {
    if (!in_element_) return true;
    stack_.push_chars(part);
    return grow(part.size(), error);
  }
  bool on_string(json::string_view part, std::size_t, json::error_code& error) {
    if (!in_element_) return true;
    stack_.push_string(part);
    return grow(part.size() + 3, error);
  }
  bool on_number_part(json::string_view, json::error_code&) { return true; }
  bool on_int64(std::int64_t number, json::string_view, json::error_code& error) {
    if (!in_element_) return true;
    stack_.push_int64(number);
    return grow(8, error);
  }
  bool on_uint64(std::uint64_t number, json::string_view, json::error_code& error) {
    if (!in_element_) return true;
    stack_.push_uint64(number);
    return grow(8, error);
  }
  bool on_double(double number, json::string_view, json::error_code& error) {
    if (!in_element_) return true;
    stack_.push_double(number);
    return grow(8, error);
  }
  bool on_bool(bool truth, json::error_code& error) {
    if (!in_element_) return true;
    stack_.push_bool(truth);
    return grow(5, error);
  }
  bool on_null(json::error_code& error) {
    if (!in_element_) return true;
    stack_.push_null();
    return grow(5, error);
  }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }

 private:
  void begin_element() {
    stack_.reset();
    in_element_ = true;
    element_bytes_ = 0;
  }

  bool end_element() {
    in_element_ = false;
    const json::value element = stack_.release();
    (*on_element)(json::serialize(element));
    return true;
  }

  bool grow(std::size_t bytes, json::error_code& error) {
    element_bytes_ += bytes;
    if (element_bytes_ <= kMostElementBytes) return true;
    return refuse(kElementTooLarge, error);
  }

  bool refuse(std::string_view why, json::error_code& error) {
    refusal_ = why;
    error = json::error::syntax;
    return false;
  }

  const std::string key_;
  std::string root_key_;  // as much of the root's current key as tells it from `key_`
  json::value_stack stack_;
  std::size_t depth_ = 0;
  std::size_t element_bytes_ = 0;
  bool root_is_object_ = false;
  bool at_key_ = false;
  bool found_array_ = false;
  bool in_array_ = false;
  bool in_element_ = false;
  std::string_view refusal_;
};

json::parse_options options() {
  json::parse_options options;
  options.max_depth = kMostDepth;
  return options;
}

}  // namespace

struct ArrayStream::State {
  explicit State(std::string key) : key_name(key), parser(options(), std::move(key)) {}

  std::string key_name;
  json::basic_parser<Handler> parser;
  std::size_t offset = 0;
  std::optional<Error> failed;  // once and for all

  Status fail(std::string message) {
    failed = input_error(std::move(message));
    return *failed;
  }
};

ArrayStream::ArrayStream(std::string key) : state_(std::make_unique<State>(std::move(key))) {}
ArrayStream::~ArrayStream() = default;
ArrayStream::ArrayStream(ArrayStream&&) noexcept = default;
ArrayStream& ArrayStream::operator=(ArrayStream&&) noexcept = default;

Status ArrayStream::feed(std::string_view bytes, const OnElement& on_element) {
  State& state = *state_;
  if (state.failed) return *state.failed;
  Handler& handler = state.parser.handler();
  handler.on_element = &on_element;
  json::error_code error;
  const std::size_t read = state.parser.write_some(true, bytes.data(), bytes.size(), error);
  handler.on_element = nullptr;
  state.offset += read;
  if (!error && read < bytes.size() && bytes.find_first_not_of(" \t\r\n", read) != bytes.npos) {
    error = json::error::extra_data;
  }
  if (!error) return {};
  if (!handler.refusal().empty()) {
    return state.fail(
        fmt::format("\"{}\", by byte {}: {}", state.key_name, state.offset, handler.refusal()));
  }
  return state.fail(
      fmt::format("the text is not JSON at byte {}: {}", state.offset, error.message()));
}

Status ArrayStream::finish() {
  State& state = *state_;
  if (state.failed) return *state.failed;
  if (!state.parser.done()) {
    return input_error(fmt::format("the text ends at byte {}, before its JSON does", state.offset));
  }
  const Handler& handler = state.parser.handler();
  if (!handler.root_is_object() || !handler.found_array()) {
    return input_error(fmt::format("the JSON has no array \"{}\"", state.key_name));
  }
  return {};
}

}  // namespace baton
