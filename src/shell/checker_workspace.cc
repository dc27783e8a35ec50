#include "shell/checker_workspace.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <system_error>

#include "base/embedded.h"

namespace baton {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kConfigMark = "{config:";

Status write_file(const fs::path& path, std::string_view text) {
  std::ofstream out(path, std::ios::binary);
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
  out.close();
  if (!out) return system_error(fmt::format("cannot write {} for a checker", path.string()));
  return {};
}

// A shipped file by the name the program wants it to have. Only TOML and YAML are shipped; what
// must end otherwise is kept under its name and ".yml" (JSON is YAML).
std::optional<std::string_view> shipped_file(const std::string& name) {
  const std::string path = "checkers/" + name;
  const std::optional<std::string_view> found = embedded_file(path);
  return found ? found : embedded_file(path + ".yml");
}

}  // namespace

bool is_path_inside(std::string_view path) {
  if (path.empty() || path.find('\0') != std::string_view::npos) return false;
  while (true) {
    const std::size_t end = path.find('/');
    const std::string_view part = path.substr(0, end);
    if (part.empty() || part == "." || part == "..") return false;
    if (end == std::string_view::npos) return true;
    path.remove_prefix(end + 1);
  }
}

Result<CheckerWorkspace> CheckerWorkspace::create() {
  Result<TemporaryFolder> folder = TemporaryFolder::create("baton-checker");
  if (!folder) return folder.error();
  CheckerWorkspace workspace(*std::move(folder));
  for (const char* part : {"files", "config", "home"}) {
    const std::string path = workspace.inside(part);
    std::error_code failed;
    fs::create_directory(path, failed);
    if (failed) {
      return system_error(fmt::format("cannot make {} for a checker: {}", path, failed.message()));
    }
  }
  return workspace;
}

Status CheckerWorkspace::add_file(const std::string& path, std::string_view text) {
  if (!is_path_inside(path)) {
    return input_error(fmt::format("'{}' is not a path inside the repository", path));
  }
  // Nothing in the folder is a link: it is new, ours alone, and only this function fills it.
  const fs::path target = fs::path(files()) / path;
  std::error_code failed;
  fs::create_directories(target.parent_path(), failed);
  if (failed || fs::exists(target, failed)) {
    return input_error(fmt::format("'{}' cannot be laid out beside the other files", path));
  }
  const Status written = write_file(target, text);
  if (written) paths_.push_back(path);
  return written;
}

Result<std::vector<std::string>> CheckerWorkspace::arguments(const Checker& checker) {
  std::vector<std::string> result;
  for (const std::string& argument : checker.arguments) {
    if (argument == "{files}") {
      // Absolute: no name can be taken for an option.
      for (const std::string& path : paths_) result.push_back(files() + "/" + path);
      continue;
    }
    Result<std::string> whole = with_configs(argument);
    if (!whole) return whole.error();
    result.push_back(*std::move(whole));
  }
  return result;
}

Result<std::string> CheckerWorkspace::with_configs(std::string argument) {
  const std::size_t mark = argument.find(kConfigMark);
  const std::size_t end = argument.find('}', mark);
  if (mark == std::string::npos || end == std::string::npos) return argument;
  const std::size_t name_at = mark + kConfigMark.size();
  const std::string name = argument.substr(name_at, end - name_at);
  const std::optional<std::string_view> text = shipped_file(name);
  if (!text || name.find('/') != std::string::npos) {
    return not_found(fmt::format("the checker names {{config:{}}}, which is not shipped", name));
  }
  const std::string path = inside("config/" + name);
  const Status written = write_file(path, *text);
  if (!written) return written.error();
  return argument.replace(mark, end + 1 - mark, path);
}

std::string CheckerWorkspace::repository_path(const std::string& printed) const {
  const fs::path whole = (fs::path(home()) / printed).lexically_normal();
  std::string inside = whole.lexically_relative(files()).string();
  const bool known = std::find(paths_.begin(), paths_.end(), inside) != paths_.end();
  return known ? inside : std::string();
}

}  // namespace baton
