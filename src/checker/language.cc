#include <algorithm>
#include <array>

#include "checker/checker.h"

namespace baton {
namespace {

struct Named {
  std::string_view name;
  std::string_view language;
};

constexpr std::array kByEnding = std::to_array<Named>({
    {"c", "c"},
    {"h", "cpp"},
    {"cc", "cpp"},
    {"cpp", "cpp"},
    {"cxx", "cpp"},
    {"c++", "cpp"},
    {"hh", "cpp"},
    {"hpp", "cpp"},
    {"hxx", "cpp"},
    {"ipp", "cpp"},
    {"inl", "cpp"},
    {"py", "python"},
    {"pyi", "python"},
    {"sh", "shell"},
    {"bash", "shell"},
    {"dash", "shell"},
    {"ksh", "shell"},
    {"js", "javascript"},
    {"mjs", "javascript"},
    {"cjs", "javascript"},
    {"jsx", "javascript"},
    {"ts", "typescript"},
    {"mts", "typescript"},
    {"cts", "typescript"},
    {"tsx", "typescript"},
    {"go", "go"},
    {"rs", "rust"},
    {"java", "java"},
    {"kt", "kotlin"},
    {"kts", "kotlin"},
    {"scala", "scala"},
    {"cs", "csharp"},
    {"rb", "ruby"},
    {"php", "php"},
    {"pl", "perl"},
    {"pm", "perl"},
    {"lua", "lua"},
    {"swift", "swift"},
    {"m", "objective-c"},
    {"mm", "objective-c"},
    {"sql", "sql"},
    {"html", "html"},
    {"htm", "html"},
    {"css", "css"},
    {"scss", "css"},
    {"md", "markdown"},
    {"markdown", "markdown"},
    {"rst", "text"},
    {"txt", "text"},
    {"json", "json"},
    {"yml", "yaml"},
    {"yaml", "yaml"},
    {"toml", "toml"},
    {"xml", "xml"},
    {"cmake", "cmake"},
    {"proto", "protobuf"},
});

constexpr std::array kByName = std::to_array<Named>({
    {"CMakeLists.txt", "cmake"},
    {"Makefile", "make"},
    {"GNUmakefile", "make"},
    {"Dockerfile", "dockerfile"},
    {"Gemfile", "ruby"},
    {"Rakefile", "ruby"},
    {".bashrc", "shell"},
    {".profile", "shell"},
});

template <std::size_t kSize>
std::string_view found_in(const std::array<Named, kSize>& names, std::string_view name) {
  const auto* const found =
      std::find_if(names.begin(), names.end(), [&](const Named& n) { return n.name == name; });
  return found == names.end() ? std::string_view() : found->language;
}

}  // namespace

std::string_view language_of(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  if (const std::string_view language = found_in(kByName, name); !language.empty()) return language;
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return {};
  std::string ending(name.substr(dot + 1));
  if (ending == "C" || ending == "H") return "cpp";
  std::transform(ending.begin(), ending.end(), ending.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return found_in(kByEnding, ending);
}

std::vector<std::string> languages_of(const std::vector<std::string>& paths) {
  std::vector<std::string> languages;
  for (const std::string& path : paths) {
    const std::string_view language = language_of(path);
    if (std::find(languages.begin(), languages.end(), language) == languages.end()) {
      languages.emplace_back(language);
    }
  }
  return languages;
}

}  // namespace baton
