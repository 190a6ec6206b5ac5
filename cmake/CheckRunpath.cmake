# cmake -DDIRECTORY=<dir> -P CheckRunpath.cmake
#
# Fails if a shared library under the directory would look for its neighbours by an absolute path: that path is one of
# the machine that built it, and means nothing, or something else, on the machine of a user.

file(GLOB_RECURSE libraries "${DIRECTORY}/*.so" "${DIRECTORY}/*.so.*")
if(NOT libraries)
  message(FATAL_ERROR "There is no shared library under ${DIRECTORY}.")
endif()
find_program(READELF NAMES readelf llvm-readelf REQUIRED)
foreach(library IN LISTS libraries)
  execute_process(COMMAND "${READELF}" -d "${library}" OUTPUT_VARIABLE dynamic COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCHALL "\\((RPATH|RUNPATH)\\)[^\n]*" paths "${dynamic}")
  foreach(path IN LISTS paths)
    if(path MATCHES "[[::]/")
      message(FATAL_ERROR "${library} has a path of this machine in it: ${path}")
    endif()
  endforeach()
endforeach()
