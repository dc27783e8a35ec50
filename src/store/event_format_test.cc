#include "store/event_format.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <boost/json.hpp>
#include <boost/pfr/tuple_size.hpp>

#include "base/text.h"
#include "store/event_forms.h"

namespace baton {
namespace {

// Fills every field of an event with something arbitrary, by its Form.
class Arbitrary {
 public:
  template <typename T>
  void operator()(std::string_view, T& value) {
    set(value);
  }
  template <typename T>
  void more(std::string_view, T& value) {
    set(value);
  }

 private:
  void set(bool& value) { value = *rc::gen::arbitrary<bool>(); }
  void set(std::string& value) { value = to_utf8(*rc::gen::arbitrary<std::string>()); }
  void set(Money& value) { value = Money::pico(*rc::gen::arbitrary<std::int64_t>()); }
  void set(Instant& value) { value = Instant::from_unix_ms(*rc::gen::arbitrary<std::int64_t>()); }
  void set(Millis& value) { value = Millis(*rc::gen::arbitrary<std::int64_t>()); }
  void set(Tokens& value) { value = Tokens(*rc::gen::arbitrary<std::int64_t>()); }
  void set(Tier& value) { value = *rc::gen::element(Tier::kLocal, Tier::kFast, Tier::kDeep); }
  void set(Role& value) { value = *rc::gen::element(Role::kOrchestrator, Role::kWorker); }
  void set(Verdict& value) { value = *rc::gen::element(Verdict::kNone, Verdict::kInvalid); }
  void set(BillState& value) {
    value = *rc::gen::element(BillState::kSettled, BillState::kNotBilled, BillState::kUnknown);
  }
  void set(FailureKind& value) {
    value = *rc::gen::element(FailureKind::kThrottled, FailureKind::kCut, FailureKind::kCancelled);
  }
  void set(SkipReason& value) {
    value = *rc::gen::element(SkipReason::kFailed, SkipReason::kProvider);
  }
  void set(RunStatus& value) { value = *rc::gen::element(RunStatus::kPaused, RunStatus::kFailed); }

  template <typename Tag>
  void set(Ordinal<Tag>& value) {
    value = Ordinal<Tag>(*rc::gen::arbitrary<std::int32_t>());
  }
  template <typename T>
  requires std::is_integral_v<T>
  void set(T& value) { value = *rc::gen::arbitrary<T>(); }
  template <typename T>
  void set(std::optional<T>& value) {
    if (*rc::gen::arbitrary<bool>()) set(value.emplace());
  }
  template <typename T>
  void set(std::vector<T>& value) {
    value.resize(*rc::gen::inRange<std::size_t>(0, 4));
    for (T& item : value) set(item);
  }
  template <typename T>
  void set(std::map<std::string, T>& value) {
    const int count = *rc::gen::inRange(0, 3);
    for (int i = 0; i < count; ++i) set(value[fmt::format("key {}", i)]);
  }
  template <Record T>
  void set(T& value) {
    Form<T>::fields(*this, value);
  }
};

template <typename E>
class EveryEvent : public testing::Test {};
template <typename Variant>
struct TypesOf;
template <typename... E>
struct TypesOf<std::variant<E...>> {
  using type = testing::Types<E...>;
};
TYPED_TEST_SUITE(EveryEvent, TypesOf<Event>::type);

// A field that a Form forgot would keep its default through writing and reading, and be lost
// unseen.
struct Count {
  template <typename T>
  void operator()(std::string_view, T&) {
    ++fields;
  }
  template <typename T>
  void more(std::string_view, T&) {
    ++fields;
  }
  std::size_t fields = 0;
};
template <typename T>
std::size_t described() {
  T value;
  Count count;
  Form<T>::fields(count, value);
  return count.fields;
}

TYPED_TEST(EveryEvent, HasAFormThatForgetsNoField) {
  EXPECT_EQ(described<TypeParam>(), boost::pfr::tuple_size_v<TypeParam>);
}

TEST(EventFormatTest, TheRecordsInsideEventsForgetNoFieldEither) {
  EXPECT_EQ(described<TaskSpec>(), boost::pfr::tuple_size_v<TaskSpec>);
  EXPECT_EQ(described<ToolRecord>(), boost::pfr::tuple_size_v<ToolRecord>);
  EXPECT_EQ(described<Caps>(), boost::pfr::tuple_size_v<Caps>);
  EXPECT_EQ(described<Limits>(), boost::pfr::tuple_size_v<Limits>);
  EXPECT_EQ(described<Forecast>(), boost::pfr::tuple_size_v<Forecast>);
  EXPECT_EQ(described<Usage>(), boost::pfr::tuple_size_v<Usage>);
}

TYPED_TEST(EveryEvent, IsReadAsItWasWritten) {
  const bool holds = rc::check([] {
    TypeParam event;
    Arbitrary arbitrary;
    Form<TypeParam>::fields(arbitrary, event);

    const EventText text = write_event(event);
    const Result<Event> back = read_event(text.type, text.body);
    if (!back) RC_FAIL(back.error().message);
    RC_ASSERT(*back == Event(event));
    RC_ASSERT(write_event(*back).body == text.body);
  });
  EXPECT_TRUE(holds);
}

TYPED_TEST(EveryEvent, NamesTheFieldThatIsMissingOrOfTheWrongType) {
  const EventText text = write_event(TypeParam{});
  const boost::json::object whole = boost::json::parse(text.body).as_object();
  for (const auto& field : whole) {
    boost::json::object without = whole;
    without.erase(field.key());
    const Result<Event> missing = read_event(text.type, boost::json::serialize(without));
    ASSERT_FALSE(missing.ok());
    EXPECT_EQ(missing.error(), input_error(fmt::format("event {}: field '{}' is missing", text.type,
                                                       std::string_view(field.key()))));

    boost::json::object wrong = whole;
    wrong[field.key()] = nullptr;
    const Result<Event> mismatched = read_event(text.type, boost::json::serialize(wrong));
    ASSERT_FALSE(mismatched.ok());
    EXPECT_EQ(mismatched.error().kind, ErrorKind::kInput);
    EXPECT_TRUE(mismatched.error().message.starts_with(fmt::format(
        "event {}: field '{}' is null, expected ", text.type, std::string_view(field.key()))))
        << mismatched.error().message;
  }
}

TYPED_TEST(EveryEvent, IgnoresAFieldThatALaterVersionAdded) {
  const EventText text = write_event(TypeParam{});
  boost::json::object more = boost::json::parse(text.body).as_object();
  more["added_later"] = {1, 2, 3};
  const Result<Event> read = read_event(text.type, boost::json::serialize(more));
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(*read, Event(TypeParam{}));
}

TEST(EventFormatTest, AnEventIsACompactObjectWithItsFieldsInAFixedOrder) {
  const EventText text = write_event(CallReserved{.at = Instant::from_unix_ms(1'795'197'891'250),
                                                  .call = CallId(3),
                                                  .task = TaskId(1),
                                                  .model = "claude-haiku-4-5",
                                                  .max_output = Tokens(4096),
                                                  .hold = Money::cents(125),
                                                  .price_date = "2025-10-15"});
  EXPECT_EQ(text.type, "call_reserved");
  EXPECT_EQ(text.body, R"({"at":1795197891250,"call":3,"task":1,"model":"claude-haiku-4-5",)"
                       R"("max_output":4096,"hold":"1.25","price_date":"2025-10-15"})");
}

TEST(EventFormatTest, AnAbsentOptionalFieldIsLeftOut) {
  const EventText without = write_event(RunCreated{});
  EXPECT_EQ(without.body.find("budget"), std::string::npos);
  const EventText with = write_event(RunCreated{.budget = Money()});
  EXPECT_NE(with.body.find(R"("budget":"0.00")"), std::string::npos);
}

TEST(EventFormatTest, TextFromOutsideBecomesWellFormedJson) {
  using std::string_literals::operator""s;
  const std::string hostile = "\"\\\n\t\r\b\f\x01\x1f\x7f \xff \xed\xa0\x80 \0 ü</script>"s;
  const EventText text = write_event(RunEnded{.reason = hostile});
  const Result<Event> back = read_event(text.type, text.body);
  ASSERT_TRUE(back.ok()) << back.error().message;
  EXPECT_EQ(std::get<RunEnded>(*back).reason, to_utf8(hostile));
}

TEST(EventFormatTest, AnUnknownTypeIsRefusedByName) {
  const Result<Event> read = read_event("run_teleported", R"({"at":1})");
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error(),
            input_error("event type 'run_teleported' is not known to this version of baton: it was "
                        "written by a later one, which must read it"));
}

TEST(EventFormatTest, ABodyThatIsNoJsonObjectIsRefused) {
  for (const char* body : {"", "[]", "3", R"({"at":1)", R"({"at":1}})", "\xff"}) {
    const Result<Event> read = read_event("run_resumed", body);
    ASSERT_FALSE(read.ok()) << body;
    EXPECT_EQ(read.error().kind, ErrorKind::kInput);
    EXPECT_TRUE(read.error().message.starts_with("event run_resumed: its body is not"))
        << read.error().message;
  }
}

TEST(EventFormatTest, ANumberThatDoesNotFitIsRefusedNotWrapped) {
  const auto checkers_started = [](std::string_view task) {
    return read_event("checkers_started", fmt::format(R"({{"at":1,"task":{}}})", task));
  };
  EXPECT_TRUE(checkers_started("2147483647").ok());
  for (const char* number : {"2147483648", "1.5", "1e3", "99999999999999999999"}) {
    const Result<Event> read = checkers_started(number);
    ASSERT_FALSE(read.ok()) << number;
    EXPECT_NE(read.error().message.find("expected a whole number from -2147483648 to 2147483647"),
              std::string::npos)
        << read.error().message;
  }
}

TEST(EventFormatTest, AFieldOfAnInnerObjectIsNamedWithItsPath) {
  std::string body = write_event(TaskAdded{}).body;
  body.replace(body.find(R"("tier":"fast")"), 13, R"("tier":"warp")");
  EXPECT_EQ(
      read_event("task_added", body).error(),
      input_error("event task_added: field 'spec.tier' is \"warp\", expected one of the words "
                  "this version knows"));
}

}  // namespace
}  // namespace baton
