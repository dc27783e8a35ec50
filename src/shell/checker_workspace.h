// CheckerWorkspace: the private folder one run of a checker takes place in.
//
//   <temporary>/baton-checker-XXXXXX/   mode 0700, removed with the object
//     files/    what is checked, by its path in the repository
//     config/   the shipped files the checker names as {config:NAME}
//     home/     HOME, and the empty folder the checker starts in
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/temporary_folder.h"
#include "checker/checker.h"

namespace baton {

// Whether the path stays below the folder it is joined to: relative, and no "..", "." or empty
// part.
bool is_path_inside(std::string_view path);

class CheckerWorkspace {
 public:
  static Result<CheckerWorkspace> create();

  // kInput for a path that would leave the folder or that cannot be beside the others.
  Status add_file(const std::string& path, std::string_view text);
  // The checker's arguments for the files added so far. kNotFound if it names a file that is not
  // shipped.
  Result<std::vector<std::string>> arguments(const Checker& checker);
  // The path in the repository of one the checker printed; empty if it is none of the files.
  std::string repository_path(const std::string& printed) const;

  std::string home() const { return inside("home"); }

 private:
  explicit CheckerWorkspace(TemporaryFolder folder) : folder_(std::move(folder)) {}
  std::string inside(const std::string& name) const { return (folder_.path() / name).string(); }
  std::string files() const { return inside("files"); }
  Result<std::string> with_configs(std::string argument);

  TemporaryFolder folder_;
  std::vector<std::string> paths_;
};

}  // namespace baton
