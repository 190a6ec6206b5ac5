# pacnet_enable_warnings(target): the warnings that our own code is held to. Headers of others are SYSTEM includes and
# are not touched by them.

# Compilers that are newer than those we build with find new things to say, which must not break a user's build.
set(PACNET_KNOWN_COMPILER OFF)
if((CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
   OR (CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 17))
  set(PACNET_KNOWN_COMPILER ON)
endif()
option(PACNET_WERROR "Treat compiler warnings in our code as errors" ${PACNET_KNOWN_COMPILER})

function(pacnet_enable_warnings target)
  target_compile_options(
    ${target}
    PRIVATE -Wall
            -Wextra
            -Wpedantic
            -Wshadow
            -Wconversion
            -Wcast-qual
            -Wdouble-promotion
            -Wformat=2
            -Wimplicit-fallthrough
            -Wnon-virtual-dtor
            -Wold-style-cast
            -Woverloaded-virtual
            -Wundef)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(${target} PRIVATE -Wduplicated-branches -Wduplicated-cond -Wlogical-op)
  endif()
  if(PACNET_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
endfunction()
