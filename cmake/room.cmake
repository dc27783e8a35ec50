# baton_room(NAME [USES room...] [LINKS library...] [TESTED_UNDER program])
#
# One folder, one target: every *.cc of the folder is in it, every *_test.cc beside them is in the
# folder's test program. USES names the folders whose headers it may include. TESTED_UNDER runs the test
# program as its argument, with what it needs around it.
function(baton_room name)
  cmake_parse_arguments(ROOM "" "TESTED_UNDER" "USES;LINKS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc ${CMAKE_CURRENT_SOURCE_DIR}/*/*.cc)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$|/main\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  set(used)
  foreach(room ${ROOM_USES})
    list(APPEND used baton_${room})
  endforeach()

  if(NOT sources)
    add_library(baton_${name} INTERFACE)
    return()
  endif()
  add_library(baton_${name} STATIC ${sources})
  target_link_libraries(baton_${name} PUBLIC ${used} ${ROOM_LINKS} fmt::fmt)
  target_precompile_headers(baton_${name} PRIVATE
    <algorithm> <cstdint> <functional> <map> <memory> <optional> <string> <string_view> <utility>
    <variant> <vector> <fmt/format.h>)

  if(BATON_TESTS AND tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE baton_${name} GTest::gmock_main rapidcheck rapidcheck_gtest)
    target_precompile_headers(${name}_test PRIVATE <gtest/gtest.h> <string> <vector> <optional>)
    add_test(NAME ${name} COMMAND ${ROOM_TESTED_UNDER} $<TARGET_FILE:${name}_test> WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  endif()
endfunction()
