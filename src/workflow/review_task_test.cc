#include "workflow/review_task.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <boost/json.hpp>

#include "base/text.h"

namespace baton {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// a.py has ten lines, b.py three.
Change two_files() {
  Change change;
  change.kind = Change::Kind::kTree;
  for (const auto& [path, lines] : {std::pair("a.py", 10), std::pair("b.py", 3)}) {
    ChangedFile file;
    file.path = file.old_path = path;
    file.state = ChangedFile::State::kWhole;
    file.text = "";
    for (int i = 0; i < lines; ++i) *file.text += "x = 1\n";
    change.files.push_back(std::move(file));
  }
  return change;
}

// A planned task with this one file part, or with these fields beside it.
std::string task_on(std::string_view part, std::string_view more = "") {
  return fmt::format(R"({{"type": "naming_check", "title": "Names", "files": [{}]{}}})", part,
                     more);
}

ReviewTask planned(std::string_view json) {
  const Result<ReviewTask> task = read_planned_task(json, two_files());
  EXPECT_TRUE(task.ok()) << task.error().message;
  return task ? *task : ReviewTask();
}

std::string refusal_of(std::string_view json) {
  const Result<ReviewTask> task = read_planned_task(json, two_files());
  EXPECT_FALSE(task.ok());
  if (task) return {};
  EXPECT_EQ(task.error().kind, ErrorKind::kInput);
  return task.error().message;
}

FilePart whole(std::string path) {
  return {.path = std::move(path), .lines = {1, 1}, .whole = true};
}

FilePart lines_of(std::string path, int first, int last) {
  return {.path = std::move(path), .lines = {first, last}};
}

TEST(PlannedTaskTest, EverythingAPlannerSaysIsRead) {
  ReviewTask expected;
  expected.local_id = "p1";
  expected.type = "naming_check";
  expected.title = "Names";
  expected.instructions = "Look at the names.";
  expected.files = {lines_of("a.py", 2, 4), whole("b.py")};
  expected.acceptance = {"every name was looked at"};
  expected.depends_on = {"p0"};
  expected.clear_rubric = false;
  EXPECT_EQ(planned(R"({"id": "p1", "type": "naming_check", "title": "Names",
      "instructions": "Look at the names.",
      "files": [{"path": "a.py", "first_line": 2, "last_line": 4}, {"path": "b.py"}],
      "acceptance": ["every name was looked at"], "depends_on": ["p0"], "clear_rubric": false})"),
            expected);
}

TEST(PlannedTaskTest, OnlyTheWordBatchMeansThatNobodyWaits) {
  const auto urgency = [](std::string_view word) {
    return planned(task_on(R"({"path": "b.py"})", fmt::format(R"(, "urgency": {})", word))).batch;
  };
  EXPECT_TRUE(urgency(R"("batch")"));
  EXPECT_FALSE(urgency(R"("")"));
  EXPECT_FALSE(urgency(R"("some day")"));
  EXPECT_FALSE(urgency("true"));
}

TEST(PlannedTaskTest, TheSameFilesInAnotherOrderAreTheSamePack) {
  ReviewTask one;
  one.files = {lines_of("b.py", 1, 2), whole("a.py"), lines_of("a.py", 1, 1)};
  ReviewTask other;
  other.files = {lines_of("a.py", 1, 1), whole("a.py"), lines_of("b.py", 1, 2), whole("a.py")};
  EXPECT_EQ(pack_key(one), pack_key(other));
  EXPECT_THAT(in_order(other.files),
              ElementsAre(whole("a.py"), lines_of("a.py", 1, 1), lines_of("b.py", 1, 2)));
  other.files.front().lines.last = 2;
  EXPECT_NE(pack_key(one), pack_key(other));
}

TEST(PlannedTaskTest, LinesAreCutToThoseThatAreThere) {
  const auto part = [](std::string_view lines) {
    return planned(task_on(fmt::format(R"({{"path": "a.py", {}}})", lines))).files.at(0);
  };
  EXPECT_EQ(part(R"("first_line": 4, "last_line": 99)"), lines_of("a.py", 4, 10));
  EXPECT_EQ(part(R"("first_line": -3, "last_line": 2)"), lines_of("a.py", 1, 2));
  EXPECT_EQ(part(R"("first_line": 4, "last_line": 4000000000000000000)"), lines_of("a.py", 4, 10));
  EXPECT_EQ(part(R"("first_line": 5, "last_line": 2)"), whole("a.py"));
  EXPECT_EQ(part(R"("first_line": 11, "last_line": 12)"), whole("a.py"));
  EXPECT_EQ(part(R"("first_line": 2, "last_line": 0)"), whole("a.py"));
  EXPECT_EQ(part(R"("first_line": "2", "last_line": [4])"), whole("a.py"));
}

TEST(PlannedTaskTest, AFileThatIsNotReviewedIsLeftOutWithANote) {
  const ReviewTask task = planned(task_on(R"({"path": "/etc/passwd"}, {"path": "b.py"})"));
  EXPECT_THAT(task.files, ElementsAre(whole("b.py")));
  EXPECT_THAT(task.notes,
              ElementsAre("the plan named /etc/passwd, which is not part of what is reviewed"));
  EXPECT_THAT(refusal_of(task_on(R"({"path": "../b.py"})")), HasSubstr("'Names'"));
}

TEST(PlannedTaskTest, WhoCoversATaskIsNotThePlannersToSay) {
  const ReviewTask task =
      planned(task_on(R"({"path": "a.py"})", R"(, "checkers": ["rm"], "notes": ["all is well"])"));
  EXPECT_THAT(task.checkers, IsEmpty());
  EXPECT_THAT(task.notes, IsEmpty());
}

TEST(PlannedTaskTest, ATypeIsASnakeCaseWordInAnyLetterCase) {
  const auto of_type = [](std::string_view type) {
    return fmt::format(R"({{"type": {}, "files": [{{"path": "a.py"}}]}})", type);
  };
  EXPECT_EQ(planned(of_type("\"Naming_Check_2\"")).type, "naming_check_2");
  for (const char* bad : {"\"\"", "\"two words\"", "\"a-b\"", "\"a\\nb\"", "\"../a\"", "\"é\"", "7",
                          "null", "[\"a\"]"}) {
    SCOPED_TRACE(bad);
    EXPECT_THAT(refusal_of(of_type(bad)), HasSubstr("expected a snake_case word"));
  }
  const std::string huge = refusal_of(of_type('"' + std::string(1'000'000, 'a') + '"'));
  EXPECT_LT(huge.size(), 300u);
}

TEST(PlannedTaskTest, FieldsOfTheWrongTypeReadAsNotGiven) {
  ReviewTask expected;
  expected.type = "naming_check";
  expected.files = {whole("a.py")};
  EXPECT_EQ(planned(R"({"id": 1, "type": "naming_check", "title": [], "instructions": {},
      "files": [null, 7, "a.py", ["a.py"], {"path": "a.py", "first_line": null}],
      "acceptance": "done", "depends_on": [1, null, {}], "clear_rubric": "yes"})"),
            expected);
}

TEST(PlannedTaskTest, WhatIsNotAJsonObjectIsAnError) {
  for (const char* text : {"", "7", "[]", "\"task\"", "{\"type\":"}) {
    EXPECT_THAT(refusal_of(text), HasSubstr("a task of the plan is not ")) << text;
  }
  for (const char* files : {"{}", "\"a.py\"", "null", "[]"}) {
    EXPECT_THAT(refusal_of(fmt::format(R"({{"type": "a", "files": {}}})", files)),
                HasSubstr("names no file"));
  }
}

TEST(PlannedTaskTest, OfTenThousandFilesTheFirstTwoHundredAreTakenAndTheRestIsNoted) {
  std::string parts = R"({"path": "a.py"})";
  for (int i = 1; i < 10'000; ++i) parts += R"(, {"path": "a.py"})";
  const ReviewTask task = planned(task_on(parts));
  EXPECT_THAT(task.files, SizeIs(200));
  EXPECT_THAT(task.notes, ElementsAre(HasSubstr("more than 200 files")));
}

TEST(PlannedTaskTest, TenThousandFilesThatAreNotThereDoNotMakeTenThousandNotes) {
  std::string parts = R"({"path": "b.py"})";
  const std::string long_path(5'000, 'p');
  for (int i = 1; i < 10'000; ++i) parts += fmt::format(R"(, {{"path": "{}{}"}})", long_path, i);
  const ReviewTask task = planned(task_on(parts));
  EXPECT_THAT(task.files, ElementsAre(whole("b.py")));
  EXPECT_LE(task.notes.size(), 200u);
  for (const std::string& note : task.notes) EXPECT_LT(note.size(), 400u);
}

TEST(PlannedTaskTest, TextsAreCutToABoundedLength) {
  const std::string huge(1'000'000, 'h');
  const ReviewTask task = planned(
      task_on(R"({"path": "a.py"})",
              fmt::format(R"(, "id": "{0}", "instructions": "{0}", "acceptance": ["{0}"])", huge)));
  EXPECT_EQ(task.local_id.size(), 8'000u);
  EXPECT_EQ(task.instructions.size(), 8'000u);
  EXPECT_EQ(task.acceptance.at(0).size(), 8'000u);
}

// Any text a task may hold: short enough, and UTF-8.
std::string any_text() {
  return to_utf8(*rc::gen::arbitrary<std::string>());
}

std::vector<std::string> any_texts() {
  std::vector<std::string> texts = *rc::gen::arbitrary<std::vector<std::string>>();
  for (std::string& text : texts) text = shorten(to_utf8(text), 1'000);
  return texts;
}

FilePart any_part() {
  if (*rc::gen::arbitrary<bool>()) return whole(any_text());
  const int first = *rc::gen::inRange(0, 1'000);
  return lines_of(any_text(), first, *rc::gen::inRange(first + 1, 100'000));
}

RC_GTEST_PROP(BriefTest, ABriefReadsBackAsTheTaskItWasWrittenFrom, ()) {
  ReviewTask task;
  task.local_id = any_text();
  task.type = any_text();
  task.title = shorten(any_text(), 200);
  task.instructions = any_text();
  for (int i = *rc::gen::inRange(0, 10); i > 0; --i) task.files.push_back(any_part());
  task.acceptance = any_texts();
  task.depends_on = any_texts();
  task.clear_rubric = *rc::gen::arbitrary<bool>();
  task.checkers = any_texts();
  task.notes = any_texts();
  const Result<ReviewTask> read = read_brief(write_brief(task));
  RC_ASSERT(read.ok());
  RC_ASSERT(*read == task);
}

TEST(BriefTest, WhatWasReadFromAPlanReadsBackFromItsBrief) {
  const std::string huge(100'000, 'h');
  const ReviewTask task = planned(task_on(
      fmt::format(R"({{"path": "{0}"}}, {{"path": "a.py", "first_line": 0, "last_line": 1e9}})",
                  huge),
      fmt::format(R"(, "instructions": "{0}", "acceptance": ["{0}"])", huge)));
  const Result<ReviewTask> read = read_brief(write_brief(task));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(*read, task);
}

TEST(KeyTest, TheSameWorkHasTheSameKeyWhateverItsPlannerCallsIt) {
  const ReviewTask task = planned(task_on(R"({"path": "a.py", "first_line": 1, "last_line": 5})"));
  ReviewTask renamed = task;
  renamed.local_id = "other";
  renamed.title = "Other";
  EXPECT_EQ(exact_key(renamed), exact_key(task));

  ReviewTask other_lines = task;
  other_lines.files[0].lines.last = 6;
  ReviewTask other_words = task;
  other_words.instructions = "Look again.";
  for (const ReviewTask& other : {other_lines, other_words}) {
    EXPECT_NE(exact_key(other), exact_key(task));
    EXPECT_EQ(loose_key(other), loose_key(task));
  }

  ReviewTask other_file = task;
  other_file.files[0].path = "b.py";
  ReviewTask other_type = task;
  other_type.type = "other_check";
  for (const ReviewTask& other : {other_file, other_type})
    EXPECT_NE(loose_key(other), loose_key(task));
}

}  // namespace
}  // namespace baton
