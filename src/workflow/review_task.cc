#include "workflow/review_task.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <tuple>

#include "base/ascii.h"
#include "base/json_fields.h"
#include "base/text.h"
#include "workflow/plan_fields.h"

namespace baton {
namespace json = boost::json;
namespace {

constexpr std::size_t kMostFiles = 200;
constexpr std::size_t kLongestShown = 200;  // of a path, in a note

// Cuts the part to lines that are there; false if the change does not have the file.
bool mend(FilePart& part, const Change& change, std::vector<std::string>& notes) {
  const ChangedFile* file = change.find(part.path);
  if (file == nullptr) {
    notes.push_back(fmt::format("the plan named {}, which is not part of what is reviewed",
                                shorten(part.path, kLongestShown)));
    return false;
  }
  if (part.whole) return true;
  const int last = std::max(file->line_count(), 1);
  if (part.lines.first > last || part.lines.first > part.lines.last) {
    part.whole = true;
    part.lines = {1, 1};
    return true;
  }
  part.lines = {std::max(part.lines.first, 1), std::min(part.lines.last, last)};
  return true;
}

Result<ReviewTask> read_task(std::string_view text) {
  const Result<json::object> object = parse_object(text, "a task of the plan");
  if (!object) return object.error();
  ReviewTask task;
  task.local_id = short_text_at(*object, "id");
  task.type = short_text_at(*object, "type");
  task.title = short_text_at(*object, "title", kLongestPlannedTitle);
  task.instructions = short_text_at(*object, "instructions");
  // One more than is taken tells that there were more.
  task.files = file_parts_at(*object, "files", kMostFiles + 1);
  task.acceptance = short_texts_at(*object, "acceptance");
  task.depends_on = short_texts_at(*object, "depends_on");
  task.clear_rubric = bool_at(*object, "clear_rubric").value_or(true);
  task.batch = text_at(*object, "urgency") == "batch";
  task.checkers = short_texts_at(*object, "checkers");
  task.notes = short_texts_at(*object, "notes");
  return task;
}

bool is_type_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

}  // namespace

Result<ReviewTask> read_planned_task(std::string_view json, const Change& change) {
  Result<ReviewTask> task = read_task(json);
  if (!task) return task;
  std::transform(task->type.begin(), task->type.end(), task->type.begin(), lower);
  if (!is_type_name(task->type)) {
    return input_error(
        fmt::format("a task of the plan has the type '{}', expected a snake_case word",
                    shorten(task->type, 80)));
  }
  task->checkers.clear();  // who covers a task is ours to say
  task->notes.clear();
  if (task->files.size() > kMostFiles) {
    task->files.resize(kMostFiles);
    task->notes.push_back(fmt::format(
        "task '{}' of the plan names more than {} files; those beyond are left out of it",
        task->title, kMostFiles));
  }
  std::erase_if(task->files, [&](FilePart& part) { return !mend(part, change, task->notes); });
  if (task->files.empty()) {
    return input_error(
        fmt::format("task '{}' of the plan names no file that is reviewed", task->title));
  }
  return task;
}

std::string write_brief(const ReviewTask& task) {
  json::object brief{{"id", task.local_id},
                     {"type", task.type},
                     {"title", task.title},
                     {"instructions", task.instructions},
                     {"files", write_file_parts(task.files)},
                     {"acceptance", array_of(task.acceptance)},
                     {"depends_on", array_of(task.depends_on)},
                     {"clear_rubric", task.clear_rubric},
                     {"checkers", array_of(task.checkers)},
                     {"notes", array_of(task.notes)}};
  if (task.batch) brief["urgency"] = "batch";
  return json::serialize(brief);
}

Result<ReviewTask> read_brief(std::string_view json) {
  return read_task(json);
}

std::string exact_key(const ReviewTask& task) {
  std::string key = loose_key(task) + task.instructions;
  for (const FilePart& part : task.files) {
    if (!part.whole)
      fmt::format_to(std::back_inserter(key), "\n{}-{}", part.lines.first, part.lines.last);
  }
  return key;
}

std::vector<FilePart> in_order(std::vector<FilePart> parts) {
  const auto place = [](const FilePart& part) {
    return std::tuple(std::string_view(part.path), !part.whole, part.lines.first, part.lines.last);
  };
  std::sort(parts.begin(), parts.end(),
            [&](const FilePart& a, const FilePart& b) { return place(a) < place(b); });
  parts.erase(std::unique(parts.begin(), parts.end()), parts.end());
  return parts;
}

std::string pack_key(const ReviewTask& task) {
  std::string key;
  for (const FilePart& part : in_order(task.files)) {
    fmt::format_to(std::back_inserter(key), "{}\n{}-{}\n", part.path,
                   part.whole ? 0 : part.lines.first, part.whole ? 0 : part.lines.last);
  }
  return key;
}

std::string loose_key(const ReviewTask& task) {
  std::string key = task.type + '\n';
  for (const FilePart& part : task.files) key += part.path + '\n';
  return key;
}

}  // namespace baton
