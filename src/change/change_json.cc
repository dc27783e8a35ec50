#include <fmt/format.h>

#include <boost/json.hpp>
#include <optional>
#include <utility>

#include "base/words.h"
#include "change/change.h"

namespace baton {
namespace {

namespace json = boost::json;

constexpr std::string_view kMarks = " +-";  // in the order of HunkLine::Kind

json::string text_of(std::string_view text) {
  return json::string(text);
}

json::object write(const Hunk& hunk) {
  json::array lines;
  lines.reserve(hunk.lines.size());
  for (const HunkLine& line : hunk.lines) {
    json::string marked(1, kMarks[static_cast<std::size_t>(line.kind)]);
    marked.append(line.text);
    lines.push_back(std::move(marked));
  }
  return {{"old", hunk.old_first},
          {"new", hunk.new_first},
          {"section", text_of(hunk.section)},
          {"lines", std::move(lines)}};
}

json::object write(const ChangedFile& file) {
  json::array hunks;
  for (const Hunk& hunk : file.hunks) hunks.push_back(write(hunk));
  json::object object = {{"path", text_of(file.path)},
                         {"old_path", text_of(file.old_path)},
                         {"state", text_of(to_string(file.state))},
                         {"hunks", std::move(hunks)}};
  if (file.text) object["text"] = text_of(*file.text);
  return object;
}

// Reads fields by name and remembers the first that is not as write_change wrote it.
class Reader {
 public:
  const std::optional<Error>& error() const { return error_; }
  void fail(std::string_view field, std::string_view expected) {
    if (error_) return;
    error_ = input_error(
        fmt::format("a stored change cannot be read: \"{}\" is not {}", field, expected));
  }

  std::string text(const json::object& object, std::string_view field) {
    const json::value* value = object.if_contains(field);
    if (value == nullptr || !value->is_string()) {
      fail(field, "a string");
      return {};
    }
    return std::string(value->get_string());
  }

  int number(const json::object& object, std::string_view field) {
    const json::value* value = object.if_contains(field);
    json::error_code not_an_int;
    const int result = value == nullptr ? 0 : value->to_number<int>(not_an_int);
    if (value == nullptr || not_an_int) fail(field, "a whole number");
    return result;
  }

  template <typename Enum>
  Enum name(const json::object& object, std::string_view field) {
    const std::optional<Enum> known = value_named<Enum>(text(object, field));
    if (!known) fail(field, "a known name");
    return known.value_or(Enum{});
  }

  // Calls see(element) for each element of the array.
  template <typename See>
  void each(const json::object& object, std::string_view field, See see) {
    const json::value* value = object.if_contains(field);
    if (value == nullptr || !value->is_array()) return fail(field, "an array");
    for (const json::value& element : value->get_array()) see(element);
  }

  template <typename See>
  void each_object(const json::object& object, std::string_view field, See see) {
    each(object, field, [&](const json::value& element) {
      if (!element.is_object()) return fail(field, "an array of objects");
      see(element.get_object());
    });
  }

  std::string string_in(const json::value& element, std::string_view field) {
    if (element.is_string()) return std::string(element.get_string());
    fail(field, "an array of strings");
    return {};
  }

 private:
  std::optional<Error> error_;
};

Hunk read_hunk(Reader& reader, const json::object& object) {
  Hunk hunk{reader.number(object, "old"),
            reader.number(object, "new"),
            reader.text(object, "section"),
            {}};
  reader.each(object, "lines", [&](const json::value& element) {
    const std::string marked = reader.string_in(element, "lines");
    const std::size_t kind = marked.empty() ? kMarks.npos : kMarks.find(marked.front());
    if (kind == kMarks.npos) return reader.fail("lines", "an array of marked lines");
    hunk.lines.push_back({static_cast<HunkLine::Kind>(kind), marked.substr(1)});
  });
  return hunk;
}

ChangedFile read_file(Reader& reader, const json::object& object) {
  ChangedFile file;
  file.path = reader.text(object, "path");
  file.old_path = reader.text(object, "old_path");
  file.state = reader.name<ChangedFile::State>(object, "state");
  reader.each_object(object, "hunks", [&](const json::object& hunk) {
    file.hunks.push_back(read_hunk(reader, hunk));
  });
  if (object.contains("text")) file.text = reader.text(object, "text");
  return file;
}

}  // namespace

std::string write_change(const Change& change) {
  json::array files;
  for (const ChangedFile& file : change.files) files.push_back(write(file));
  json::array skipped;
  for (const SkippedFile& file : change.skipped) {
    skipped.push_back(json::object{{"path", text_of(file.path)}, {"reason", text_of(file.reason)}});
  }
  json::array notes;
  for (const std::string& note : change.notes) notes.push_back(text_of(note));
  return json::serialize(json::object{{"kind", text_of(to_string(change.kind))},
                                      {"title", text_of(change.title)},
                                      {"description", text_of(change.description)},
                                      {"files", std::move(files)},
                                      {"skipped", std::move(skipped)},
                                      {"notes", std::move(notes)},
                                      {"map", text_of(change.map)}});
}

Result<Change> read_change(std::string_view text) {
  json::error_code broken;
  const json::value value = json::parse(text, broken);
  if (broken || !value.is_object()) {
    return input_error(fmt::format("a stored change cannot be read: {}",
                                   broken ? broken.message() : "it is not an object"));
  }
  const json::object& object = value.get_object();
  Reader reader;
  Change change;
  change.kind = reader.name<Change::Kind>(object, "kind");
  change.title = reader.text(object, "title");
  change.description = reader.text(object, "description");
  change.map = reader.text(object, "map");
  reader.each_object(object, "files", [&](const json::object& file) {
    change.files.push_back(read_file(reader, file));
  });
  reader.each_object(object, "skipped", [&](const json::object& file) {
    change.skipped.push_back({reader.text(file, "path"), reader.text(file, "reason")});
  });
  reader.each(object, "notes", [&](const json::value& note) {
    change.notes.push_back(reader.string_in(note, "notes"));
  });
  if (reader.error()) return *reader.error();
  return change;
}

}  // namespace baton
