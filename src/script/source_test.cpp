// SPDX-License-Identifier: Apache-2.0
// Scripts on disk: includes, the preprocessor, and places that survive both.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "script/fake_host.h"

namespace carillon::script {
namespace {

using ::testing::HasSubstr;

class SourceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "script_source_XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(directory); }

  std::string write(const std::string& name, std::string_view text) {
    const auto path = directory / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
    return path.string();
  }
  // "file:line:column" of the first occurrence of a text.
  static std::string place(const Source& source, std::string_view text) {
    const std::size_t at = source.text().find(text);
    if (at == std::string::npos) return "nowhere";
    const Position position = source.position(at);
    return std::filesystem::path(source.file_name(position)).filename().string() + ":" + std::to_string(position.line) +
           ":" + std::to_string(position.column);
  }

  std::filesystem::path directory;
};

TEST_F(SourceTest, IncludesAreFoundBesideTheFileThatNamesThem) {
  write("sub/inner.cfg", "inner one\ninner two");
  write("sub/outer.cfg", "outer one\n  include_file 'inner.cfg'\nouter three\n");
  const auto path = write("main.cfg", "main one\nimport_file \"sub/outer.cfg\" \nmain three\n");
  const auto source = load_source(path);
  ASSERT_TRUE(source) << source.error().message;
  EXPECT_EQ(source->text(), "main one\nouter one\ninner one\ninner two\nouter three\nmain three\n");
  EXPECT_EQ(place(*source, "main one"), "main.cfg:1:1");
  EXPECT_EQ(place(*source, "two"), "inner.cfg:2:7");
  EXPECT_EQ(place(*source, "outer three"), "outer.cfg:3:1");
  EXPECT_EQ(place(*source, "main three"), "main.cfg:3:1");
  EXPECT_EQ(source->line_text(source->position(source->text().find("two"))), "inner two");
}

TEST_F(SourceTest, AnIncludeMayStandInsideARoute) {
  write("body.cfg", "  nope();\n");
  const auto path = write("main.cfg", "route {\ninclude_file \"body.cfg\"\n  exit;\n}\n");
  const auto source = load_source(path);
  ASSERT_TRUE(source);
  testing::FakeHost host;
  const Compilation compiled = compile(*source, host);
  EXPECT_THAT(render(compiled.diagnostics, *source),
              HasSubstr("body.cfg:1:3: error: unknown function 'nope'\n    nope();\n    ^~~~\n"));
}

TEST_F(SourceTest, OnlyTheFirstWordOfALineIncludes) {
  const auto path = write(
      "main.cfg", "# include_file \"none\"\nx include_file \"none\"\ninclude_filed \"none\"\ninclude_file none\n");
  EXPECT_TRUE(load_source(path));
}

TEST_F(SourceTest, ThePreprocessorKeepsPlaces) {
  write("more.cfg", "more HOST one\nmore two\n");
  const auto path = write("main.cfg", "one HOST\nDROP this\ninclude_file \"more.cfg\"\nlast HOST\n");
  const auto source = load_source(path, "sed -e 's/HOST/example.org/' -e '/DROP/d'");
  ASSERT_TRUE(source) << source.error().message;
  EXPECT_EQ(source->text(), "one example.org\nmore example.org one\nmore two\nlast example.org\n");
  EXPECT_EQ(place(*source, "last"), "main.cfg:4:1");
  EXPECT_EQ(place(*source, "more two"), "more.cfg:2:1");
}

TEST_F(SourceTest, ALargeScriptPassesThroughThePreprocessor) {
  std::string big;
  for (int i = 0; i < 40'000; ++i) big += "line " + std::to_string(i) + "\n";
  const auto path = write("big.cfg", big);
  const auto source = load_source(path, "cat");
  ASSERT_TRUE(source) << source.error().message;
  EXPECT_EQ(source->text(), big);
  EXPECT_EQ(place(*source, "line 39999"), "big.cfg:40000:1");
}

TEST_F(SourceTest, FailuresNameWhatIsAtFault) {
  EXPECT_THAT(load_source((directory / "none.cfg").string()).error().message, HasSubstr("none.cfg: No such file"));
  EXPECT_THAT(load_source(directory.string()).error().message, HasSubstr("is a directory"));
  const auto missing = write("missing.cfg", "one\ninclude_file \"gone.cfg\"\n");
  EXPECT_THAT(load_source(missing).error().message, HasSubstr("missing.cfg:2: gone.cfg: No such file"));
  const auto path = write("main.cfg", "x\n");
  EXPECT_THAT(load_source(path, "exit 3").error().message, HasSubstr("'exit 3' failed with status 3"));
  EXPECT_THAT(load_source(path, {}, {.max_bytes = 1}).error().message, HasSubstr("larger than 1 bytes"));
  EXPECT_THAT(load_source(path, "yes", {.max_bytes = 10'000}).error().message, HasSubstr("wrote more than"));
}

TEST_F(SourceTest, FilesThatIncludeOneAnotherEnd) {
  const auto a = write("a.cfg", "include_file \"b.cfg\"\n");
  write("b.cfg", "include_file \"a.cfg\"\n");
  EXPECT_THAT(load_source(a).error().message, HasSubstr("more than 50 files include one another"));
}

TEST_F(SourceTest, AnEmptyFileIsAScript) {
  const auto source = load_source(write("empty.cfg", ""));
  ASSERT_TRUE(source);
  testing::FakeHost host;
  const Compilation compiled = compile(*source, host);
  ASSERT_NE(compiled.program, nullptr);
  EXPECT_FALSE(compiled.program->find_route(RouteKind::Request));
}

TEST_F(SourceTest, APlaceEndsWhereItsTextDoes) {
  const Source source = Source::from_text("one\r\ntwo \"a\nb\" end", "test");
  const auto end = [&](std::size_t offset, std::size_t length) {
    const Position position = source.end_of(source.position(offset, length));
    return std::to_string(position.line) + ":" + std::to_string(position.column);
  };
  EXPECT_EQ(end(0, 3), "1:4");
  EXPECT_EQ(end(9, 5), "3:3");
  EXPECT_EQ(end(9, 5000), "3:7");
  EXPECT_EQ(source.end_of(Position{}).line, 0U);
}

TEST_F(SourceTest, EditorsGoOnWithoutWhatCannotBeRead) {
  write("parts/a.cfg", "a on disk\ninclude_file \"b.cfg\"\n");
  const std::string main = write("main.cfg", "");
  const std::string b = (directory / "parts" / "b.cfg").string();
  const OpenFiles open{.find = [&](const std::string& path) -> std::optional<std::string> {
                         if (path == main)
                           return "one\n include_file \"parts/a.cfg\"\ninclude_file \"none.cfg\"\ntwo\n";
                         if (path == b) return "b unsaved\ninclude_file '../main.cfg'\n";
                         return std::nullopt;
                       },
                       .folder = {}};
  const EditedSource edited = load_edited_source(main, open);
  EXPECT_EQ(edited.source.text(), "one\na on disk\nb unsaved\ntwo\n");
  ASSERT_EQ(edited.includes.size(), 2U);
  EXPECT_EQ(edited.includes[1].path, b);
  EXPECT_EQ(edited.includes[0].position, (Position{0, 2, 15, 13}));
  ASSERT_EQ(edited.problems.size(), 2U);
  EXPECT_THAT(edited.problems[0].message, HasSubstr("main.cfg includes itself"));
  EXPECT_EQ(edited.problems[0].position, (Position{2, 2, 14, 13}));
  EXPECT_THAT(edited.problems[1].message, HasSubstr("none.cfg"));
  EXPECT_EQ(edited.problems[1].code, DiagnosticCode::Unreadable);
}

TEST_F(SourceTest, EditorsLookBesideTheFileFirstAndThenInTheFolder) {
  write("folder/x.cfg", "of the folder\n");
  write("folder/y.cfg", "of the folder\n");
  write("script/x.cfg", "beside\n");
  const std::string main = write("script/main.cfg", "include_file \"x.cfg\"\ninclude_file \"y.cfg\"\n");
  const OpenFiles open{.find = [](const std::string&) { return std::optional<std::string>(); },
                       .folder = (directory / "folder").string()};
  EXPECT_EQ(load_edited_source(main, open).source.text(), "beside\nof the folder\n");
}

TEST_F(SourceTest, EditorsBoundWhatIncludesMakeOfAScript) {
  // Each of forty files includes the next one twice.
  for (int i = 0; i < 40; ++i) {
    const std::string next = "include_file \"" + std::to_string(i + 1) + ".cfg\"\n";
    write(std::to_string(i) + ".cfg", next + next);
  }
  const OpenFiles open{.find = [](const std::string&) { return std::optional<std::string>(); }, .folder = {}};
  const EditedSource edited = load_edited_source((directory / "0.cfg").string(), open);
  EXPECT_LE(edited.source.files().size(), 1000U);
  EXPECT_FALSE(edited.problems.empty());
}

}  // namespace
}  // namespace carillon::script
