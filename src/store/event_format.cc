#include "store/event_format.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <limits>
#include <map>
#include <type_traits>

#include "base/json_string.h"
#include "base/text.h"
#include "store/event_forms.h"

namespace baton {
namespace {

namespace json = boost::json;

template <typename T>
constexpr bool kIsOptional = false;
template <typename T>
constexpr bool kIsOptional<std::optional<T>> = true;

template <typename Enum>
std::optional<Enum> named(std::string_view word) {
  if constexpr (std::is_same_v<Enum, Tier>) return tier_from(word);
  if constexpr (std::is_same_v<Enum, Role>) return role_from(word);
  if constexpr (std::is_same_v<Enum, Verdict>) return verdict_from(word);
  if constexpr (std::is_same_v<Enum, BillState>) return bill_state_from(word);
  if constexpr (std::is_same_v<Enum, FailureKind>) return failure_kind_from(word);
  if constexpr (std::is_same_v<Enum, SkipReason>) return skip_reason_from(word);
  if constexpr (std::is_same_v<Enum, RunStatus>) return run_status_from(word);
}

// ---- writing: straight into the text, since every call of a run passes here some six times ----

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  template <Record T>
  void put(const T& record) {
    out_ += '{';
    first_ = true;
    Form<T>::fields(*this, record);
    out_ += '}';
    first_ = false;
  }

  template <typename T>
  void operator()(std::string_view name, const T& value) {
    if constexpr (kIsOptional<T>) {
      if (value) (*this)(name, *value);
    } else {
      if (!first_) out_ += ',';
      first_ = false;
      out_ += '"';
      out_ += name;
      out_ += "\":";
      put(value);
    }
  }

  template <typename T>
  void more(std::string_view name, const T& value) {
    if (value != T()) (*this)(name, value);
  }

 private:
  void put(bool value) { out_ += value ? "true" : "false"; }
  void put(const std::string& text) { append_json_string(out_, text); }
  void put(Money amount) { append_json_string(out_, amount.to_string()); }
  void put(Instant at) { put(at.unix_ms()); }
  void put(Millis length) { put(length.count()); }
  void put(Tokens tokens) { put(tokens.count()); }

  template <typename Tag>
  void put(Ordinal<Tag> id) {
    put(id.number());
  }

  template <typename T>
  requires std::is_integral_v<T>
  void put(T number) {
    const fmt::format_int digits(number);
    out_.append(digits.data(), digits.size());
  }

  template <typename T>
  requires std::is_enum_v<T>
  void put(T value) { append_json_string(out_, to_string(value)); }

  template <typename T>
  void put(const std::vector<T>& items) {
    out_ += '[';
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i != 0) out_ += ',';
      put(items[i]);
    }
    out_ += ']';
  }

  template <typename T>
  void put(const std::map<std::string, T>& entries) {
    out_ += '{';
    first_ = true;
    for (const auto& [key, value] : entries) {
      if (!first_) out_ += ',';
      append_json_string(out_, key);
      out_ += ':';
      put(value);
      first_ = false;
    }
    out_ += '}';
    first_ = false;
  }

  std::string& out_;
  bool first_ = true;
};

// ---- reading ----

// The first thing that is wrong ends the reading: later fields are left as they are.
class Reader {
 public:
  Reader(const json::object& object, std::string path, std::string& wrong)
      : object_(object), path_(std::move(path)), wrong_(wrong) {}

  template <typename T>
  void operator()(std::string_view name, T& value) {
    if (!wrong_.empty()) return;
    const json::value* found = object_.if_contains(name);
    if constexpr (kIsOptional<T>) {
      if (found != nullptr) get(name, *found, value.emplace());
    } else if (found == nullptr) {
      wrong_ = fmt::format("field '{}{}' is missing", path_, name);
    } else {
      get(name, *found, value);
    }
  }

  template <typename T>
  void more(std::string_view name, T& value) {
    if (!wrong_.empty()) return;
    if (const json::value* found = object_.if_contains(name)) get(name, *found, value);
  }

 private:
  void mismatch(std::string_view name, const json::value& found, std::string_view expected) {
    wrong_ = fmt::format("field '{}{}' is {}, expected {}", path_, name,
                         shorten(json::serialize(found), 60), expected);
  }

  void get(std::string_view name, const json::value& found, bool& value) {
    if (!found.is_bool()) return mismatch(name, found, "true or false");
    value = found.get_bool();
  }

  void get(std::string_view name, const json::value& found, std::string& value) {
    if (!found.is_string()) return mismatch(name, found, "a string");
    value = std::string_view(found.get_string());
  }

  void get(std::string_view name, const json::value& found, Money& value) {
    constexpr std::string_view kExpected = "an amount in dollars such as \"1.25\"";
    if (!found.is_string()) return mismatch(name, found, kExpected);
    const Result<Money> amount = Money::parse(found.get_string());
    if (!amount) return mismatch(name, found, kExpected);
    value = *amount;
  }

  void get(std::string_view name, const json::value& found, Instant& value) {
    std::int64_t ms = 0;
    get(name, found, ms);
    value = Instant::from_unix_ms(ms);
  }

  // Millis, Tokens and ids: a whole number with a type of its own.
  template <typename T, typename Count>
  void get_counted(std::string_view name, const json::value& found, T& value) {
    Count count = 0;
    get(name, found, count);
    value = T(count);
  }
  void get(std::string_view name, const json::value& found, Millis& value) {
    get_counted<Millis, std::int64_t>(name, found, value);
  }
  void get(std::string_view name, const json::value& found, Tokens& value) {
    get_counted<Tokens, std::int64_t>(name, found, value);
  }
  template <typename Tag>
  void get(std::string_view name, const json::value& found, Ordinal<Tag>& value) {
    get_counted<Ordinal<Tag>, std::int32_t>(name, found, value);
  }

  template <typename T>
  requires std::is_integral_v<T>
  void get(std::string_view name, const json::value& found, T& value) {
    boost::system::error_code error;
    if (found.is_int64() || found.is_uint64()) value = found.to_number<T>(error);
    if (found.is_double() || !found.is_number() || error) {
      mismatch(name, found,
               fmt::format("a whole number from {} to {}", std::numeric_limits<T>::min(),
                           std::numeric_limits<T>::max()));
    }
  }

  template <typename T>
  requires std::is_enum_v<T>
  void get(std::string_view name, const json::value& found, T& value) {
    const std::optional<T> known =
        found.is_string() ? named<T>(found.get_string()) : std::optional<T>();
    if (!known) return mismatch(name, found, "one of the words this version knows");
    value = *known;
  }

  template <typename T>
  void get(std::string_view name, const json::value& found, std::vector<T>& value) {
    if (!found.is_array()) return mismatch(name, found, "an array");
    for (const json::value& item : found.get_array()) {
      get(name, item, value.emplace_back());
      if (!wrong_.empty()) return;
    }
  }

  template <typename T>
  void get(std::string_view name, const json::value& found, std::map<std::string, T>& value) {
    if (!found.is_object()) return mismatch(name, found, "an object");
    for (const auto& [key, item] : found.get_object()) {
      get(name, item, value[std::string(key)]);
      if (!wrong_.empty()) return;
    }
  }

  template <Record T>
  void get(std::string_view name, const json::value& found, T& value) {
    if (!found.is_object()) return mismatch(name, found, "an object");
    Reader inner(found.get_object(), fmt::format("{}{}.", path_, name), wrong_);
    Form<T>::fields(inner, value);
  }

  const json::object& object_;
  std::string path_;  // of the object, with its last dot: "spec."
  std::string& wrong_;
};

template <typename E>
Result<Event> read_as(const json::object& object) {
  std::string wrong;
  E event;
  Reader reader(object, "", wrong);
  Form<E>::fields(reader, event);
  if (!wrong.empty()) return input_error(fmt::format("event {}: {}", Form<E>::kType, wrong));
  return Event(std::move(event));
}

using ReadAs = Result<Event> (*)(const json::object&);

// What reads the type of that name; null if none of the variant has it.
template <typename... E>
ReadAs reader_of(std::string_view type, const std::variant<E...>*) {
  ReadAs found = nullptr;
  ((type == Form<E>::kType ? void(found = &read_as<E>) : void()), ...);
  return found;
}

}  // namespace

EventText write_event(const Event& event) {
  return std::visit(
      []<typename E>(const E& e) {
        EventText text{Form<E>::kType, {}};
        text.body.reserve(384);
        Writer(text.body).put(e);
        return text;
      },
      event);
}

Result<Event> read_event(std::string_view type, std::string_view body) {
  const ReadAs read = reader_of(type, static_cast<const Event*>(nullptr));
  if (read == nullptr) {
    return input_error(
        fmt::format("event type '{}' is not known to this version of baton: it was written by a "
                    "later one, which must read it",
                    type));
  }
  unsigned char near[4096];  // a resume reads every event of a run: most need no heap
  json::monotonic_resource memory(near, sizeof near);
  boost::system::error_code error;
  const json::value value = json::parse(body, error, &memory);
  if (error) {
    return input_error(fmt::format("event {}: its body is not JSON: {}", type, error.message()));
  }
  if (!value.is_object()) {
    return input_error(fmt::format("event {}: its body is not a JSON object", type));
  }
  return read(value.get_object());
}

}  // namespace baton
